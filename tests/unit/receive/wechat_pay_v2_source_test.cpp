// WeChat Pay v2 notices, from the XML to what they say, and the answers to them.
#include <gtest/gtest.h>

#include "fields_of.h"
#include "receive/wechat_pay.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

using verify::fields_of;
using verify::with;
using verify::without;

constexpr const char* kKey = "192006250b4c09247ec02edce69f6a2d";
constexpr const char* kOldKey = "8934e7d15453e97507ef794cf7b0519d";

std::shared_ptr<const Source> source(std::vector<std::string> keys = {kKey}) {
  return made(make_wechat_pay_source({.account = "shop",
                                      .merchant_id = "10000100",
                                      .app_ids = {"wx2421b1c4370ec43b"},
                                      .api_v2_keys = std::move(keys)}));
}

std::string xml_of(const Fields& fields, const std::string& root = "xml") {
  std::string xml = "<" + root + ">";
  for (const ReceivedField& field : fields) {
    xml += "<" + field.name + "><![CDATA[" + field.value + "]]></" + field.name + ">";
  }
  return xml + "</" + root + ">";
}

TestRequest signed_notice(const Fields& fields, std::string_view key = kKey) {
  std::string text = verify::sorted_fields_text(fields, {"sign"}, verify::EmptyValues::kDropped);
  text += "&key=";
  text += key;
  return {.body = xml_of(with(fields, "sign", verify::md5_hex(text)))};
}

// The documentation's example, of an order of one yuan.
Fields payment() {
  return fields_of({{"appid", "wx2421b1c4370ec43b"},
                    {"attach", "支付测试"},
                    {"bank_type", "CFT"},
                    {"fee_type", "CNY"},
                    {"is_subscribe", "Y"},
                    {"mch_id", "10000100"},
                    {"nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"},
                    {"openid", "oUpF8uMEb4qRXf22hE3X68TekukE"},
                    {"out_trade_no", "1409811653"},
                    {"result_code", "SUCCESS"},
                    {"return_code", "SUCCESS"},
                    {"time_end", "20140903131540"},
                    {"total_fee", "100"},
                    {"trade_type", "JSAPI"},
                    {"transaction_id", "1004400740201409030005092168"}});
}

Fields refund() {
  return fields_of({{"out_refund_no", "131811191610442717309"},
                    {"out_trade_no", "71106718111915575302817"},
                    {"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"},
                    {"refund_fee", "3960"},
                    {"refund_id", "50000408942018111907145868882"},
                    {"refund_status", "SUCCESS"},
                    {"settlement_refund_fee", "3900"},
                    {"success_time", "2018-11-19 16:24:13"},
                    {"total_fee", "3960"},
                    {"transaction_id", "4200000215201811190261405420"}});
}

TestRequest encrypted_refund(const Fields& inner, std::string_view key = kKey) {
  const std::string encrypted = verify::aes_encrypted("AES-256-ECB", verify::md5_hex(key), xml_of(inner, "root"));
  return {.body = xml_of(fields_of({{"return_code", "SUCCESS"},
                                    {"appid", "wx2421b1c4370ec43b"},
                                    {"mch_id", "10000100"},
                                    {"nonce_str", "TeqClE3i0mvn3DrK"},
                                    {"req_info", verify::base64_text(encrypted)}}))};
}

TEST(WechatPayV2Source, ListensWhereTheAccountSays) {
  EXPECT_EQ(source()->paths(), std::vector<std::string>{"/notify/wxpay/shop"});
  EXPECT_EQ(source()->answer_within(), Milliseconds{4500});
  expect_probes_answered(*source());
}

