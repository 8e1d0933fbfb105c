// EasyPay's notices, as a query and as a form.
#include "receive/easypay.h"

#include <gtest/gtest.h>

#include "fields_of.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

using verify::fields_of;
using verify::with;
using verify::without;

constexpr const char* kKey = "89unJUB8HZ54Hj7x4nUj56HN4nUzUJ8i";

std::shared_ptr<const Source> source(std::string pid = "1001") {
  return made(make_easypay_source({.account = "shop", .pid = std::move(pid), .keys = {kKey}}));
}

std::string signed_form(const Fields& fields) {
  const std::string text = verify::sorted_fields_text(fields, {"sign", "sign_type"}, verify::EmptyValues::kDropped);
  return form_of(with(with(fields, "sign", verify::md5_hex(text + kKey)), "sign_type", "MD5"));
}
TestRequest by_get(const Fields& fields) {
  return {.body = "", .method = "GET", .query = signed_form(fields)};
}
TestRequest by_post(const Fields& fields) {
  return {.body = signed_form(fields)};
}

Fields payment() {
  return fields_of({{"pid", "1001"},
                    {"trade_no", "20160806151343349021"},
                    {"out_trade_no", "20160806151343349"},
                    {"type", "alipay"},
                    {"name", "VIP会员"},
                    {"money", "1.05"},
                    {"trade_status", "TRADE_SUCCESS"},
                    {"param", ""}});
}

TEST(EasypaySource, APaymentPaysItsOrderEitherWay) {
  EXPECT_EQ(source()->paths(), std::vector<std::string>{"/notify/easypay/shop"});
  for (const TestRequest& request : {by_get(payment()), by_post(payment())}) {
    const Notice notice = notice_of(*source(), request);
    EXPECT_EQ(notice.event_type, "TRADE_SUCCESS");
    EXPECT_EQ(notice.result_code, "TRADE_SUCCESS");
    EXPECT_EQ(notice.idempotency_key, "20160806151343349021/TRADE_SUCCESS");
    EXPECT_EQ(keys_of(notice, "transaction_id"), "20160806151343349021");
    EXPECT_EQ(keys_of(notice, "out_trade_no"), "20160806151343349");
    const store::PaymentEffect& effect = payment_of(notice);
    EXPECT_EQ(effect.out_trade_no, "20160806151343349");
    EXPECT_EQ(effect.transaction_id, "20160806151343349021");
    EXPECT_EQ(effect.provider, "easypay");
    EXPECT_EQ(effect.merchant, "1001");
    EXPECT_EQ(effect.total_fee, 105);
    EXPECT_EQ(effect.paid_at, kNow) << "the notice names no time";
    EXPECT_EQ(notice.clear_body,
              R"({"pid":"1001","trade_no":"20160806151343349021","out_trade_no":"20160806151343349","type":"alipay",)"
              R"("name":"VIP会员","money":"1.05","trade_status":"TRADE_SUCCESS","param":""})");
    ASSERT_TRUE(notice.caused);
    EXPECT_EQ(
        notice.caused->payload,
        R"({"out_trade_no":"20160806151343349","transaction_id":"20160806151343349021","provider":"easypay",)"
        R"("merchant":"1001","total_fee":105,"currency":"CNY","paid_at":"2026-05-03T03:09:37.000000Z","notice":)" +
            *notice.clear_body + "}");
  }
}

TEST(EasypaySource, OtherStatesAndNewFieldsAreTaken) {
  const Notice notice =
      notice_of(*source(), by_get(with(with(payment(), "trade_status", "TRADE_CLOSED"), "buyer", "x")));
  EXPECT_TRUE(has_no_effect(notice));
  EXPECT_EQ(notice.event_type, "TRADE_CLOSED");
}

TEST(EasypaySource, AnEmptyQueryIsAProbe) {
  expect_probes_answered(*source());
}

TEST(EasypaySource, RefusesWhatIsNotItsOwnOrWasChanged) {
  EXPECT_EQ(refusal(*source("1002"), by_get(payment())), "merchant_differs");
  EXPECT_EQ(refusal(*source(""), by_get(payment())), "");
  TestRequest changed = by_get(payment());
  changed.query.replace(changed.query.find("1%2e05"), 6, "9%2e05");
  EXPECT_EQ(refusal(*source(), changed), "signature_mismatch");
  EXPECT_EQ(refusal(*source(), {.body = form_of(payment())}), "signature_missing");
  EXPECT_EQ(refusal(*source(), {.body = "", .method = "GET", .query = "a=%"}), "form_invalid");
}

TEST(EasypaySource, RefusesWhatLacksAFieldOrHasABadOne) {
  for (const char* name : {"trade_no", "out_trade_no", "money", "trade_status"}) {
    EXPECT_EQ(refusal(*source(), by_get(without(payment(), name))), "field_missing") << name;
  }
  EXPECT_EQ(refusal(*source(""), by_get(without(payment(), "pid"))), "field_missing");
  for (const char* money : {"1.005", "0x1", "-1.00", " 1", "1.0.0", "99999999999999999999"}) {
    EXPECT_EQ(refusal(*source(), by_get(with(payment(), "money", money))), "field_invalid") << money;
  }
}

TEST(EasypaySource, AnswersByteForByte) {
  EXPECT_EQ(accepted_answer(*source()), (Answered{200, "success"}));
  EXPECT_EQ(duplicate_answer(*source()), (Answered{200, "success"}));
  EXPECT_EQ(rejected_answer(*source(), "merchant_differs"), (Answered{200, "fail"}));
  EXPECT_EQ(unavailable_answer(*source()), (Answered{503, "fail"}));
}

TEST(EasypaySource, IsNotMadeWithoutKeys) {
  EXPECT_EQ(make_easypay_source({.account = "shop", .pid = "1"}).error().code, "secret_invalid");
}

}  // namespace
}  // namespace yizhan::receive
