// Kdniao's pushes, signed as its documentation says.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { Sender, form, spoil } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const BUSINESS_ID = "1237100";

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
const answerOf = (id, success, reason) => ({
  status: 200,
  type: "application/json; charset=utf-8",
  body: new RegExp(`^\\{"EBusinessID":"${id}","UpdateTime":"${time}","Success":${success},"Reason":"${reason}"\\}$`),
});
// Whose push it was is not known before it is verified and read.
const dialect = {
  taken: () => answerOf(BUSINESS_ID, true, ""),
  refused: ({ reason }) => answerOf("", false, reason),
};
const secret = randomBytes(18).toString("hex");
let subscriber;
let service;
let kdniao;

before(async () => {
  subscriber = await Subscriber.start("tracking");
  service = await Service.start(subscriber.platforms(), {
    sources: { kdniao: { secret } },
    routes: [{ source: "kdniao", platform: "tracking" }],
  });
  kdniao = new Sender(service, { source: "kdniao", dialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const md5 = (text) => createHash("md5").update(text).digest("hex");
const push = (...trackingNos) =>
  JSON.stringify({
    EBusinessID: BUSINESS_ID,
    PushTime: "2024-05-20 13:30:00",
    Count: String(trackingNos.length),
    Data: trackingNos.map((trackingNo) => ({
      EBusinessID: BUSINESS_ID,
      OrderCode: "",
      ShipperCode: "SF",
      LogisticCode: trackingNo,
      Success: true,
      Reason: "",
      State: "2",
      StateEx: "202",
      Traces: [{ AcceptTime: "2024-05-20 13:29:35", AcceptStation: "派件中 & 请+保持" }],
    })),
  });
const sign = (data, key = secret) => Buffer.from(md5(data + key)).toString("base64");
const notice = (data, dataSign = sign(data)) => form({ RequestData: data, RequestType: "101", DataSign: dataSign });

const told = (trackingNo) => subscriber.told(service, "tracking", { correlation: trackingNo });

test("a push of several waybills is taken once, and handed on as JSON", async () => {
  const trackingNo = await service.newWaybill();
  const data = push(trackingNo, await service.newWaybill());
  const line = { trackingNo, eventType: "express.status", resultCode: "OUT_FOR_DELIVERY" };
  await kdniao.accepted(notice(data), line);
  await kdniao.repeated(notice(data), line);
  assert.deepEqual(await told(trackingNo), [data]);
});

test("what was changed, and what another signed, is refused", async () => {
  const trackingNo = await service.newWaybill();
  const data = push(trackingNo);
  await kdniao.refused(notice(data.replace("202", "404"), sign(data)), "signature_mismatch");
  await kdniao.refused(notice(data, Buffer.from(spoil(md5(data + secret))).toString("base64")), "signature_mismatch");
  await kdniao.refused(notice(data, sign(data, "another key")), "signature_mismatch");
  await kdniao.refused(notice(data, ""), "signature_missing");
  assert.deepEqual(await told(trackingNo), []);
});