TEST(WechatPayV2Source, APaymentPaysItsOrder) {
  const Notice notice = notice_of(*source(), signed_notice(payment()));
  EXPECT_EQ(notice.event_type, "TRANSACTION.SUCCESS");
  EXPECT_EQ(notice.result_code, "SUCCESS");
  EXPECT_EQ(notice.idempotency_key, "payment/1004400740201409030005092168/SUCCESS");
  EXPECT_EQ(keys_of(notice, "transaction_id"), "1004400740201409030005092168");
  EXPECT_EQ(keys_of(notice, "out_trade_no"), "1409811653");
  const store::PaymentEffect& effect = payment_of(notice);
  EXPECT_EQ(effect.out_trade_no, "1409811653");
  EXPECT_EQ(effect.transaction_id, "1004400740201409030005092168");
  EXPECT_EQ(effect.provider, "wxpay");
  EXPECT_EQ(effect.merchant, "10000100");
  EXPECT_EQ(effect.total_fee, 100);
  EXPECT_EQ(effect.currency, "CNY");
  // UTC+8: 13:15:40 there is 05:15:40 here.
  EXPECT_EQ(to_rfc3339(effect.paid_at), "2014-09-03T05:15:40.000000Z");
}

TEST(WechatPayV2Source, ThePaymentsEventByteForByte) {
  const Fields fields = fields_of({{"mch_id", "10000100"},
                                   {"out_trade_no", "T\"1"},
                                   {"result_code", "SUCCESS"},
                                   {"time_end", "20141030133525"},
                                   {"total_fee", "1"},
                                   {"transaction_id", "42"}});
  const Notice notice = notice_of(*source(), signed_notice(fields));
  ASSERT_TRUE(notice.caused);
  EXPECT_EQ(notice.caused->event_type, "payment.succeeded");
  EXPECT_EQ(notice.caused->payload,
            R"({"out_trade_no":"T\"1","transaction_id":"42","provider":"wxpay","merchant":"10000100","total_fee":1,)"
            R"("currency":"CNY","paid_at":"2014-10-30T05:35:25.000000Z","notice":{"mch_id":"10000100",)"
            R"("out_trade_no":"T\"1","result_code":"SUCCESS","time_end":"20141030133525","total_fee":"1",)"
            R"("transaction_id":"42"}})");
  EXPECT_EQ(notice.clear_body,
            R"({"mch_id":"10000100","out_trade_no":"T\"1","result_code":"SUCCESS","time_end":"20141030133525",)"
            R"("total_fee":"1","transaction_id":"42"})");
}

TEST(WechatPayV2Source, ARepeatedNoticeHasTheSameKey) {
  const Notice first = notice_of(*source(), signed_notice(payment()));
  const Notice again = notice_of(*source(), signed_notice(with(payment(), "nonce_str", "another")));
  EXPECT_EQ(first.idempotency_key, again.idempotency_key);
}

TEST(WechatPayV2Source, NewFieldsAreSignedAndPassedOn) {
  const Notice notice = notice_of(*source(), signed_notice(with(payment(), "coupon_id_0", "2000000")));
  EXPECT_NE(notice.clear_body->find(R"("coupon_id_0":"2000000")"), std::string::npos);
}

TEST(WechatPayV2Source, AnyKeyInForceWillDo) {
  const auto both = source({kKey, kOldKey});
  EXPECT_EQ(refusal(*both, signed_notice(payment(), kOldKey)), "");
  EXPECT_EQ(refusal(*both, encrypted_refund(refund(), kOldKey)), "");
  EXPECT_EQ(refusal(*source(), signed_notice(payment(), kOldKey)), "signature_mismatch");
  EXPECT_EQ(refusal(*source(), encrypted_refund(refund(), kOldKey)), "decryption_failed");
}

TEST(WechatPayV2Source, AFailedPaymentIsTakenWithoutEffect) {
  const Fields failed = without(without(with(payment(), "result_code", "FAIL"), "transaction_id"), "time_end");
  const Notice notice = notice_of(*source(), signed_notice(failed));
  EXPECT_TRUE(has_no_effect(notice));
  EXPECT_EQ(notice.event_type, "TRANSACTION.FAIL");
  EXPECT_EQ(notice.result_code, "FAIL");
  EXPECT_EQ(notice.idempotency_key, "payment/1409811653/FAIL");
  EXPECT_TRUE(notice.clear_body);
}

