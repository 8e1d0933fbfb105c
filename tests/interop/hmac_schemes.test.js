// x-cs, new-api's X-Webhook-Signature and a configured HMAC, each checked as its receiver would, with Node's own HMAC.
import assert from "node:assert/strict";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { after, before, test } from "node:test";

import { PlatformServer, tamperedCopies } from "./platform_server.js";
import { Service } from "./service.js";

const MAX_SKEW_SECONDS = 300;
const PAYLOAD = '{ "event_id":"evt-1", "note":"驿站", "amount":1.50 }';

const secrets = {
  sub2api: randomBytes(24).toString("hex"),
  next: "the next secret, in words",
  newapi: randomBytes(24).toString("hex"),
  generic: randomBytes(24).toString("base64"),
};
let platform;
let service;

before(async () => {
  platform = await PlatformServer.start();
  service = await Service.start({
    sub2api: { base_url: platform.url("/sub2api"), secrets: [secrets.sub2api, secrets.next] },
    renamed: {
      base_url: platform.url("/renamed"),
      signing: "x-cs",
      secrets: [secrets.next],
      signature_header: "X-Our-Signature",
    },
    newapi: { base_url: platform.url("/newapi"), signing: "webhook-signature", secrets: [secrets.newapi] },
    generic: {
      base_url: platform.url("/generic"),
      signing: "hmac",
      secrets: [secrets.generic],
      signature_header: "X-Signature-512",
      hmac_algorithm: "sha512",
      hmac_encoding: "base64",
      hmac_prefix: "sha512=",
      hmac_timestamp_header: "X-Time",
      hmac_signed_text: "v0:{id}:{timestamp}:{body}",
      event_id_header: "X-Event-Id",
    },
  });
});

after(async () => {
  await service?.stop();
  await platform?.stop();
});

function sameBytes(left, right) {
  return left.length === right.length && timingSafeEqual(left, right);
}

function verifiesXCs(secret, { headers, body }, signatureHeader = "x-cs-signature") {
  const timestamp = headers["x-cs-timestamp"];
  if (Math.abs(Number(timestamp) - Date.now() / 1000) > MAX_SKEW_SECONDS) return false;
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  return sameBytes(Buffer.from(headers[signatureHeader] ?? ""), Buffer.from(expected));
}

test("x-cs: signs time and body with the first of two secrets", async () => {
  await service.emit("sub2api", PAYLOAD);
  const [callback] = await platform.received("/sub2api");
  assert.equal(callback.body.toString(), PAYLOAD);
  assert.ok(verifiesXCs(secrets.sub2api, callback));
  assert.ok(!verifiesXCs(secrets.next, callback));
  for (const { what, ...copy } of tamperedCopies(callback, { timestampHeader: "x-cs-timestamp" })) {
    assert.ok(!verifiesXCs(secrets.sub2api, copy), what);
  }
});

test("x-cs: takes the configured header name", async () => {
  await service.emit("renamed", PAYLOAD);
  const [callback] = await platform.received("/renamed");
  assert.ok(verifiesXCs(secrets.next, callback, "x-our-signature"));
  assert.equal(callback.headers["x-cs-signature"], undefined);
});

test("webhook-signature: signs the body alone", async () => {
  const verifies = ({ headers, body }) =>
    headers["x-webhook-signature"] === createHmac("sha256", secrets.newapi).update(body).digest("hex");
  await service.emit("newapi", PAYLOAD);
  const [callback] = await platform.received("/newapi");
  assert.ok(verifies(callback));
  for (const { what, ...copy } of tamperedCopies(callback, {})) assert.ok(!verifies(copy), what);
});

test("hmac: signs as configured, the event's id included", async () => {
  const verifies = ({ headers, body }) => {
    const mac = createHmac("sha512", secrets.generic);
    mac.update(`v0:${headers["x-event-id"]}:${headers["x-time"]}:`).update(body);
    return headers["x-signature-512"] === `sha512=${mac.digest("base64")}`;
  };
  const id = await service.emit("generic", PAYLOAD);
  const [callback] = await platform.received("/generic");
  assert.equal(callback.headers["x-event-id"], id, "once, and unchanged");
  assert.ok(verifies(callback));
  for (const { what, ...copy } of tamperedCopies(callback, { idHeader: "x-event-id", timestampHeader: "x-time" })) {
    assert.ok(!verifies(copy), what);
  }
});
