// WeChat Pay v3 notices: signed, encrypted, and for an account that has v2 as well.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "receive/wechat_pay.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

constexpr const char* kApiV3Key = "0123456789abcdef0123456789abcdef";
constexpr const char* kKeyId = "PUB_KEY_ID_0114232134912410000000000000";
constexpr const char* kV2Key = "192006250b4c09247ec02edce69f6a2d";

WechatPayOptions options() {
  return {.account = "shop",
          .merchant_id = "1900000109",
          .app_ids = {"wxd678efh567hg6787"},
          .v3 = {.platform_keys = {{.id = kKeyId, .pem = verify::RsaSigner::first().public_pem()}},
                 .api_v3_keys = {kApiV3Key}}};
}

std::shared_ptr<const Source> source() {
  return made(make_wechat_pay_source(options()));
}

TestRequest signed_body(std::string body) {
  const std::string timestamp = std::to_string(kNowSeconds);
  const std::string text = timestamp + "\nNONCE\n" + body + "\n";
  return {.body = std::move(body),
          .headers = {{"Wechatpay-Timestamp", timestamp},
                      {"Wechatpay-Nonce", "NONCE"},
                      {"Wechatpay-Serial", kKeyId},
                      {"Wechatpay-Signature", verify::RsaSigner::first().sign_base64(text)}}};
}

TestRequest notice_with(std::string_view event_type, std::string_view resource, std::string_view id = "EV-1") {
  const std::string ciphertext =
      verify::base64_text(verify::aes_encrypted("AES-256-GCM", kApiV3Key, resource, "0123456789ab", "transaction"));
  return signed_body(fmt::format(
      R"({{"id":"{}","create_time":"2018-06-08T10:34:56+08:00","resource_type":"encrypt-resource","event_type":"{}",)"
      R"("summary":"支付成功","resource":{{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM",)"
      R"("ciphertext":"{}","associated_data":"transaction","nonce":"0123456789ab"}}}})",
      id, event_type, ciphertext));
}

constexpr std::string_view kTransaction =
    R"({"transaction_id":"1217752501201407033233368018","amount":{"payer_total":90,"total":100,"currency":"CNY",)"
    R"("payer_currency":"CNY"},"mchid":"1900000109","trade_state":"SUCCESS","bank_type":"CMC",)"
    R"("success_time":"2018-06-08T10:34:56+08:00","payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},)"
    R"("out_trade_no":"1217752501201407033233368018x","appid":"wxd678efh567hg6787","trade_state_desc":"支付成功",)"
    R"("trade_type":"MICROPAY","attach":"自定义数据"})";

constexpr std::string_view kRefund =
    R"({"mchid":"1900000109","transaction_id":"1008450740201411110005820873","out_trade_no":"20150806125346",)"
    R"("refund_id":"50200207182018070300011301001","out_refund_no":"7752501201407033233368018",)"
    R"("refund_status":"SUCCESS","success_time":"2018-06-08T10:34:56+08:00","user_received_account":"招商银行信用卡0403",)"
    R"("amount":{"total":999,"refund":333,"payer_total":999,"payer_refund":333}})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