TEST(WechatPayV2Source, APartnersNoticeNamesWhoWasPaid) {
  EXPECT_EQ(payment_of(notice_of(*source(), signed_notice(with(payment(), "sub_mch_id", "10000200")))).merchant,
            "10000200");
}

TEST(WechatPayV2Source, RefusesWhatIsNotItsOwn) {
  EXPECT_EQ(refusal(*source(), signed_notice(with(payment(), "mch_id", "10000101"))), "merchant_differs");
  EXPECT_EQ(refusal(*source(), signed_notice(without(payment(), "mch_id"))), "merchant_differs");
  EXPECT_EQ(refusal(*source(), signed_notice(with(payment(), "appid", "wx0000000000000000"))), "merchant_differs");
}

TEST(WechatPayV2Source, RefusesWhatWasChanged) {
  TestRequest changed = signed_notice(payment());
  changed.body.replace(changed.body.find("[100]"), 5, "[999]");
  EXPECT_EQ(refusal(*source(), changed), "signature_mismatch");
  EXPECT_EQ(refusal(*source(), {.body = xml_of(payment())}), "signature_missing");
  EXPECT_EQ(refusal(*source(), {.body = "<xml>"}), "xml_invalid");
  EXPECT_EQ(refusal(*source(), {.body = R"({"id":"1"})"}), "version_not_configured");
  EXPECT_EQ(refusal(*source(), {.body = ""}), "version_not_configured");
}

TEST(WechatPayV2Source, RefusesWhatLacksAFieldOrHasABadOne) {
  for (const char* name : {"result_code", "out_trade_no", "transaction_id", "total_fee", "time_end"}) {
    EXPECT_EQ(refusal(*source(), signed_notice(without(payment(), name))), "field_missing") << name;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"total_fee", "1.00"},          {"total_fee", "-1"},
      {"total_fee", "1e2"},           {"total_fee", "1234567890123456"},
      {"time_end", "20140931131540"}, {"time_end", "2014-09-03 13:15:40"},
      {"out_trade_no", "a\tb"},       {"transaction_id", "\x7f"},
  };
  for (const auto& [name, value] : bad) {
    EXPECT_EQ(refusal(*source(), signed_notice(with(payment(), name, value))), "field_invalid") << name << ' ' << value;
  }
}

TEST(WechatPayV2Source, ARefundRefundsItsOrder) {
  const Notice notice = notice_of(*source(), encrypted_refund(refund()));
  EXPECT_EQ(notice.event_type, "REFUND.SUCCESS");
  EXPECT_EQ(notice.idempotency_key, "refund/50000408942018111907145868882/SUCCESS");
  EXPECT_EQ(keys_of(notice, "refund_no"), "131811191610442717309 50000408942018111907145868882");
  EXPECT_EQ(keys_of(notice, "transaction_id"), "4200000215201811190261405420");
  EXPECT_EQ(keys_of(notice, "out_trade_no"), "71106718111915575302817");
  const store::RefundEffect& effect = refund_of(notice);
  EXPECT_EQ(effect.out_trade_no, "71106718111915575302817");
  EXPECT_EQ(effect.out_refund_no, "131811191610442717309");
  EXPECT_EQ(effect.provider, "wxpay");
  EXPECT_EQ(effect.merchant, "10000100");
  EXPECT_EQ(effect.refund_fee, 3960);
  EXPECT_FALSE(effect.is_total);
  ASSERT_TRUE(notice.caused);
  EXPECT_EQ(notice.caused->event_type, "payment.refunded");
  EXPECT_TRUE(notice.caused->payload.starts_with(
      R"({"out_trade_no":"71106718111915575302817","out_refund_no":"131811191610442717309",)"
      R"("transaction_id":"4200000215201811190261405420","refund_no":"50000408942018111907145868882",)"
      R"("provider":"wxpay","merchant":"10000100","refund_fee":3960,"refund_fee_is_total":false,"currency":"CNY",)"
      R"("refunded_at":"2018-11-19T08:24:13.000000Z","notice":{"out_refund_no":"131811191610442717309",)"))
      << notice.caused->payload;
  EXPECT_EQ(notice.clear_body->find("req_info"), std::string::npos);
  EXPECT_NE(notice.clear_body->find(R"("mch_id":"10000100")"), std::string::npos);
}

