// kuaidi100's pushes, signed as its documentation says.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { Sender, form, spoil } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const answerOf = (body) => ({ status: 200, type: "application/json; charset=utf-8", body });
const dialect = {
  taken: () => answerOf('{"result":true,"returnCode":"200","message":"成功"}'),
  refused: ({ reason }) => answerOf(`{"result":false,"returnCode":"500","message":"${reason}"}`),
};
const secret = "盐 salt";
let subscriber;
let service;
let kuaidi100;

before(async () => {
  subscriber = await Subscriber.start("tracking");
  service = await Service.start(subscriber.platforms(), {
    sources: { kuaidi100: { secret } },
    routes: [{ source: "kuaidi100", platform: "tracking" }],
  });
  kuaidi100 = new Sender(service, { source: "kuaidi100", dialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const push = (trackingNo, state = "3") =>
  `{"status":"shutdown","billstatus":"check","message":"","lastResult":{"message":"ok","state":"${state}","status":"200",` +
  `"ischeck":"1","com":"shunfeng","nu":"${trackingNo}","data":[{"context":"已签收 & 感谢+","time":"2024-05-20 13:29:35",` +
  `"ftime":"2024-05-20 13:29:35","status":"签收","areaCode":"CN310000000000","areaName":"上海"}]}}`;
const sign = (param, salt = secret) =>
  createHash("md5")
    .update(param + salt)
    .digest("hex")
    .toUpperCase();

const told = (trackingNo) => subscriber.told(service, "tracking", { correlation: trackingNo });

test("a push is taken once, and handed on as JSON", async () => {
  const trackingNo = await service.newWaybill();
  const param = push(trackingNo);
  const line = { trackingNo, eventType: "express.status", resultCode: "DELIVERED" };
  await kuaidi100.accepted(form({ sign: sign(param), param }), line);
  await kuaidi100.repeated(form({ param, sign: sign(param) }), line);
  assert.deepEqual(await told(trackingNo), [param]);
  // The next state of the same waybill is news.
  const later = push(trackingNo, "4");
  await kuaidi100.accepted(form({ sign: sign(later), param: later }), { trackingNo });
  assert.equal((await told(trackingNo)).length, 2);
});

test("what was changed, and what another signed, is refused", async () => {
  const trackingNo = await service.newWaybill();
  const param = push(trackingNo);
  await kuaidi100.refused(form({ sign: sign(param), param: push(trackingNo, "0") }), "signature_mismatch");
  await kuaidi100.refused(form({ sign: spoil(sign(param)), param }), "signature_mismatch");
  await kuaidi100.refused(form({ sign: sign(param, "another salt"), param }), "signature_mismatch");
  await kuaidi100.refused(form({ param }), "signature_missing");
  await kuaidi100.refused(form({ param: "{}", sign: sign("{}") }), "field_missing");
  assert.deepEqual(await told(trackingNo), []);
});
