// Alipay's notices: payments, refunds, and what pays nothing.
#include "receive/alipay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fields_of.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

using verify::fields_of;
using verify::with;
using verify::without;

AlipayOptions options() {
  return {.account = "shop",
          .app_ids = {"2014000000000000", "2015102700040153"},
          .seller_id = "2088102119685838",
          .public_keys = {verify::RsaSigner::first().bare_base64()}};
}

std::shared_ptr<const Source> source() {
  return made(make_alipay_source(options()));
}

TestRequest signed_notice(const Fields& fields, const verify::RsaSigner& signer = verify::RsaSigner::first()) {
  const std::string text = verify::sorted_fields_text(fields, {"sign", "sign_type"}, verify::EmptyValues::kKept);
  return {.body = form_of(with(with(fields, "sign_type", "RSA2"), "sign", signer.sign_base64(text)))};
}

// The documentation's example.
Fields payment() {
  return fields_of({{"gmt_create", "2015-11-27 15:45:57"},
                    {"gmt_payment", "2015-11-27 15:45:57"},
                    {"notify_time", "2015-11-27 15:45:58"},
                    {"subject", "贝尔金护腕式"},
                    {"charset", "utf-8"},
                    {"seller_id", "2088102119685838"},
                    {"app_id", "2015102700040153"},
                    {"notify_type", "trade_status_sync"},
                    {"notify_id", "4a91b7a78a503640467525113fb7d8bg8e"},
                    {"trade_no", "2015112721001004930200121590"},
                    {"out_trade_no", "21repl2ac2eOutTradeNo322"},
                    {"total_amount", "88.8"},
                    {"receipt_amount", "80.00"},
                    {"trade_status", "TRADE_SUCCESS"},
                    {"body", ""}});
}

Fields refund() {
  return with(with(with(payment(), "refund_fee", "30.05"), "gmt_refund", "2015-11-28 09:00:00.123"), "out_biz_no",
              "HZRF001");
}

TEST(AlipaySource, ListensWhereTheAccountSays) {
  EXPECT_EQ(source()->paths(), std::vector<std::string>{"/notify/alipay/shop"});
  expect_probes_answered(*source());
}

TEST(AlipaySource, APaymentPaysItsOrder) {
  for (const char* status : {"TRADE_SUCCESS", "TRADE_FINISHED"}) {
    const Notice notice = notice_of(*source(), signed_notice(with(payment(), "trade_status", status)));
    EXPECT_EQ(notice.event_type, status);
    EXPECT_EQ(notice.result_code, status);
    EXPECT_EQ(notice.idempotency_key, "4a91b7a78a503640467525113fb7d8bg8e");
    EXPECT_EQ(keys_of(notice, "transaction_id"), "2015112721001004930200121590");
    EXPECT_EQ(keys_of(notice, "out_trade_no"), "21repl2ac2eOutTradeNo322");
    EXPECT_EQ(keys_of(notice, "notify_id"), "4a91b7a78a503640467525113fb7d8bg8e");
    const store::PaymentEffect& effect = payment_of(notice);
    EXPECT_EQ(effect.out_trade_no, "21repl2ac2eOutTradeNo322");
    EXPECT_EQ(effect.transaction_id, "2015112721001004930200121590");
    EXPECT_EQ(effect.provider, "alipay");
    EXPECT_EQ(effect.merchant, "2015102700040153");
    EXPECT_EQ(effect.total_fee, 8880);
    EXPECT_EQ(effect.currency, "CNY");
    EXPECT_EQ(to_rfc3339(effect.paid_at), "2015-11-27T07:45:57.000000Z");
    ASSERT_TRUE(notice.caused);
    EXPECT_EQ(notice.caused->event_type, "payment.succeeded");
    EXPECT_TRUE(notice.caused->payload.starts_with(
        R"({"out_trade_no":"21repl2ac2eOutTradeNo322","transaction_id":"2015112721001004930200121590",)"
        R"("provider":"alipay","merchant":"2015102700040153","total_fee":8880,"currency":"CNY",)"
        R"("paid_at":"2015-11-27T07:45:57.000000Z","notice":{"gmt_create":"2015-11-27 15:45:57",)"))
        << notice.caused->payload;
  }
}