TEST(WechatPayV2Source, ARefundThatDidNotSucceedHasNoEffect) {
  const std::pair<const char*, const char*> ends[] = {{"CHANGE", "REFUND.ABNORMAL"}, {"REFUNDCLOSE", "REFUND.CLOSED"}};
  for (const auto& [status, event_type] : ends) {
    const Notice notice =
        notice_of(*source(), encrypted_refund(without(with(refund(), "refund_status", status), "success_time")));
    EXPECT_TRUE(has_no_effect(notice));
    EXPECT_EQ(notice.event_type, event_type);
    EXPECT_EQ(notice.idempotency_key, std::string("refund/50000408942018111907145868882/") + status);
  }
}

// What stands around the encrypted part is not signed: it must not outweigh what is inside.
TEST(WechatPayV2Source, TheEncryptedFieldsOfARefundWin) {
  TestRequest forged = encrypted_refund(refund());
  forged.body.insert(forged.body.find("<appid>"), "<out_trade_no>forged</out_trade_no><refund_fee>1</refund_fee>");
  const Notice notice = notice_of(*source(), forged);
  EXPECT_EQ(refund_of(notice).out_trade_no, "71106718111915575302817");
  EXPECT_EQ(refund_of(notice).refund_fee, 3960);
  EXPECT_EQ(notice.clear_body->find("forged"), std::string::npos);
}

TEST(WechatPayV2Source, RefusesBadRefunds) {
  for (const char* name :
       {"refund_status", "refund_id", "out_refund_no", "out_trade_no", "transaction_id", "refund_fee"}) {
    EXPECT_EQ(refusal(*source(), encrypted_refund(without(refund(), name))), "field_missing") << name;
  }
  TestRequest other = encrypted_refund(refund());
  other.body.replace(other.body.find("10000100"), 8, "10000101");
  EXPECT_EQ(refusal(*source(), other), "merchant_differs");
  TestRequest cut = encrypted_refund(refund());
  cut.body.replace(cut.body.find("<req_info><![CDATA["), 19, "<req_info><![CDATA[!");
  EXPECT_EQ(refusal(*source(), cut), "ciphertext_malformed");
}

TEST(WechatPayV2Source, AnswersByteForByte) {
  const std::string success =
      "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>";
  EXPECT_EQ(accepted_answer(*source()), (Answered{200, success}));
  EXPECT_EQ(duplicate_answer(*source()), (Answered{200, success}));
  EXPECT_EQ(rejected_answer(*source(), "signature_mismatch"),
            (Answered{401,
                      "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[signature_mismatch]]>"
                      "</return_msg></xml>"}));
  EXPECT_EQ(rejected_answer(*source(), "order_unknown"),
            (Answered{400,
                      "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[order_unknown]]>"
                      "</return_msg></xml>"}));
  EXPECT_EQ(unavailable_answer(*source()),
            (Answered{503,
                      "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[store_unavailable]]>"
                      "</return_msg></xml>"}));
}

TEST(WechatPayV2Source, IsNotMadeWithoutKeys) {
  EXPECT_EQ(make_wechat_pay_source({.account = "shop", .merchant_id = "1"}).error().code, "source_options_invalid");
  EXPECT_EQ(make_wechat_pay_source({.account = "a/b", .merchant_id = "1", .api_v2_keys = {kKey}}).error().code,
            "source_name_invalid");
  EXPECT_EQ(make_wechat_pay_source({.account = "shop", .merchant_id = "1", .api_v2_keys = {" "}}).error().code,
            "secret_invalid");
}

}  // namespace
}  // namespace yizhan::receive
