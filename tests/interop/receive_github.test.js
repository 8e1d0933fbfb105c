// GitHub's webhooks, signed by Octokit; every payload of Octokit's collection goes through byte for byte.
import assert from "node:assert/strict";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import { sign } from "@octokit/webhooks-methods";

import { tamperedCopies } from "./platform_server.js";
import { Sender, spoil, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const SENT_AT_ONCE = 16;
const PUSH = '{ "ref":"refs/heads/main", "commits":[], "note":"驿站 \\u00e9" }';

const secrets = { now: randomBytes(20).toString("hex"), before: "It's a Secret to Everybody" };
let subscriber;
let service;
let github;
let described;

before(async () => {
  subscriber = await Subscriber.start("deploy", "collection", "described");
  service = await Service.start(subscriber.platforms(), {
    sources: {
      github: { secrets: [secrets.now, secrets.before] },
      collection: { kind: "github", secret: secrets.now },
      described: {
        kind: "hmac",
        secret: secrets.now,
        signature_header: "X-Hub-Signature-256",
        hmac_prefix: "sha256=",
        idempotency_header: "X-GitHub-Delivery",
        event_type_header: "X-GitHub-Event",
      },
    },
    routes: ["deploy", "collection", "described"].map((platform) => ({
      source: platform === "deploy" ? "github" : platform,
      platform,
    })),
  });
  github = new Sender(service, { source: "github" });
  described = new Sender(service, { source: "described" });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

async function notice(body, { event = "push", secret = secrets.now, type = "application/json" } = {}) {
  return {
    headers: {
      "content-type": type,
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-delivery": randomUUID(),
      "x-github-event": event,
      "x-github-hook-id": "292430182",
      "x-hub-signature": `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`,
      "x-hub-signature-256": await sign(secret, body),
    },
    body: Buffer.from(body),
  };
}

test("a delivery is taken, a redelivery is a duplicate: one event, byte for byte", async () => {
  const push = await notice(PUSH);
  const delivery = push.headers["x-github-delivery"];
  await github.accepted(push, { eventType: "push", deliveryId: delivery });
  await github.repeated(push, { eventType: "push", deliveryId: delivery });
  await github.repeated(push);
  assert.deepEqual(await service.eventTypes({ platform: "deploy", correlation: delivery }), ["github.push"]);
  assert.deepEqual(await subscriber.told(service, "deploy", { correlation: delivery }), [PUSH]);
});

test("what was changed, and what another signed, is refused and causes nothing", async () => {
  const push = await notice(PUSH);
  const signature = push.headers["x-hub-signature-256"];
  const events = (await service.events({ platform: "deploy" })).length;
  for (const copy of tamperedCopies(push, {})) await github.refused(copy, "signature_mismatch");
  for (const [value, reason] of [
    [`sha256=${spoil(signature.slice(7))}`, "signature_mismatch"],
    [await sign("another secret", PUSH), "signature_mismatch"],
    [signature.slice(0, -1), "signature_malformed"],
    [signature.slice(7), "signature_malformed"],
  ]) {
    await github.refused(withHeader(push, "x-hub-signature-256", value), reason);
  }
  await github.refused(withoutHeader(push, "x-hub-signature-256"), "signature_missing");
  assert.equal((await service.events({ platform: "deploy" })).length, events);
  // What was refused under this id does not stand in the way of the true one.
  await github.accepted(push);
});

test("a delivery signed with the older secret is taken", async () => {
  await github.accepted(await notice(PUSH, { secret: secrets.before }));
});

test("a ping is taken, an event without a name is not", async () => {
  const ping = await notice('{"zen":"Keep it logically awesome."}', { event: "ping" });
  await github.accepted(ping, { eventType: "ping" });
  await github.refused(withoutHeader(ping, "x-github-event"), "field_missing");
});

test("of a hook that sends a form, its payload is passed on", async () => {
  const form = new URLSearchParams({ payload: PUSH }).toString();
  const push = await notice(form, { event: "star", type: "application/x-www-form-urlencoded" });
  await github.accepted(push, { eventType: "star" });
  for (const copy of tamperedCopies(push, {})) await github.refused(copy, "signature_mismatch");
  assert.deepEqual(await subscriber.told(service, "deploy", { event_type: "github.star" }), [PUSH]);
});

test("a described HMAC takes the same deliveries", async () => {
  const push = await notice(PUSH);
  const delivery = push.headers["x-github-delivery"];
  await described.accepted(push, { eventType: "push", deliveryId: delivery });
  await described.repeated(push);
  for (const copy of tamperedCopies(push, {})) await described.refused(copy, "signature_mismatch");
  assert.deepEqual(await subscriber.told(service, "described"), [PUSH]);
});

/** Every example of every version of GitHub that the package has. */
async function collection() {
  const folder = dirname(createRequire(import.meta.url).resolve("@octokit/webhooks-examples/package.json"));
  const versions = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const files = await Promise.all(versions.map(({ name }) => readFile(join(folder, name, "index.json"), "utf8")));
  return files.flatMap((text) =>
    JSON.parse(text).flatMap(({ name, examples }) => examples.map((example) => [name, JSON.stringify(example)])),
  );
}

test("the collection of payloads goes through whole", async () => {
  const payloads = await collection();
  assert.ok(payloads.length > 700, `${payloads.length} payloads`);
  const sent = new Map();
  const waiting = [...payloads];
  const sendAll = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [event, body] = next;
      const delivery = await notice(body, { event });
      const answer = await service.send("/in/collection", delivery);
      assert.equal(answer.status, 200, `${event}: ${answer.body}`);
      sent.set(delivery.headers["x-github-delivery"], { event, body });
    }
  };
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, sendAll));

  const events = await service.events({ platform: "collection" });
  assert.equal(events.length, payloads.length);
  const callbacks = await subscriber.callbacksOf("collection", events);
  for (const [index, { event_type: eventType, correlation }] of events.entries()) {
    const { event, body } = sent.get(correlation);
    assert.equal(eventType, `collection.${event}`);
    assert.equal(callbacks[index].body.toString(), body, `${event} ${correlation}`);
    sent.delete(correlation);
  }
  assert.equal(sent.size, 0, "each has its event");
  assert.equal(subscriber.count("collection"), payloads.length, "each came once");
});