TEST(AlipaySource, TheClearBodyIsTheFormWithoutItsSignature) {
  const Notice notice = notice_of(*source(), signed_notice(fields_of({{"app_id", "2015102700040153"},
                                                                      {"trade_status", "WAIT_BUYER_PAY"},
                                                                      {"trade_no", "1"},
                                                                      {"out_trade_no", "2"},
                                                                      {"subject", "a&b=\"c\""},
                                                                      {"body", "\xb1\xb4"}})));
  EXPECT_EQ(notice.clear_body, R"({"app_id":"2015102700040153","trade_status":"WAIT_BUYER_PAY","trade_no":"1",)"
                               "\"out_trade_no\":\"2\",\"subject\":\"a&b=\\\"c\\\"\",\"body\":\"\ufffd\ufffd\"}");
}

// The signature is over the bytes in the merchant's charset; who gets the event reads UTF-8.
TEST(AlipaySource, GbkIsHandedOnAsUtf8) {
  for (const char* charset : {"GBK", "gbk", "GB2312", "gb18030"}) {
    const Notice notice = notice_of(
        *source(), signed_notice(with(with(with(payment(), "charset", charset), "subject", "\xb2\xe2\xca\xd4 a"),
                                      "body", "\x81\x30\x81")));
    EXPECT_THAT(notice.caused->payload, testing::HasSubstr(R"("subject":"测试 a")")) << charset;
    EXPECT_THAT(notice.caused->payload, testing::HasSubstr("\"body\":\"\ufffd0\ufffd\"")) << "is not what it says";
    EXPECT_EQ(payment_of(notice).total_fee, 8880);
  }
  const Notice notice =
      notice_of(*source(), signed_notice(with(with(payment(), "charset", "utf-8"), "subject", "\xb2\xe2")));
  EXPECT_THAT(notice.caused->payload, testing::HasSubstr("\"subject\":\"\ufffd\ufffd\"")) << "nothing is guessed";
}

TEST(AlipaySource, WhatIsNotPaidHasNoEffect) {
  for (const char* status : {"WAIT_BUYER_PAY", "TRADE_CLOSED", "SOMETHING_NEW"}) {
    const Notice notice = notice_of(*source(), signed_notice(with(payment(), "trade_status", status)));
    EXPECT_TRUE(has_no_effect(notice)) << status;
    EXPECT_EQ(notice.event_type, status);
  }
  const Notice no_refund = notice_of(*source(), signed_notice(with(payment(), "refund_fee", "0.00")));
  EXPECT_EQ(payment_of(no_refund).total_fee, 8880);
}

TEST(AlipaySource, ARefundTellsWhatAllOfThemComeTo) {
  for (const char* status : {"TRADE_SUCCESS", "TRADE_CLOSED"}) {
    const Notice notice = notice_of(*source(), signed_notice(with(refund(), "trade_status", status)));
    EXPECT_EQ(notice.event_type, "REFUND");
    EXPECT_EQ(notice.result_code, status);
    EXPECT_EQ(keys_of(notice, "refund_no"), "HZRF001");
    const store::RefundEffect& effect = refund_of(notice);
    EXPECT_EQ(effect.out_trade_no, "21repl2ac2eOutTradeNo322");
    EXPECT_EQ(effect.out_refund_no, "HZRF001");
    EXPECT_EQ(effect.provider, "alipay");
    EXPECT_EQ(effect.merchant, "2015102700040153");
    EXPECT_EQ(effect.refund_fee, 3005);
    EXPECT_TRUE(effect.is_total);
    ASSERT_TRUE(notice.caused);
    EXPECT_EQ(notice.caused->event_type, "payment.refunded");
    EXPECT_TRUE(notice.caused->payload.starts_with(
        R"({"out_trade_no":"21repl2ac2eOutTradeNo322","out_refund_no":"HZRF001",)"
        R"("transaction_id":"2015112721001004930200121590","refund_no":"","provider":"alipay",)"
        R"("merchant":"2015102700040153","refund_fee":3005,"refund_fee_is_total":true,"currency":"CNY",)"
        R"("refunded_at":"2015-11-28T01:00:00.123000Z","notice":{)"))
        << notice.caused->payload;
  }
}

