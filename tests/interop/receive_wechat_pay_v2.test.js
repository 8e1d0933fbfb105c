// WeChat Pay v2: XML notices signed, and refunds encrypted, by wechatpay-axios-plugin.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { Aes, Formatter, Hash, Transformer } from "wechatpay-axios-plugin";

import { Sender, isUnsigned, spoil } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";

const MERCHANT = "10000100";
const APP = "wx2421b1c4370ec43b";

const answerOf = (status, code, message) => ({
  status,
  type: "text/xml; charset=utf-8",
  body: `<xml><return_code><![CDATA[${code}]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`,
});
const dialect = {
  taken: () => answerOf(200, "SUCCESS", "OK"),
  refused: ({ reason }) => answerOf(isUnsigned(reason) ? 401 : 400, "FAIL", reason),
};
const apiKeys = { now: randomBytes(16).toString("hex"), next: randomBytes(16).toString("hex") };
let subscriber;
let service;
let wechat;

before(async () => {
  subscriber = await Subscriber.start("shop");
  service = await Service.start(subscriber.platforms(), {
    sources: { wxpay: { platform: "shop", mch_id: MERCHANT, app_id: APP, secrets: [apiKeys.now, apiKeys.next] } },
  });
  wechat = new Sender(service, { source: "wxpay", path: "/notify/wxpay/wxpay", dialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const newNumber = () => randomBytes(12).toString("hex");

function payment(outTradeNo, changes = {}) {
  return {
    appid: APP,
    attach: "驿站 <附加> & 数据",
    bank_type: "CFT",
    cash_fee: "100",
    coupon_fee: "",
    fee_type: "CNY",
    is_subscribe: "Y",
    mch_id: MERCHANT,
    nonce_str: Formatter.nonce(),
    openid: "oUpF8uMEb4qRXf22hE3X68TekukE",
    out_trade_no: outTradeNo,
    result_code: "SUCCESS",
    return_code: "SUCCESS",
    time_end: "20240520132935",
    total_fee: "100",
    trade_type: "JSAPI",
    transaction_id: `4200${newNumber()}`,
    ...changes,
  };
}

function xml(fields) {
  return { headers: { "content-type": "text/xml" }, body: Buffer.from(Transformer.toXml(fields)) };
}

function signed(fields, { algorithm = Hash.ALGO_MD5, key = apiKeys.now } = {}) {
  return { ...fields, sign: Hash.sign(algorithm, fields, key) };
}

const notice = (fields, options) => xml(signed(fields, options));

const unpaidOrder = () => service.newOrder(100);

/** What the shop was told by events of this type. */
const told = (eventType) => subscriber.toldDocuments(service, "shop", { event_type: eventType });

test("a payment pays its order once, however often it is told", async () => {
  const outTradeNo = await unpaidOrder();
  const fields = payment(outTradeNo);
  const line = { outTradeNo, transactionId: fields.transaction_id, eventType: "TRANSACTION.SUCCESS" };
  await wechat.accepted(notice(fields), { ...line, effect: "applied", resultCode: "SUCCESS" });
  await wechat.repeated(notice(fields), line);
  await wechat.repeated(notice({ ...fields, nonce_str: Formatter.nonce() }), line);

  const order = await service.order(outTradeNo);
  assert.equal(order.status, 1);
  assert.equal(order.transaction_id, fields.transaction_id);
  const [{ notice: clear, ...paid }, ...others] = await told("payment.succeeded");
  assert.equal(others.length, 0);
  assert.deepEqual(paid, {
    out_trade_no: outTradeNo,
    transaction_id: fields.transaction_id,
    provider: "wxpay",
    merchant: MERCHANT,
    total_fee: 100,
    currency: "CNY",
    paid_at: "2024-05-20T05:29:35.000000Z",
  });
  assert.deepEqual(clear, fields);
});

test("HMAC-SHA256, named or told by its length, and the next key are as good", async () => {
  const algorithm = Hash.ALGO_HMAC_SHA256;
  const named = payment(await unpaidOrder(), { sign_type: algorithm });
  await wechat.accepted(notice(named, { algorithm }), { effect: "applied" });
  await wechat.accepted(notice(payment(await unpaidOrder()), { algorithm, key: apiKeys.next }), { effect: "applied" });
});

test("a payment that failed is taken and pays nothing", async () => {
  const outTradeNo = await unpaidOrder();
  const failed = payment(outTradeNo, { result_code: "FAIL", err_code: "SYSTEMERROR", err_code_des: "系统错误" });
  await wechat.accepted(notice(failed), { eventType: "TRANSACTION.FAIL", resultCode: "FAIL" });
  assert.equal((await service.order(outTradeNo)).status, 0);
});

test("what was changed, and what another signed, is refused and pays nothing", async () => {
  const outTradeNo = await unpaidOrder();
  const good = signed(payment(outTradeNo));
  for (const [what, fields] of [
    ["the amount", { ...good, total_fee: "1" }],
    ["a field more", { ...good, device_info: "1" }],
    ["a field less", Object.fromEntries(Object.entries(good).filter(([name]) => name !== "attach"))],
    ["the signature", { ...good, sign: spoil(good.sign) }],
    ["the key", signed(payment(outTradeNo), { key: randomBytes(16).toString("hex") })],
    ["the algorithm", { ...good, sign_type: Hash.ALGO_HMAC_SHA256 }],
  ]) {
    const reason = what === "the algorithm" ? "signature_malformed" : "signature_mismatch";
    await wechat.refused({ what, ...xml(fields) }, reason);
  }
  const { sign, ...without } = good;
  assert.ok(sign);
  await wechat.refused(xml(without), "signature_missing");
  await wechat.refused({ ...xml(good), body: "<xml><a>1</a>" }, "xml_invalid");
  await wechat.refused({ ...xml(good), body: '<!DOCTYPE xml [<!ENTITY a "b">]><xml><a>&a;</a></xml>' }, "xml_invalid");
  assert.equal((await service.order(outTradeNo)).status, 0);
  await wechat.accepted(xml(good), { effect: "applied" });
});

test("of another merchant, of no order, of another amount: refused, to be sent again", async () => {
  const outTradeNo = await unpaidOrder();
  await wechat.refused(notice(payment(outTradeNo, { mch_id: "10000101" })), "merchant_differs");
  await wechat.refused(notice(payment(outTradeNo, { appid: "wx0000000000000000" })), "merchant_differs");
  await wechat.refused(notice(payment(outTradeNo, { total_fee: "1" })), "amount_differs");
  await wechat.refused(notice(payment(newNumber())), "order_unknown");
  assert.equal((await service.order(outTradeNo)).status, 0);
});

function refundNotice(inner, { key = apiKeys.now } = {}) {
  const text = Transformer.toXml(inner)
    .replace(/^<xml>/, "<root>")
    .replace(/<\/xml>$/, "</root>");
  // The library leaves the padding out where it would be a whole block; WeChat Pay, as PKCS#7 has it, does not.
  const whole = Buffer.byteLength(text) % 16 === 0 ? `${text}\n` : text;
  const secret = createHash("md5").update(key).digest("hex");
  return xml({
    return_code: "SUCCESS",
    appid: APP,
    mch_id: MERCHANT,
    nonce_str: Formatter.nonce(),
    req_info: Aes.AesEcb.encrypt(whole, secret),
  });
}

test("an encrypted refund is counted once, under the right key only", async () => {
  const outTradeNo = await unpaidOrder();
  const paid = payment(outTradeNo);
  await wechat.accepted(notice(paid), { effect: "applied" });
  const refund = {
    out_refund_no: newNumber(),
    out_trade_no: outTradeNo,
    refund_account: "REFUND_SOURCE_RECHARGE_FUNDS",
    refund_fee: "100",
    refund_id: `5030${newNumber()}`,
    refund_recv_accout: "支付用户零钱",
    refund_request_source: "API",
    refund_status: "SUCCESS",
    settlement_refund_fee: "100",
    settlement_total_fee: "100",
    success_time: "2024-05-21 08:00:00",
    total_fee: "100",
    transaction_id: paid.transaction_id,
  };
  await wechat.refused(refundNotice(refund, { key: randomBytes(16).toString("hex") }), "decryption_failed");
  await wechat.accepted(refundNotice(refund), { eventType: "REFUND.SUCCESS", effect: "applied", outTradeNo });
  await wechat.repeated(refundNotice(refund));
  const order = await service.order(outTradeNo);
  assert.equal(order.status, 3);
  assert.equal(order.refund_fee, 100);
  const [{ notice: clear, ...refunded }, ...others] = await told("payment.refunded");
  assert.equal(others.length, 0);
  assert.deepEqual(refunded, {
    out_trade_no: outTradeNo,
    out_refund_no: refund.out_refund_no,
    transaction_id: paid.transaction_id,
    refund_no: refund.refund_id,
    provider: "wxpay",
    merchant: MERCHANT,
    refund_fee: 100,
    refund_fee_is_total: false,
    currency: "CNY",
    refunded_at: "2024-05-21T00:00:00.000000Z",
  });
  assert.equal(clear.refund_recv_accout, refund.refund_recv_accout);
});
