// The AI gateways: messages that sub2api and new-api pass to customer service, and the webhooks that each sends itself.
import assert from "node:assert/strict";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { tamperedCopies } from "./platform_server.js";
import { Sender, now, spoil, staleTimes, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const newSecret = () => randomBytes(24).toString("hex");
const hmac = (secret, text) => createHmac("sha256", secret).update(text).digest("hex");

const secrets = { ingress: newSecret(), sub2api: newSecret(), newapi: newSecret() };
let subscriber;
let service;

before(async () => {
  subscriber = await Subscriber.start("sub2api", "operators");
  service = await Service.start(subscriber.platforms(), {
    sources: {
      gateway: { kind: "sub2api", secret: secrets.sub2api },
      console: { kind: "newapi" },
    },
    routes: ["gateway", "console"].map((source) => ({ source, platform: "operators" })),
    variables: {
      AI_CS_PLATFORM_SUB2API_INGRESS_SECRET: secrets.ingress,
      YIZHAN_SOURCE_CONSOLE_SECRET: secrets.newapi,
    },
  });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

describe("messages of a platform", () => {
  const message = (id) =>
    `{ "message_id":"${id}", "channel":"wechat", "open_id":"o1", "content":"你好 \\u9a7f", "timestamp":"2024-05-20T13:29:35+08:00" }`;
  function notice(body, { seconds = now(), secret = secrets.ingress } = {}) {
    return {
      headers: {
        "content-type": "application/json",
        "x-cs-timestamp": String(seconds),
        "x-cs-signature": hmac(secret, `${seconds}.${body}`),
      },
      body: Buffer.from(body),
    };
  }
  let sender;
  before(() => {
    const path = "/api/v1/customer-service/platforms/sub2api/webhook";
    sender = new Sender(service, { source: "sub2api-ingress", path });
  });

  test("a message becomes one event of the same platform", async () => {
    const id = randomUUID();
    const line = { messageId: id, eventType: "message.received" };
    await sender.accepted(notice(message(id), { seconds: now() - 100 }), line);
    await sender.repeated(notice(message(id)), line);
    assert.deepEqual(await service.eventTypes({ correlation: id }), ["message.received"]);
    assert.deepEqual(await subscriber.told(service, "sub2api", { correlation: id }), [message(id)]);
  });

  test("what was changed, what another signed, and what is of another time is refused", async () => {
    const id = randomUUID();
    const good = notice(message(id));
    const signature = good.headers["x-cs-signature"];
    for (const copy of tamperedCopies(good, { timestampHeader: "x-cs-timestamp" })) {
      await sender.refused(copy, "signature_mismatch");
    }
    await sender.refused(withHeader(good, "x-cs-signature", spoil(signature)), "signature_mismatch");
    await sender.refused(notice(message(id), { secret: newSecret() }), "signature_mismatch");
    await sender.refused(withHeader(good, "x-cs-signature", signature.slice(2)), "signature_malformed");
    await sender.refused(withoutHeader(good, "x-cs-signature"), "signature_missing");
    await sender.refused(withoutHeader(good, "x-cs-timestamp"), "timestamp_missing");
    for (const seconds of staleTimes()) {
      await sender.refused(notice(message(id), { seconds }), "timestamp_out_of_tolerance");
    }
    await sender.refused(notice('{"message_id":"m"}'), "field_missing");
    assert.equal((await service.events({ platform: "sub2api", correlation: id })).length, 0);
  });
});

describe("sub2api's own webhook", () => {
  const body = (id) =>
    `{"schema_version":1,"event":"balance.low","event_label":"余额不足","delivery_id":"${id}","data":{"balance":1.50}}`;
  function notice(id, { seconds = now(), secret = secrets.sub2api } = {}) {
    return {
      headers: {
        "content-type": "application/json",
        "x-sub2api-event": "balance.low",
        "x-sub2api-delivery": id,
        "x-sub2api-timestamp": String(seconds),
        "x-sub2api-signature": hmac(secret, `${seconds}.${body(id)}`),
      },
      body: Buffer.from(body(id)),
    };
  }
  let sender;
  before(() => (sender = new Sender(service, { source: "gateway" })));

  test("a notification is taken once, byte for byte", async () => {
    const id = randomUUID();
    await sender.accepted(notice(id), { eventType: "balance.low", deliveryId: id });
    await sender.repeated(notice(id), { deliveryId: id });
    assert.deepEqual(await subscriber.told(service, "operators", { correlation: id }), [body(id)]);
  });

  test("what was changed, what another signed, and what is of another time is refused", async () => {
    const id = randomUUID();
    const good = notice(id);
    for (const copy of tamperedCopies(good, { timestampHeader: "x-sub2api-timestamp" })) {
      await sender.refused(copy, "signature_mismatch");
    }
    const signature = spoil(good.headers["x-sub2api-signature"]);
    await sender.refused(withHeader(good, "x-sub2api-signature", signature), "signature_mismatch");
    await sender.refused(notice(id, { secret: newSecret() }), "signature_mismatch");
    for (const seconds of staleTimes()) await sender.refused(notice(id, { seconds }), "timestamp_out_of_tolerance");
    assert.equal((await service.events({ platform: "operators", correlation: id })).length, 0);
  });
});

describe("new-api's own webhook", () => {
  const body = (user) =>
    `{"type":"quota_exceed","title":"额度","content":"用户 {{value}}","values":["${user}"],"timestamp":1716182975}`;
  const notice = (user, secret = secrets.newapi) => ({
    headers: { "content-type": "application/json", "x-webhook-signature": hmac(secret, body(user)) },
    body: Buffer.from(body(user)),
  });
  const events = () => service.events({ platform: "operators", event_type: "console.quota_exceed" });
  let sender;
  before(() => (sender = new Sender(service, { source: "console" })));

  test("a notification is taken once, byte for byte", async () => {
    await sender.accepted(notice("u1"), { eventType: "quota_exceed" });
    await sender.repeated(notice("u1"));
    assert.deepEqual(await subscriber.told(service, "operators", { event_type: "console.quota_exceed" }), [body("u1")]);
  });

  test("what was changed, and what another signed, is refused", async () => {
    const before = (await events()).length;
    const good = notice("u2");
    for (const copy of tamperedCopies(good, {})) await sender.refused(copy, "signature_mismatch");
    const signature = spoil(good.headers["x-webhook-signature"]);
    await sender.refused(withHeader(good, "x-webhook-signature", signature), "signature_mismatch");
    await sender.refused(notice("u2", newSecret()), "signature_mismatch");
    await sender.refused(withoutHeader(good, "x-webhook-signature"), "signature_missing");
    assert.equal((await events()).length, before);
  });
});