TEST(AlipaySource, RefundsAreToldApartWithoutNotifyId) {
  const auto key = [](const Fields& fields) {
    return notice_of(*source(), signed_notice(without(fields, "notify_id"))).idempotency_key;
  };
  EXPECT_EQ(key(payment()), "2015112721001004930200121590/TRADE_SUCCESS//");
  EXPECT_EQ(key(refund()), "2015112721001004930200121590/REFUND/HZRF001/30.05");
  EXPECT_NE(key(refund()), key(with(refund(), "refund_fee", "60.10")));
  // Sent again, it says when that was.
  EXPECT_EQ(key(payment()), key(with(payment(), "notify_time", "2015-11-27 16:45:58")));
}

TEST(AlipaySource, RefusesWhatIsNotItsOwn) {
  EXPECT_EQ(refusal(*source(), signed_notice(with(payment(), "app_id", "2015102700040154"))), "merchant_differs");
  EXPECT_EQ(refusal(*source(), signed_notice(without(payment(), "app_id"))), "merchant_differs");
  EXPECT_EQ(refusal(*source(), signed_notice(with(payment(), "seller_id", "2088102119685839"))), "merchant_differs");
  AlipayOptions any_seller = options();
  any_seller.seller_id = "";
  EXPECT_EQ(refusal(*made(make_alipay_source(any_seller)), signed_notice(with(payment(), "seller_id", "1"))), "");
}

TEST(AlipaySource, RefusesWhatWasChanged) {
  TestRequest changed = signed_notice(payment());
  changed.body.replace(changed.body.find("88%2e8"), 6, "99%2e9");
  EXPECT_EQ(refusal(*source(), changed), "signature_mismatch");
  EXPECT_EQ(refusal(*source(), signed_notice(payment(), verify::RsaSigner::second())), "signature_mismatch");
  EXPECT_EQ(refusal(*source(), {.body = form_of(payment())}), "signature_missing");
  EXPECT_EQ(refusal(*source(), {.body = "a=%"}), "form_invalid");
  EXPECT_EQ(refusal(*source(), {.body = "a=1&a=2"}), "form_invalid");
}

TEST(AlipaySource, RefusesWhatLacksAFieldOrHasABadOne) {
  for (const char* name : {"trade_status", "trade_no", "out_trade_no", "total_amount"}) {
    EXPECT_EQ(refusal(*source(), signed_notice(without(payment(), name))), "field_missing") << name;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"total_amount", "88.801"}, {"total_amount", "88.800"},
      {"total_amount", "-1"},     {"total_amount", "1e2"},
      {"total_amount", "1,000"},  {"total_amount", "."},
      {"total_amount", "1."},     {"gmt_payment", "2015-02-30 00:00:00"},
  };
  for (const auto& [name, value] : bad) {
    EXPECT_EQ(refusal(*source(), signed_notice(with(payment(), name, value))), "field_invalid") << name << ' ' << value;
  }
  EXPECT_EQ(refusal(*source(), signed_notice(with(refund(), "refund_fee", "1.001"))), "field_invalid");
}

TEST(AlipaySource, AnswersByteForByte) {
  EXPECT_EQ(accepted_answer(*source()), (Answered{200, "success"}));
  EXPECT_EQ(duplicate_answer(*source()), (Answered{200, "success"}));
  EXPECT_EQ(rejected_answer(*source(), "signature_mismatch"), (Answered{200, "fail"}));
  EXPECT_EQ(unavailable_answer(*source()), (Answered{503, "fail"}));
}

TEST(AlipaySource, IsNotMadeWithoutAppIdOrKey) {
  AlipayOptions no_app = options();
  no_app.app_ids = {};
  EXPECT_EQ(make_alipay_source(no_app).error().code, "source_options_invalid");
  no_app.app_ids = {""};
  EXPECT_EQ(make_alipay_source(no_app).error().code, "source_options_invalid");
  AlipayOptions no_key = options();
  no_key.public_keys = {};
  EXPECT_EQ(make_alipay_source(no_key).error().code, "public_key_invalid");
}

}  // namespace
}  // namespace yizhan::receive
