// Standard Webhooks: `v1` signed by the reference library, `v1a` by an independent ed25519.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Webhook } from "standardwebhooks";
import nacl from "tweetnacl";

import { tamperedCopies } from "./platform_server.js";
import { Sender, now, spoil, staleTimes, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const SIGNED_HEADERS = { idHeader: "webhook-id", timestampHeader: "webhook-timestamp" };
const BODY = '{ "type":"invoice.paid", "data":{"note":"驿站", "big":12345678901234567890} }';
const newSecret = () => `whsec_${randomBytes(32).toString("base64")}`;

const secrets = { now: newSecret(), next: newSecret() };
const pair = nacl.sign.keyPair();
const schemes = {
  v1: (id, seconds, body, secret = secrets.now) => new Webhook(secret).sign(id, new Date(seconds * 1000), body),
  v1a: (id, seconds, body, secretKey = pair.secretKey) => {
    const signature = nacl.sign.detached(Buffer.from(`${id}.${seconds}.${body}`), secretKey);
    return `v1a,${Buffer.from(signature).toString("base64")}`;
  },
};
const strangers = { v1: newSecret(), v1a: nacl.sign.keyPair().secretKey };
let subscriber;
let service;
let senders;

before(async () => {
  subscriber = await Subscriber.start("billing");
  const publicKey = `whpk_${Buffer.from(pair.publicKey).toString("base64")}`;
  service = await Service.start(subscriber.platforms(), {
    sources: {
      v1: { kind: "standard-webhooks", secrets: [secrets.now, secrets.next] },
      v1a: { kind: "standard-webhooks", secret: publicKey },
      both: { kind: "standard-webhooks", secrets: [secrets.now, publicKey] },
    },
    routes: [{ source: "*", platform: "billing", rename: "invoice" }],
  });
  senders = Object.fromEntries(["v1", "v1a", "both"].map((source) => [source, new Sender(service, { source })]));
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

function notice(scheme, { id = `msg_${randomUUID()}`, seconds = now(), body = BODY, key } = {}) {
  return {
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": schemes[scheme](id, seconds, body, key),
    },
    body: Buffer.from(body),
  };
}

for (const scheme of ["v1", "v1a"]) {
  test(`${scheme}: a message is taken, a later try of it is a duplicate: one event, byte for byte`, async () => {
    const id = `msg_${randomUUID()}`;
    await senders[scheme].accepted(notice(scheme, { id, seconds: now() - 100 }), {
      eventType: "invoice.paid",
      messageId: id,
    });
    await senders[scheme].repeated(notice(scheme, { id }), { messageId: id });
    assert.deepEqual(await service.eventTypes({ platform: "billing", correlation: id }), ["invoice"]);
    assert.deepEqual(await subscriber.told(service, "billing", { correlation: id }), [BODY]);
  });

  test(`${scheme}: what was changed, and what another signed, is refused and causes nothing`, async () => {
    const good = notice(scheme);
    const sender = senders[scheme];
    for (const copy of tamperedCopies(good, SIGNED_HEADERS)) await sender.refused(copy, "signature_mismatch");
    const [version, signature] = good.headers["webhook-signature"].split(",");
    const spoilt = withHeader(good, "webhook-signature", `${version},${spoil(signature)}`);
    await sender.refused(spoilt, "signature_mismatch");
    await sender.refused(notice(scheme, { key: strangers[scheme] }), "signature_mismatch");
    await sender.refused(withHeader(good, "webhook-signature", `${version},short`), "signature_malformed");
    await sender.refused(withoutHeader(good, "webhook-signature"), "signature_missing");
    await sender.refused(withoutHeader(good, "webhook-timestamp"), "timestamp_missing");
    await sender.refused(withoutHeader(good, "webhook-id"), "message_id_missing");
    assert.equal((await service.events({ platform: "billing", correlation: good.headers["webhook-id"] })).length, 0);
  });

  test(`${scheme}: a message of another time is refused`, async () => {
    for (const seconds of staleTimes()) {
      await senders[scheme].refused(notice(scheme, { seconds }), "timestamp_out_of_tolerance");
    }
  });
}

test("v1: while a secret rotates either signature will do, alone or with others", async () => {
  const next = notice("v1", { key: secrets.next });
  await senders.v1.accepted(next);
  const list = ["v1,short", notice("v1", { key: strangers.v1 }).headers["webhook-signature"]];
  list.push(next.headers["webhook-signature"]);
  await senders.v1.repeated(withHeader(next, "webhook-signature", list.join(" ")));
});

test("a source that has a secret and a public key takes both versions, and not the other's key", async () => {
  await senders.both.accepted(notice("v1"));
  await senders.both.accepted(notice("v1a"));
  await senders.both.refused(notice("v1", { key: strangers.v1 }), "signature_mismatch");
  await senders.v1.refused(notice("v1a"), "signature_malformed");
  await senders.v1a.refused(notice("v1"), "signature_malformed");
});
