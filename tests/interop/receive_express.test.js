// The logistics receiver, signed as its senders do.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { tamperedCopies } from "./platform_server.js";
import { Sender, spoil, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const JSON_TYPE = "application/json; charset=utf-8";

const dialect = {
  taken: ({ callbackId, status, trackingNo, resultCode }) => ({
    status: 200,
    type: JSON_TYPE,
    body:
      `{"ok":true,"id":${callbackId},"duplicate":${status === "duplicate"},"tracking_no":"${trackingNo}",` +
      `"status_code":"${resultCode}"}`,
  }),
  refused: ({ reason }) => ({
    status: reason.startsWith("signature_") ? 401 : 400,
    type: JSON_TYPE,
    body: /^\{"ok":false,"message":"[^"]+"\}$/,
  }),
};
const secret = randomBytes(16).toString("hex");
let subscriber;
let service;
let express;

before(async () => {
  subscriber = await Subscriber.start("tracking");
  service = await Service.start(subscriber.platforms(), {
    sources: { express: { secret } },
    routes: [{ source: "express", platform: "tracking" }],
  });
  express = new Sender(service, { source: "express", path: "/webhook/express/status", dialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const status = (trackingNo) =>
  `{ "waybill_no":"${trackingNo}", "status":"DELIVERED", "time":"2024-05-20 13:29:35", "desc":"已签收" }`;
const notice = (body, key = secret) => ({
  headers: {
    "content-type": "application/json",
    "x-signature": createHmac("sha256", key).update(body).digest("hex"),
  },
  body: Buffer.from(body),
});

const told = (trackingNo) => subscriber.told(service, "tracking", { correlation: trackingNo });

test("a status is taken once, and handed on as it came", async () => {
  const trackingNo = await service.newWaybill();
  const line = { trackingNo, eventType: "express.status", resultCode: "DELIVERED" };
  await express.accepted(notice(status(trackingNo)), line);
  await express.repeated(notice(status(trackingNo)), line);
  assert.deepEqual(await told(trackingNo), [status(trackingNo)]);
});

test("what was changed, and what another signed, is refused", async () => {
  const trackingNo = await service.newWaybill();
  const good = notice(status(trackingNo));
  for (const copy of tamperedCopies(good, {})) await express.refused(copy, "signature_mismatch");
  await express.refused(withHeader(good, "x-signature", spoil(good.headers["x-signature"])), "signature_mismatch");
  await express.refused(notice(status(trackingNo), "another secret"), "signature_mismatch");
  await express.refused(withoutHeader(good, "x-signature"), "signature_missing");
  await express.refused(notice('{"status":"DELIVERED"}'), "field_missing");
  assert.deepEqual(await told(trackingNo), []);
});
