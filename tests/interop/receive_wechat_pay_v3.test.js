// WeChat Pay v3: notices signed and encrypted by wechatpay-axios-plugin pay and refund orders.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Aes, Formatter, Rsa } from "wechatpay-axios-plugin";

import { tamperedCopies } from "./platform_server.js";
import { Sender, isUnsigned, now, spoil, staleTimes, withHeader, withoutHeader } from "./sender.js";
import { Service } from "./service.js";
import { Subscriber } from "./subscriber.js";
import { newCertificate, newPublicKey } from "./wechat_pay_keys.js";

const MERCHANT = "1900007291";
const APP = "wxd678efh567hg6787";
const SIGNED_HEADERS = { timestampHeader: "wechatpay-timestamp" };

const dialect = {
  taken: () => ({ status: 200, body: "" }),
  refused: ({ reason }) => ({
    status: isUnsigned(reason) ? 401 : 400,
    type: "application/json; charset=utf-8",
    body: `{"code":"FAIL","message":"${reason}"}`,
  }),
};
const keys = { public: newPublicKey(), certificate: newCertificate(), stranger: newPublicKey() };
const apiV3Keys = { now: randomBytes(16).toString("hex"), next: randomBytes(16).toString("hex") };
let subscriber;
let service;
let wechat;

before(async () => {
  subscriber = await Subscriber.start("shop", "gateway");
  service = await Service.start(subscriber.platforms(), {
    sources: {
      wxpay: {
        account: "main",
        platform: "shop",
        mch_id: MERCHANT,
        app_id: APP,
        secret: randomBytes(16).toString("hex"),
        api_v3_keys: [apiV3Keys.now, apiV3Keys.next],
        public_key_file: "platform_public_key.pem",
        public_key_id: keys.public.id,
        certificate_file: "platform_certificate.pem",
      },
    },
    routes: [
      { source: "wxpay", event_type: "TRANSACTION.*", where: ["resource.amount.total = 100"], platform: "gateway" },
    ],
    files: { "platform_public_key.pem": keys.public.pem, "platform_certificate.pem": keys.certificate.pem },
  });
  wechat = new Sender(service, { source: "wxpay", path: "/notify/wxpay/main", dialect });
});

after(async () => {
  await service?.stop();
  await subscriber?.stop();
});

const newNumber = () => randomBytes(12).toString("hex");
const newTransactionId = () => `42${String(Date.now())}${String(Math.random()).slice(2, 14)}`;

