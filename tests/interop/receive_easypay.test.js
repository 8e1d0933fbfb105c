// EasyPay's notices as sub2api and new-api take them, by GET and by POST.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { Sender, form, spoil, textDialect } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const PATH = "/notify/easypay/topup";
const PID = "1001";

const key = randomBytes(16).toString("hex");
let subscriber;
let service;
let easypay;

before(async () => {
  subscriber = await Subscriber.start("newapi");
  service = await Service.start(subscriber.platforms(), {
    sources: { easypay: { account: "topup", platform: "newapi", pid: PID, secret: key } },
  });
  easypay = new Sender(service, { source: "easypay", path: PATH, dialect: textDialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const newNumber = () => randomBytes(10).toString("hex");

function payment(outTradeNo, changes = {}) {
  return {
    pid: PID,
    trade_no: newNumber(),
    out_trade_no: outTradeNo,
    type: "alipay",
    name: "充值 10 + 1%",
    money: "7.5",
    trade_status: "TRADE_SUCCESS",
    param: "",
    ...changes,
  };
}

function signed(fields, secret = key) {
  const names = Object.keys(fields).filter((name) => !["sign", "sign_type"].includes(name) && fields[name] !== "");
  const text = names
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
  return {
    ...fields,
    sign: createHash("md5")
      .update(text + secret)
      .digest("hex"),
    sign_type: "MD5",
  };
}

const query = (fields) => ({ method: "GET", path: `${PATH}?${new URLSearchParams(fields)}` });

const unpaidOrder = () => service.newOrder(750, PID);

for (const [method, send] of Object.entries({ GET: query, POST: form })) {
  test(`${method}: a payment pays its order once, however often it is told`, async () => {
    const outTradeNo = await unpaidOrder();
    const fields = payment(outTradeNo);
    const line = { outTradeNo, transactionId: fields.trade_no, eventType: "TRADE_SUCCESS" };
    await easypay.accepted(send(signed(fields)), { ...line, effect: "applied" });
    await easypay.repeated(send(signed(fields)), line);
    await easypay.repeated((send === query ? form : query)(signed(fields)), line);
    assert.equal((await service.order(outTradeNo)).status, 1);

    const [event, ...others] = await subscriber.told(service, "newapi", { correlation: fields.trade_no });
    assert.equal(others.length, 0);
    const { notice: clear, paid_at: paidAt, ...paid } = JSON.parse(event);
    assert.ok(Math.abs(Date.parse(paidAt) - Date.now()) < 60_000, paidAt);
    assert.deepEqual(paid, {
      out_trade_no: outTradeNo,
      transaction_id: fields.trade_no,
      provider: "easypay",
      merchant: PID,
      total_fee: 750,
      currency: "CNY",
    });
    assert.deepEqual(clear, fields);
  });

  test(`${method}: what was changed, and what another signed, is refused and pays nothing`, async () => {
    const outTradeNo = await unpaidOrder();
    const good = signed(payment(outTradeNo));
    for (const [what, fields] of [
      ["the amount", { ...good, money: "0.01" }],
      ["a field more", { ...good, extra: "1" }],
      ["the signature", { ...good, sign: spoil(good.sign) }],
      ["the key", signed(payment(outTradeNo), newNumber())],
    ]) {
      await easypay.refused({ what, ...send(fields) }, "signature_mismatch");
    }
    const { sign, ...without } = good;
    assert.ok(sign);
    await easypay.refused(send(without), "signature_missing");
    assert.equal((await service.order(outTradeNo)).status, 0);
    await easypay.accepted(send(good), { effect: "applied" });
  });
}

test("of another merchant, of no order, of another amount: refused, to be sent again", async () => {
  const outTradeNo = await unpaidOrder();
  await easypay.refused(query(signed(payment(outTradeNo, { pid: "1002" }))), "merchant_differs");
  await easypay.refused(query(signed(payment(outTradeNo, { money: "7.51" }))), "amount_differs");
  await easypay.refused(query(signed(payment(outTradeNo, { money: "7.500" }))), "field_invalid");
  await easypay.refused(query(signed(payment(newNumber()))), "order_unknown");
  assert.equal((await service.order(outTradeNo)).status, 0);
});