TEST(WechatPayV3Source, APaymentPaysItsOrder) {
  const Notice notice = notice_of(*source(), notice_with("TRANSACTION.SUCCESS", kTransaction));
  EXPECT_EQ(notice.event_type, "TRANSACTION.SUCCESS");
  EXPECT_EQ(notice.result_code, "SUCCESS");
  EXPECT_EQ(notice.idempotency_key, "EV-1");
  EXPECT_EQ(keys_of(notice, "transaction_id"), "1217752501201407033233368018");
  EXPECT_EQ(keys_of(notice, "out_trade_no"), "1217752501201407033233368018x");
  EXPECT_EQ(keys_of(notice, "notify_id"), "EV-1");
  const store::PaymentEffect& effect = payment_of(notice);
  EXPECT_EQ(effect.out_trade_no, "1217752501201407033233368018x");
  EXPECT_EQ(effect.transaction_id, "1217752501201407033233368018");
  EXPECT_EQ(effect.provider, "wxpay");
  EXPECT_EQ(effect.merchant, "1900000109");
  EXPECT_EQ(effect.total_fee, 100);
  EXPECT_EQ(effect.currency, "CNY");
  EXPECT_EQ(to_rfc3339(effect.paid_at), "2018-06-08T02:34:56.000000Z");
  ASSERT_TRUE(notice.caused);
  EXPECT_EQ(notice.caused->event_type, "payment.succeeded");
  EXPECT_EQ(notice.caused->payload,
            R"({"out_trade_no":"1217752501201407033233368018x","transaction_id":"1217752501201407033233368018",)"
            R"("provider":"wxpay","merchant":"1900000109","total_fee":100,"currency":"CNY",)"
            R"("paid_at":"2018-06-08T02:34:56.000000Z","notice":)" +
                *notice.clear_body + "}");
}

TEST(WechatPayV3Source, TheClearBodyIsTheNoticeWithItsResourceDecrypted) {
  const Notice notice = notice_of(*source(), notice_with("TRANSACTION.SUCCESS", kTransaction));
  EXPECT_EQ(notice.clear_body,
            R"({"id":"EV-1","create_time":"2018-06-08T10:34:56+08:00","resource_type":"encrypt-resource",)"
            R"("event_type":"TRANSACTION.SUCCESS","summary":"支付成功","resource":)" +
                std::string(kTransaction) + "}");
}

TEST(WechatPayV3Source, ARefundRefundsItsOrder) {
  const Notice notice = notice_of(*source(), notice_with("REFUND.SUCCESS", kRefund));
  EXPECT_EQ(notice.result_code, "SUCCESS");
  EXPECT_EQ(keys_of(notice, "refund_no"), "7752501201407033233368018 50200207182018070300011301001");
  const store::RefundEffect& effect = refund_of(notice);
  EXPECT_EQ(effect.out_trade_no, "20150806125346");
  EXPECT_EQ(effect.out_refund_no, "7752501201407033233368018");
  EXPECT_EQ(effect.refund_fee, 333);
  EXPECT_EQ(effect.merchant, "1900000109");
  ASSERT_TRUE(notice.caused);
  EXPECT_EQ(notice.caused->event_type, "payment.refunded");
  EXPECT_TRUE(notice.caused->payload.starts_with(
      R"({"out_trade_no":"20150806125346","out_refund_no":"7752501201407033233368018",)"
      R"("transaction_id":"1008450740201411110005820873","refund_no":"50200207182018070300011301001",)"
      R"("provider":"wxpay","merchant":"1900000109","refund_fee":333,"refund_fee_is_total":false,"currency":"CNY",)"
      R"("refunded_at":"2018-06-08T02:34:56.000000Z","notice":{)"))
      << notice.caused->payload;
}

TEST(WechatPayV3Source, OtherNoticesAreTakenWithoutEffect) {
  const std::pair<const char*, std::string> others[] = {
      {"TRANSACTION.FAIL", replaced(kTransaction, "SUCCESS", "PAYERROR")},
      {"TRANSACTION.SUCCESS", replaced(kTransaction, "SUCCESS", "REFUND")},
      {"REFUND.ABNORMAL", replaced(kRefund, "SUCCESS", "ABNORMAL")},
      {"REFUND.CLOSED", replaced(kRefund, "SUCCESS", "CLOSED")},
      {"COMPLAINT.CREATE", R"({"complaint_id":"200201820200101080076610000","action_type":"CREATE_COMPLAINT"})"},
  };
  for (const auto& [event_type, resource] : others) {
    const Notice notice = notice_of(*source(), notice_with(event_type, resource));
    EXPECT_TRUE(has_no_effect(notice)) << event_type;
    EXPECT_EQ(notice.event_type, event_type);
    EXPECT_NE(notice.clear_body->find(resource), std::string::npos);
  }
}