function payment(outTradeNo, { total = 100, merchant = MERCHANT, app = APP, transactionId = newTransactionId() } = {}) {
  return {
    mchid: merchant,
    appid: app,
    out_trade_no: outTradeNo,
    transaction_id: transactionId,
    trade_type: "JSAPI",
    trade_state: "SUCCESS",
    trade_state_desc: "支付成功",
    bank_type: "CMC",
    attach: '驿站 "附加" \\ 数据',
    success_time: "2024-05-20T13:29:35+08:00",
    payer: { openid: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
    amount: { total, payer_total: total, currency: "CNY", payer_currency: "CNY" },
    later_field: { anything: [1, 2.5] },
  };
}

function encrypt(resource, originalType, { apiV3Key = apiV3Keys.now, associatedData = originalType } = {}) {
  const nonce = Formatter.nonce(12);
  return {
    original_type: originalType,
    algorithm: "AEAD_AES_256_GCM",
    ciphertext: Aes.AesGcm.encrypt(JSON.stringify(resource), apiV3Key, nonce, associatedData),
    associated_data: associatedData,
    nonce,
  };
}

function signed(body, { key = keys.public, seconds = now() } = {}) {
  const nonce = Formatter.nonce();
  return {
    headers: {
      "content-type": "application/json",
      "wechatpay-timestamp": String(seconds),
      "wechatpay-nonce": nonce,
      "wechatpay-serial": key.id,
      "wechatpay-signature": Rsa.sign(Formatter.response(seconds, nonce, body), key.privateKey),
      "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    },
    body: Buffer.from(body),
  };
}

function notice(resource, { eventType = "TRANSACTION.SUCCESS", id = randomUUID(), ...options } = {}) {
  const originalType = eventType.startsWith("REFUND") ? "refund" : "transaction";
  const body = {
    id,
    create_time: "2024-05-20T13:29:35+08:00",
    resource_type: "encrypt-resource",
    event_type: eventType,
    summary: "支付成功",
    resource: encrypt(resource, originalType, options),
  };
  return signed(JSON.stringify(body), options);
}

const unpaidOrder = (total = 100) => service.newOrder(total, MERCHANT);

/** What the platform was told by events of a selection. */
const told = (platform, selection) => subscriber.toldDocuments(service, platform, selection);

test("a payment pays its order once, however often it is told", async () => {
  const outTradeNo = await unpaidOrder();
  const resource = payment(outTradeNo);
  const id = randomUUID();
  const line = { outTradeNo, transactionId: resource.transaction_id, notifyId: id, eventType: "TRANSACTION.SUCCESS" };
  const first = notice(resource, { id });
  await wechat.accepted(first, { ...line, effect: "applied", resultCode: "SUCCESS" });
  await wechat.repeated(first, line);
  await wechat.repeated(notice(resource, { id }), line);
  // Another notice of the same payment is no repetition, and has no effect either.
  await wechat.accepted(notice(resource), { outTradeNo, effect: "already_applied" });

  const order = await service.order(outTradeNo);
  assert.equal(order.status, 1);
  assert.equal(order.transaction_id, resource.transaction_id);
  assert.equal(order.provider, "wxpay");
  const [{ notice: clear, ...paid }, ...others] = await told("shop", { event_type: "payment.succeeded" });
  assert.equal(others.length, 0);
  assert.deepEqual(paid, {
    out_trade_no: outTradeNo,
    transaction_id: resource.transaction_id,
    provider: "wxpay",
    merchant: MERCHANT,
    total_fee: 100,
    currency: "CNY",
    paid_at: "2024-05-20T05:29:35.000000Z",
  });
  assert.equal(clear.id, id);
  assert.deepEqual(clear.resource, resource);
});

test("a route hands the notice on, decrypted", async () => {
  const outTradeNo = await unpaidOrder();
  const resource = payment(outTradeNo);
  const id = randomUUID();
  await wechat.accepted(notice(resource, { id }));
  const selection = { platform: "gateway", correlation: resource.transaction_id };
  assert.deepEqual(await service.eventTypes(selection), ["wxpay.TRANSACTION.SUCCESS"]);
  const [clear] = await told("gateway", selection);
  assert.equal(clear.id, id);
  assert.equal(clear.event_type, "TRANSACTION.SUCCESS");
  assert.deepEqual(clear.resource, resource);
});

test("a certificate signs as well as a public key, and either APIv3 key encrypts", async () => {
  const resource = payment(await unpaidOrder());
  const options = { key: keys.certificate, apiV3Key: apiV3Keys.next, associatedData: "" };
  await wechat.accepted(notice(resource, options), { effect: "applied" });
});

test("a refund is counted once", async () => {
  const outTradeNo = await unpaidOrder();
  const paid = payment(outTradeNo);
  await wechat.accepted(notice(paid), { effect: "applied" });
  const refund = {
    mchid: MERCHANT,
    transaction_id: paid.transaction_id,
    out_trade_no: outTradeNo,
    refund_id: `5030${newNumber().slice(4)}`,
    out_refund_no: newNumber(),
    refund_status: "SUCCESS",
    success_time: "2024-05-21T08:00:00+08:00",
    user_received_account: "招商银行信用卡0403",
    amount: { total: 100, refund: 40, payer_total: 100, payer_refund: 40 },
  };
  const message = notice(refund, { eventType: "REFUND.SUCCESS" });
  await wechat.accepted(message, { eventType: "REFUND.SUCCESS", effect: "applied" });
  await wechat.repeated(message);
  const order = await service.order(outTradeNo);
  assert.equal(order.status, 2);
  assert.equal(order.refund_fee, 40);
  const [{ notice: clear, ...refunded }, ...others] = await told("shop", { event_type: "payment.refunded" });
  assert.equal(others.length, 0);
  assert.deepEqual(refunded, {
    out_trade_no: outTradeNo,
    out_refund_no: refund.out_refund_no,
    transaction_id: paid.transaction_id,
    refund_no: refund.refund_id,
    provider: "wxpay",
    merchant: MERCHANT,
    refund_fee: 40,
    refund_fee_is_total: false,
    currency: "CNY",
    refunded_at: "2024-05-21T00:00:00.000000Z",
  });
  assert.deepEqual(clear.resource, refund);
});

test("what was changed, and what another signed, is refused and pays nothing", async () => {
  const outTradeNo = await unpaidOrder();
  const resource = payment(outTradeNo);
  const good = notice(resource);
  const { headers } = good;
  for (const copy of tamperedCopies(good, SIGNED_HEADERS)) await wechat.refused(copy, "signature_mismatch");
  for (const [name, value, reason] of [
    ["wechatpay-signature", spoil(headers["wechatpay-signature"]), "signature_mismatch"],
    ["wechatpay-signature", "c2hvcnQ=", "signature_malformed"],
    ["wechatpay-nonce", spoil(headers["wechatpay-nonce"]), "signature_mismatch"],
    ["wechatpay-serial", keys.certificate.id, "signature_mismatch"],
    ["wechatpay-serial", keys.stranger.id, "signing_key_unknown"],
  ]) {
    await wechat.refused(withHeader(good, name, value), reason);
  }
  await wechat.refused(withoutHeader(good, "wechatpay-nonce"), "nonce_missing");
  await wechat.refused(withoutHeader(good, "wechatpay-timestamp"), "timestamp_missing");
  const impostor = { ...keys.stranger, id: keys.public.id };
  await wechat.refused(notice(payment(outTradeNo), { key: impostor }), "signature_mismatch");
  assert.equal((await service.order(outTradeNo)).status, 0);
  assert.deepEqual(await service.eventTypes({ platform: "shop", correlation: resource.transaction_id }), []);
  // The true one comes through all the same.
  await wechat.accepted(good, { effect: "applied" });
  assert.deepEqual(await service.eventTypes({ platform: "shop", correlation: resource.transaction_id }), [
    "payment.succeeded",
  ]);
});

test("a signature of another time is refused", async () => {
  for (const seconds of staleTimes()) {
    await wechat.refused(notice(payment(newNumber()), { seconds }), "timestamp_out_of_tolerance");
  }
});

test("a probe with a wrong signature is refused as one", async () => {
  const probe = notice(payment(newNumber()));
  const signature = `WECHATPAY/SIGNTEST/${probe.headers["wechatpay-signature"]}`;
  await wechat.refused(withHeader(probe, "wechatpay-signature", signature), "signature_probe");
});

test("what is signed and cannot be decrypted is refused", async () => {
  const outTradeNo = await unpaidOrder();
  const stranger = randomBytes(16).toString("hex");
  await wechat.refused(notice(payment(outTradeNo), { apiV3Key: stranger }), "decryption_failed");
  const body = JSON.parse(notice(payment(outTradeNo)).body.toString());
  body.resource.associated_data = "refund";
  await wechat.refused(signed(JSON.stringify(body)), "decryption_failed");
  assert.equal((await service.order(outTradeNo)).status, 0);
});

test("of another merchant, of no order, of another amount: refused, to be sent again", async () => {
  const outTradeNo = await unpaidOrder();
  await wechat.refused(notice(payment(outTradeNo, { merchant: "1900000001" })), "merchant_differs");
  await wechat.refused(notice(payment(outTradeNo, { app: "wx0000000000000000" })), "merchant_differs");
  await wechat.refused(notice(payment(outTradeNo, { total: 1 })), "amount_differs");
  assert.equal((await service.order(outTradeNo)).status, 0);

  const early = newNumber();
  const unknown = notice(payment(early));
  await wechat.refused(unknown, "order_unknown");
  await service.createOrder({ out_trade_no: early, total_fee: 100, merchant: MERCHANT });
  await wechat.accepted(unknown, { effect: "applied" });
  assert.equal((await service.order(early)).status, 1);
});
