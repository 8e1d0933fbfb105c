// Alipay's notices: signed as its documentation says, and found good or bad by Alipay's own SDK.
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign as signWithKey } from "node:crypto";
import { after, before, test } from "node:test";

import AlipaySdk from "alipay-sdk";

import { Sender, form, spoil, textDialect } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const APP = "2021000000000001";
const SELLER = "2088101106499364";

function newKeyPair() {
  const encoding = (type) => ({ type, format: "pem" });
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: encoding("spki"),
    privateKeyEncoding: encoding("pkcs8"),
  });
}

const keys = { alipay: newKeyPair(), application: newKeyPair() };
const sdk = new AlipaySdk({
  appId: APP,
  privateKey: keys.application.privateKey,
  alipayPublicKey: keys.alipay.publicKey,
  keyType: "PKCS8",
});
let subscriber;
let service;
let alipay;

before(async () => {
  subscriber = await Subscriber.start("shop");
  // As Alipay's console shows it: one line, without the lines around it.
  const consoleText = keys.alipay.publicKey.replace(/-----[^-]+-----|\n/g, "");
  service = await Service.start(subscriber.platforms(), {
    sources: {
      alipay: { account: "main", platform: "shop", app_id: APP, seller_id: SELLER, public_key_file: "alipay_key.txt" },
    },
    files: { "alipay_key.txt": consoleText },
  });
  alipay = new Sender(service, { source: "alipay", path: "/notify/alipay/main", dialect: textDialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const newNumber = () => randomBytes(14).toString("hex");

function payment(outTradeNo, changes = {}) {
  return {
    gmt_create: "2024-05-20 13:29:33",
    charset: "utf-8",
    seller_email: "seller@example.com",
    subject: "驿站 100% + 附加=1&2",
    body: "",
    buyer_id: "2088102116773037",
    invoice_amount: "1.00",
    notify_id: newNumber(),
    fund_bill_list: '[{"amount":"1.00","fundChannel":"ALIPAYACCOUNT"}]',
    notify_type: "trade_status_sync",
    trade_status: "TRADE_SUCCESS",
    receipt_amount: "1.00",
    app_id: APP,
    buyer_pay_amount: "1.00",
    sign_type: "RSA2",
    seller_id: SELLER,
    gmt_payment: "2024-05-20 13:29:35",
    notify_time: "2024-05-20 13:29:36",
    version: "1.0",
    out_trade_no: outTradeNo,
    total_amount: "1.00",
    trade_no: `2024052022001${newNumber().slice(13)}`,
    auth_app_id: APP,
    buyer_logon_id: "buy***@example.com",
    point_amount: "0.00",
    ...changes,
  };
}

/** With its signature: over all fields but two, sorted. */
function signed(fields, { privateKey } = keys.alipay) {
  const names = Object.keys(fields).filter((name) => name !== "sign" && name !== "sign_type");
  const text = names
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
  return { ...fields, sign: signWithKey("RSA-SHA256", Buffer.from(text), privateKey).toString("base64") };
}

const notice = (fields, pair) => form(signed(fields, pair));
const isValid = (fields) => sdk.checkNotifySign(fields, true);

const unpaidOrder = () => service.newOrder(100, APP);

/** What the shop was told by events of this type. */
const told = (eventType) => subscriber.toldDocuments(service, "shop", { event_type: eventType });

test("a payment pays its order once, however often it is told", async () => {
  const outTradeNo = await unpaidOrder();
  const fields = payment(outTradeNo);
  assert.ok(isValid(signed(fields)));
  const line = { outTradeNo, transactionId: fields.trade_no, notifyId: fields.notify_id, eventType: "TRADE_SUCCESS" };
  await alipay.accepted(notice(fields), { ...line, effect: "applied" });
  await alipay.repeated(notice(fields), line);
  await alipay.repeated(notice({ ...fields, notify_time: "2024-05-20 13:33:36" }), line);
  const finished = payment(outTradeNo, { trade_no: fields.trade_no, trade_status: "TRADE_FINISHED" });
  await alipay.accepted(notice(finished), { effect: "already_applied" });

  const order = await service.order(outTradeNo);
  assert.equal(order.status, 1);
  assert.equal(order.transaction_id, fields.trade_no);
  const [{ notice: clear, ...paid }, ...others] = await told("payment.succeeded");
  assert.equal(others.length, 0);
  assert.deepEqual(paid, {
    out_trade_no: outTradeNo,
    transaction_id: fields.trade_no,
    provider: "alipay",
    merchant: APP,
    total_fee: 100,
    currency: "CNY",
    paid_at: "2024-05-20T05:29:35.000000Z",
  });
  const { sign_type: signType, ...unsigned } = fields;
  assert.equal(signType, "RSA2");
  assert.deepEqual(clear, unsigned);
});

test("refunds are counted by what they come to together", async () => {
  const outTradeNo = await unpaidOrder();
  const fields = payment(outTradeNo);
  await alipay.accepted(notice(fields), { effect: "applied" });
  const refund = (refundFee, number) =>
    payment(outTradeNo, {
      trade_no: fields.trade_no,
      out_biz_no: number,
      refund_fee: refundFee,
      gmt_refund: "2024-05-21 08:00:00.123",
    });
  const first = notice(refund("0.30", "R1"));
  await alipay.accepted(first, { eventType: "REFUND", effect: "applied" });
  await alipay.repeated(first);
  assert.equal((await service.order(outTradeNo)).refund_fee, 30);
  const whole = { ...refund("1.00", "R2"), trade_status: "TRADE_CLOSED" };
  await alipay.accepted(notice(whole), { eventType: "REFUND", effect: "applied" });
  const order = await service.order(outTradeNo);
  assert.equal(order.refund_fee, 100);
  assert.equal(order.status, 3);
  assert.equal((await told("payment.refunded")).length, 2);
});

test("what was changed, and what another signed, is refused and pays nothing", async () => {
  const outTradeNo = await unpaidOrder();
  const good = signed(payment(outTradeNo));
  for (const [what, fields] of [
    ["the amount", { ...good, total_amount: "0.01" }],
    ["a field more", { ...good, passback_params: "1" }],
    ["a field less", Object.fromEntries(Object.entries(good).filter(([name]) => name !== "subject"))],
    ["the signature", { ...good, sign: spoil(good.sign) }],
    ["the key", signed(payment(outTradeNo), keys.application)],
  ]) {
    assert.ok(!isValid(fields), what);
    await alipay.refused({ what, ...form(fields) }, "signature_mismatch");
  }
  const { sign, ...without } = good;
  assert.ok(sign);
  await alipay.refused(form(without), "signature_missing");
  assert.equal((await service.order(outTradeNo)).status, 0);
  await alipay.accepted(form(good), { effect: "applied" });
});

test("a trade that waits or was closed is taken and pays nothing", async () => {
  const outTradeNo = await unpaidOrder();
  for (const status of ["WAIT_BUYER_PAY", "TRADE_CLOSED"]) {
    await alipay.accepted(notice(payment(outTradeNo, { trade_status: status })), { eventType: status });
  }
  assert.equal((await service.order(outTradeNo)).status, 0);
});

test("of another application or seller, of no order, of another amount: refused, to be sent again", async () => {
  const outTradeNo = await unpaidOrder();
  await alipay.refused(notice(payment(outTradeNo, { app_id: "2021000000000002" })), "merchant_differs");
  await alipay.refused(notice(payment(outTradeNo, { seller_id: "2088000000000000" })), "merchant_differs");
  await alipay.refused(notice(payment(outTradeNo, { total_amount: "0.01" })), "amount_differs");
  await alipay.refused(notice(payment(newNumber())), "order_unknown");
  assert.equal((await service.order(outTradeNo)).status, 0);
});