TEST(WechatPayV3Source, ACombinedPaymentIsFoundByEachOfItsOrders) {
  const Notice notice = notice_of(
      *source(),
      notice_with("TRANSACTION.SUCCESS",
                  R"({"combine_appid":"wxd678efh567hg6787","combine_mchid":"1900000109","combine_out_trade_no":"C1",)"
                  R"("sub_orders":[{"mchid":"1900000110","out_trade_no":"S1","transaction_id":"X1"},)"
                  R"({"mchid":"1900000111","out_trade_no":"S2","transaction_id":"X2"}]})"));
  EXPECT_TRUE(has_no_effect(notice));
  EXPECT_EQ(notice.reason, "combined_order_without_effect");
  EXPECT_EQ(keys_of(notice, "out_trade_no"), "C1 S1 S2");
  EXPECT_EQ(keys_of(notice, "transaction_id"), "X1 X2");
}

TEST(WechatPayV3Source, APartnersNoticeNamesWhoWasPaid) {
  const std::string partner =
      replaced(kTransaction, R"("mchid":"1900000109")", R"("sp_mchid":"1900000109","sub_mchid":"1900000110")");
  EXPECT_EQ(payment_of(notice_of(*source(), notice_with("TRANSACTION.SUCCESS", partner))).merchant, "1900000110");
}

TEST(WechatPayV3Source, RefusesWhatIsNotItsOwn) {
  EXPECT_EQ(refusal(*source(), notice_with("TRANSACTION.SUCCESS", replaced(kTransaction, "1900000109", "1900000108"))),
            "merchant_differs");
  EXPECT_EQ(refusal(*source(), notice_with("TRANSACTION.SUCCESS", replaced(kTransaction, R"("mchid")", R"("mch")"))),
            "merchant_differs");
  EXPECT_EQ(refusal(*source(), notice_with("TRANSACTION.SUCCESS", replaced(kTransaction, "wxd678", "wxd679"))),
            "merchant_differs");
  EXPECT_EQ(refusal(*source(), notice_with("COMPLAINT.CREATE", R"({"mchid":"1"})")), "merchant_differs");
}

TEST(WechatPayV3Source, RefusesWhatIsNotSignedAsItHasToBe) {
  const TestRequest good = notice_with("TRANSACTION.SUCCESS", kTransaction);
  ASSERT_EQ(refusal(*source(), good), "");
  EXPECT_EQ(refusal(*source(), good.with_body(replaced(good.body, "EV-1", "EV-2"))), "signature_mismatch");
  EXPECT_EQ(refusal(*source(), good.without_header("Wechatpay-Signature")), "signature_missing");
  EXPECT_EQ(refusal(*source(), good.with_header("Wechatpay-Signature", "WECHATPAY/SIGNTEST/aaaa")), "signature_probe");
  EXPECT_EQ(refusal(*source(), good.with_header("Wechatpay-Serial", "PUB_KEY_ID_1")), "signing_key_unknown");
  EXPECT_EQ(refusal(*source(), good.at(kNowSeconds + 301)), "timestamp_out_of_tolerance");
  EXPECT_EQ(refusal(*source(), good.at(kNowSeconds - 301)), "timestamp_out_of_tolerance");
  WechatPayOptions patient = options();
  patient.tolerance = Seconds{301};
  EXPECT_EQ(refusal(*made(make_wechat_pay_source(patient)), good.at(kNowSeconds + 301)), "");
}

TEST(WechatPayV3Source, RefusesWhatLacksAFieldOrHasABadOne) {
  const auto code = [](std::string_view from, std::string_view to) {
    return refusal(*source(), notice_with("TRANSACTION.SUCCESS", replaced(kTransaction, from, to)));
  };
  EXPECT_EQ(code(R"("out_trade_no")", R"("x")"), "field_missing");
  EXPECT_EQ(code(R"("transaction_id")", R"("x")"), "field_missing");
  EXPECT_EQ(code(R"("total")", R"("x")"), "field_missing");
  EXPECT_EQ(code(R"("success_time")", R"("x")"), "field_missing");
  EXPECT_EQ(code(R"("total":100)", R"("total":1.5)"), "field_invalid");
  EXPECT_EQ(code(R"("total":100)", R"("total":{})"), "field_invalid");
  EXPECT_EQ(code("2018-06-08T10:34:56+08:00", "yesterday"), "field_invalid");
  EXPECT_EQ(code(R"("appid")", R"("trade_state")"), "merchant_differs") << "no key may be there twice";
  EXPECT_EQ(refusal(*source(), notice_with("REFUND.SUCCESS", replaced(kRefund, R"("refund":333)", R"("x":333)"))),
            "field_missing");
  EXPECT_EQ(refusal(*source(), notice_with("", kTransaction)), "field_missing");
  EXPECT_EQ(refusal(*source(), notice_with("TRANSACTION.SUCCESS", kTransaction, "")), "field_missing");
  EXPECT_EQ(refusal(*source(), signed_body("{")), "json_invalid");
  EXPECT_EQ(refusal(*source(), signed_body(R"({"id":"1","event_type":"X"})")), "json_invalid");
  EXPECT_EQ(refusal(*source(), notice_with("X", "no JSON")), "json_invalid");
}

TEST(WechatPayV3Source, RefusesWhatNoKeyDecrypts) {
  WechatPayOptions other = options();
  other.v3.api_v3_keys = {"another_key_of_32_characters____"};
  EXPECT_EQ(refusal(*made(make_wechat_pay_source(other)), notice_with("TRANSACTION.SUCCESS", kTransaction)),
            "decryption_failed");
  other.v3.api_v3_keys.emplace_back(kApiV3Key);
  EXPECT_EQ(refusal(*made(make_wechat_pay_source(other)), notice_with("TRANSACTION.SUCCESS", kTransaction)), "");
}

TEST(WechatPayV3Source, AnswersByteForByte) {
  EXPECT_EQ(accepted_answer(*source()), (Answered{200, ""}));
  EXPECT_EQ(duplicate_answer(*source()), (Answered{200, ""}));
  EXPECT_EQ(rejected_answer(*source(), "signature_probe"),
            (Answered{401, R"({"code":"FAIL","message":"signature_probe"})"}));
  EXPECT_EQ(rejected_answer(*source(), "decryption_failed"),
            (Answered{400, R"({"code":"FAIL","message":"decryption_failed"})"}));
  EXPECT_EQ(unavailable_answer(*source()), (Answered{503, R"({"code":"FAIL","message":"store_unavailable"})"}));
}

TEST(WechatPayV3Source, AnAccountWithBothAnswersEachInItsDialect) {
  WechatPayOptions both = options();
  both.api_v2_keys = {kV2Key};
  const auto account = made(make_wechat_pay_source(both));
  const TestRequest v3 = notice_with("TRANSACTION.SUCCESS", kTransaction);
  const Notice notice = notice_of(*account, v3);
  EXPECT_EQ(accepted_answer(*account, notice).body, "");
  EXPECT_EQ(refusal(*account, {.body = "<xml><mch_id>1900000109</mch_id></xml>"}), "signature_missing");
  EXPECT_TRUE(accepted_answer(*account).body.starts_with("<xml>"));

  // Refused before there was a notice: the request tells.
  const http::ServerRequest request = v3.server_request();
  const Error error{"signature_mismatch", "No."};
  EXPECT_EQ(account->answer({.kind = Outcome::Kind::kRejected, .error = &error, .request = &request}).body,
            R"({"code":"FAIL","message":"signature_mismatch"})");
  EXPECT_TRUE(rejected_answer(*account, "signature_mismatch").body.starts_with("<xml>"));
}

}  // namespace
}  // namespace yizhan::receive
