// Carriers: the logistics receiver, kuaidi100, Kdniao, and the one vocabulary of states.
#include <gtest/gtest.h>

#include "fields_of.h"
#include "receive/express.h"
#include "receive/express_state.h"
#include "receive/kdniao.h"
#include "receive/kuaidi100.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

using verify::fields_of;

// ---- the logistics receiver

constexpr const char* kSecret = "webhook-secret";

std::shared_ptr<const Source> express(bool reject = true) {
  return made(make_express_source({.secrets = {kSecret}, .reject_invalid_signature = reject}));
}

TestRequest status(std::string body, std::string_view secret = kSecret) {
  const std::string signature = hmac_sha256_hex(secret, body);
  return {.body = std::move(body), .headers = {{"X-Signature", signature}}};
}

constexpr const char* kDelivered =
    R"({"tracking_no":"SF1","status_code":"delivered","event_time":"2026-03-10 16:00:00","new_field":[1]})";

TEST(ExpressSource, TakesAStatus) {
  EXPECT_EQ(express()->paths(), std::vector<std::string>{"/webhook/express/status"});
  const Notice notice = notice_of(*express(), status(kDelivered));
  EXPECT_EQ(notice.event_type, "express.status");
  EXPECT_EQ(notice.result_code, "DELIVERED");
  EXPECT_EQ(notice.idempotency_key, "SF1/delivered/2026-03-10T08:00:00.000000Z") << "local text is UTC+8";
  EXPECT_EQ(keys_of(notice, "tracking_no"), "SF1");
  EXPECT_EQ(notice.reason, "");
  expect_probes_answered(*express());
}

TEST(ExpressSource, ReadsWhatItSays) {
  const auto read = read_express_status(
      R"({"tracking_no":"SF1","status_code":"IN_TRANSIT","event_time":"2026-03-10T16:00:00+01:00","event_id":"e1",)"
      R"("event_text":"已到达\n","carrier_code":"SF","location":"深圳"})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tracking_no, "SF1");
  EXPECT_EQ(read->status_code, "IN_TRANSIT");
  EXPECT_EQ(to_rfc3339(read->event_time), "2026-03-10T15:00:00.000000Z");
  EXPECT_EQ(read->event_text, "已到达\n");
  EXPECT_EQ(read->carrier_code, "SF");
  EXPECT_EQ(read->location, "深圳");
  EXPECT_EQ(read->event_id, "e1");
}

TEST(ExpressSource, AnEventIdTellsEventsApart) {
  const Notice notice =
      notice_of(*express(),
                status(R"({"tracking_no":"SF1","status_code":"X","event_time":"2026-03-10T08:00:00Z","event_id":7})"));
  EXPECT_EQ(notice.idempotency_key, "7");
}

TEST(ExpressSource, TakesTheNamesThatCarriersUse) {
  struct Example {
    const char* body;
    const char* tracking_no;
    const char* code;
  };
  const Example examples[] = {
      {R"({"waybill_no":"A","status":"SIGNED","time":"2026-03-10 16:00:00"})", "A", "DELIVERED"},
      {R"({"nu":"B","state":"2","ftime":"2026-03-10 16:00:00","context":"c"})", "B", "EXCEPTION"},
      {R"({"logistic_code":"C","state":"2","time":"2026-03-10 16:00:00","desc":"d"})", "C", "IN_TRANSIT"},
      {R"({"nu":"D","state":"77","time":"2026-03-10 16:00:00"})", "D", "77"},
      {R"({"tracking_no":"E","nu":"B","status_code":"2","state":"3","time":"2026-03-10 16:00:00"})", "E", "2"},
  };
  for (const Example& example : examples) {
    const Notice notice = notice_of(*express(), status(example.body));
    EXPECT_EQ(keys_of(notice, "tracking_no"), example.tracking_no);
    EXPECT_EQ(notice.result_code, example.code);
  }
  EXPECT_EQ(read_express_status(examples[1].body)->event_text, "c");
  EXPECT_EQ(read_express_status(examples[2].body)->event_text, "d");
}

TEST(ExpressSource, ABadSignatureIsRefusedOrLetThrough) {
  const TestRequest bad = status(kDelivered, "another");
  EXPECT_EQ(refusal(*express(), bad), "signature_mismatch");
  EXPECT_EQ(refusal(*express(), bad.without_header("X-Signature")), "signature_missing");
  EXPECT_EQ(notice_of(*express(false), bad).reason, "signature_invalid_let_through");
  EXPECT_EQ(notice_of(*express(false), bad.without_header("X-Signature")).reason, "signature_invalid_let_through");
  EXPECT_EQ(notice_of(*express(false), status(kDelivered)).reason, "");
  EXPECT_EQ(notice_of(*made(make_express_source({})), bad).reason, "signature_not_checked");
}

TEST(ExpressSource, RefusesWhatLacksAFieldOrHasABadOne) {
  EXPECT_EQ(refusal(*express(), status(R"({"status_code":"X","event_time":"2026-03-10 16:00:00"})")), "field_missing");
  EXPECT_EQ(refusal(*express(), status(R"({"tracking_no":"X","event_time":"2026-03-10 16:00:00"})")), "field_missing");
  EXPECT_EQ(refusal(*express(), status(R"({"tracking_no":"X","status_code":"X"})")), "field_missing");
  EXPECT_EQ(refusal(*express(), status(R"({"tracking_no":"X","status_code":"X","time":"16:00"})")), "field_invalid");
  EXPECT_EQ(refusal(*express(), status(R"({"tracking_no":[],"status_code":"X","time":"16:00"})")), "field_invalid");
  EXPECT_EQ(refusal(*express(), status("x")), "json_invalid");
}

TEST(ExpressSource, AnswersByteForByte) {
  const Notice notice = notice_of(*express(), status(R"({"nu":"S\"F","state":"3","time":"2026-03-10 16:00:00"})"));
  EXPECT_EQ(accepted_answer(*express(), notice),
            (Answered{200, R"({"ok":true,"id":17,"duplicate":false,"tracking_no":"S\"F","status_code":"DELIVERED"})"}));
  EXPECT_EQ(duplicate_answer(*express(), notice),
            (Answered{200, R"({"ok":true,"id":17,"duplicate":true,"tracking_no":"S\"F","status_code":"DELIVERED"})"}));
  EXPECT_EQ(accepted_answer(*express()), (Answered{200, R"({"ok":true,"id":17,"duplicate":false})"}));
  EXPECT_EQ(rejected_answer(*express(), "signature_mismatch"),
            (Answered{401, R"({"ok":false,"message":"Not \"good\"."})"}));
  EXPECT_EQ(rejected_answer(*express(), "field_missing"), (Answered{400, R"({"ok":false,"message":"Not \"good\"."})"}));
  EXPECT_EQ(unavailable_answer(*express()), (Answered{503, R"({"ok":false,"message":"Try again."})"}));
}

TEST(ExpressSource, AParcelThatNobodyKnowsIsAnsweredAsTheSeedDid) {
  EXPECT_EQ(rejected_answer(*express(), "waybill_unknown"),
            (Answered{404, R"({"ok":false,"message":"waybill not found"})"}));
}

TEST(ExpressState, OneVocabularyForAll) {
  for (const char* state : {"CREATED", "PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "IN_LOCKER", "DELIVERED",
                            "EXCEPTION", "REJECTED", "RETURNING", "RETURNED", "SOMETHING_ELSE"}) {
    EXPECT_EQ(canonical_express_state(state), state);
  }
  EXPECT_EQ(canonical_express_state("out-for delivery"), "OUT_FOR_DELIVERY");
  EXPECT_EQ(canonical_express_state("Hold-up"), "Hold-up") << "what is not known stays as it came";

  const std::pair<const char*, const char*> kuaidi100[] = {
      {"0", "IN_TRANSIT"},       {"1", "PICKED_UP"}, {"2", "EXCEPTION"},  {"3", "DELIVERED"},    {"4", "RETURNED"},
      {"5", "OUT_FOR_DELIVERY"}, {"6", "RETURNING"}, {"7", "IN_TRANSIT"}, {"8", "IN_TRANSIT"},   {"14", "REJECTED"},
      {"501", "IN_LOCKER"},      {"", ""},           {"9999", "9999"},    {"签收", "DELIVERED"},
  };
  for (const auto& [code, state] : kuaidi100) EXPECT_EQ(kuaidi100_express_state(code), state) << code;

  struct Kdniao {
    const char* state;
    const char* state_ex;
    const char* canonical;
  };
  const Kdniao kdniao[] = {
      {"0", "", "CREATED"},      {"1", "1", "PICKED_UP"},   {"2", "2", "IN_TRANSIT"},  {"2", "202", "OUT_FOR_DELIVERY"},
      {"2", "211", "IN_LOCKER"}, {"3", "", "DELIVERED"},    {"3", "311", "DELIVERED"}, {"4", "404", "REJECTED"},
      {"4", "4", "EXCEPTION"},   {"4", "499", "EXCEPTION"}, {"9", "999", "999"},       {"9", "", "9"},
  };
  for (const Kdniao& each : kdniao) {
    EXPECT_EQ(kdniao_express_state(each.state, each.state_ex), each.canonical) << each.state << ' ' << each.state_ex;
  }
}

// ---- kuaidi100

std::shared_ptr<const Source> kuaidi100() {
  return made(make_kuaidi100_source({.name = "kd100", .salts = {"salt"}}));
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

TestRequest push(const std::string& param, const std::string& salt = "salt") {
  return {.body = form_of(fields_of({{"sign", upper(verify::md5_hex(param + salt))}, {"param", param}}))};
}

TEST(Kuaidi100Source, TakesAPush) {
  EXPECT_EQ(kuaidi100()->paths(), std::vector<std::string>{"/in/kd100"});
  const std::string param =
      R"({"status":"polling","billstatus":"check","lastResult":{"message":"ok","state":"5","com":"yuantong",)"
      R"("nu":"V030344422","data":[{"context":"上海分拨中心","time":"2012-08-28 16:33:19"}]}})";
  const Notice notice = notice_of(*kuaidi100(), push(param));
  EXPECT_EQ(notice.event_type, "express.status");
  EXPECT_EQ(notice.result_code, "OUT_FOR_DELIVERY");
  EXPECT_EQ(keys_of(notice, "tracking_no"), "V030344422");
  EXPECT_EQ(notice.idempotency_key, "sha256:" + verify::sha256_hex(param));
  EXPECT_EQ(notice.clear_body, param);
  EXPECT_EQ(notice.reason, "");
  expect_probes_answered(*kuaidi100());
}

// protocols.md, section 4: computed elsewhere.
TEST(Kuaidi100Source, TakesTheVector) {
  const std::string param = R"({"status":"polling","lastResult":{"nu":"V030344422"}})";
  const Notice notice = notice_of(
      *kuaidi100(), {.body = form_of(fields_of({{"param", param}, {"sign", "D8940C5CA15B4F682113696F0B0D277C"}}))});
  EXPECT_EQ(keys_of(notice, "tracking_no"), "V030344422");
  EXPECT_EQ(notice.result_code, "");
}

TEST(Kuaidi100Source, WhatWasGivenUpNeedsNoWaybill) {
  const Notice notice = notice_of(*kuaidi100(), push(R"({"status":"abort","message":"3天查询无记录"})"));
  EXPECT_EQ(notice.event_type, "express.abort");
  EXPECT_TRUE(notice.keys.empty());
}

TEST(Kuaidi100Source, RefusesBadPushes) {
  const std::string good = R"({"status":"polling","lastResult":{"nu":"1","state":"3"}})";
  EXPECT_EQ(refusal(*kuaidi100(), push(good, "another")), "signature_mismatch");
  EXPECT_EQ(refusal(*kuaidi100(), {.body = form_of(fields_of({{"param", good}}))}), "signature_missing");
  EXPECT_EQ(refusal(*kuaidi100(), push(R"({"status":"polling"})")), "field_missing");
  EXPECT_EQ(refusal(*kuaidi100(), push(R"({"lastResult":{"nu":"1"}})")), "field_missing");
  EXPECT_EQ(refusal(*kuaidi100(), push("{")), "json_invalid");
  EXPECT_EQ(refusal(*kuaidi100(), {.body = "param=%"}), "form_invalid");
  const auto without_salt = made(make_kuaidi100_source({.name = "kd100"}));
  EXPECT_EQ(notice_of(*without_salt, {.body = form_of(fields_of({{"param", good}}))}).reason, "signature_not_checked");
  EXPECT_EQ(refusal(*without_salt, {.body = "x=1"}), "field_missing");
}

TEST(Kuaidi100Source, AnswersByteForByte) {
  const Answered success{200, R"({"result":true,"returnCode":"200","message":"成功"})"};
  EXPECT_EQ(accepted_answer(*kuaidi100()), success);
  EXPECT_EQ(duplicate_answer(*kuaidi100()), success);
  EXPECT_EQ(rejected_answer(*kuaidi100(), "signature_mismatch"),
            (Answered{200, R"({"result":false,"returnCode":"500","message":"signature_mismatch"})"}));
  EXPECT_EQ(rejected_answer(*kuaidi100(), "waybill_unknown"),
            (Answered{200, R"({"result":false,"returnCode":"500","message":"waybill_unknown"})"}));
  EXPECT_EQ(unavailable_answer(*kuaidi100()),
            (Answered{503, R"({"result":false,"returnCode":"500","message":"store_unavailable"})"}));
}

// ---- Kdniao

std::shared_ptr<const Source> kdniao(std::string business_id = "1234567") {
  return made(make_kdniao_source({.name = "kdn", .business_id = std::move(business_id), .api_keys = {"api-key"}}));
}

TestRequest trace(const std::string& data, const std::string& type = "101", const std::string& key = "api-key") {
  return {.body = form_of(fields_of({{"RequestData", data},
                                     {"RequestType", type},
                                     {"DataSign", verify::base64_text(verify::md5_hex(data + key))}}))};
}

constexpr const char* kTraces =
    R"({"EBusinessID":"1234567","PushTime":"2015-03-11 16:26:11","Count":2,"Data":[)"
    R"({"EBusinessID":"1234567","ShipperCode":"SF","LogisticCode":"118461988807","Success":true,"State":"2",)"
    R"("StateEx":"211","Traces":[]},{"ShipperCode":"SF","LogisticCode":"118461988808","State":"3"}]})";

TEST(KdniaoSource, TakesAPushOfSeveralWaybills) {
  EXPECT_EQ(kdniao()->paths(), std::vector<std::string>{"/in/kdn"});
  const Notice notice = notice_of(*kdniao(), trace(kTraces));
  EXPECT_EQ(notice.event_type, "express.status");
  EXPECT_EQ(notice.result_code, "IN_LOCKER") << "the first one's";
  EXPECT_EQ(keys_of(notice, "tracking_no"), "118461988807 118461988808");
  EXPECT_EQ(notice.idempotency_key, "sha256:" + verify::sha256_hex(kTraces));
  EXPECT_EQ(notice.clear_body, kTraces);
  EXPECT_EQ(notice_of(*kdniao(), trace(kTraces, "102")).event_type, "express.status");
  EXPECT_EQ(notice_of(*kdniao(), trace(kTraces, "107")).event_type, "express.payment");
  EXPECT_EQ(notice_of(*kdniao(), trace(kTraces, "199")).event_type, "express.other");
  expect_probes_answered(*kdniao());
}

TEST(KdniaoSource, AHundredWaybillsAreKeysAndTheRestIsNot) {
  std::string data = R"({"EBusinessID":"1234567","Data":[)";
  for (int i = 0; i < 150; ++i) data += (i > 0 ? "," : "") + (R"({"LogisticCode":")" + std::to_string(i) + "\"}");
  EXPECT_EQ(notice_of(*kdniao(), trace(data + "]}")).keys.size(), 101U) << "and the business's own";
}

TEST(KdniaoSource, RefusesBadPushes) {
  EXPECT_EQ(refusal(*kdniao("7654321"), trace(kTraces)), "merchant_differs");
  EXPECT_EQ(refusal(*kdniao(""), trace(kTraces)), "");
  EXPECT_EQ(refusal(*kdniao(), trace(kTraces, "101", "another")), "signature_mismatch");
  EXPECT_EQ(refusal(*kdniao(), trace(kTraces, "")), "field_missing");
  EXPECT_EQ(refusal(*kdniao(), trace(R"({"EBusinessID":"1234567"})")), "field_missing");
  EXPECT_EQ(refusal(*kdniao(), trace(R"({"Data":[]})")), "field_missing");
  EXPECT_EQ(refusal(*kdniao(), trace(R"({"EBusinessID":"1234567","Data":[{}]})")), "field_missing");
  EXPECT_EQ(refusal(*kdniao(), trace(R"({"EBusinessID":"1234567","Data":[{"LogisticCode":[]}]})")), "field_invalid");
  EXPECT_EQ(refusal(*kdniao(), trace("[")), "json_invalid");
}

TEST(KdniaoSource, AnswersByteForByte) {
  // kNow is 11:09:37 in UTC+8.
  EXPECT_EQ(
      accepted_answer(*kdniao()),
      (Answered{200, R"({"EBusinessID":"1234567","UpdateTime":"2026-05-03 11:09:37","Success":true,"Reason":""})"}));
  EXPECT_EQ(duplicate_answer(*kdniao()), accepted_answer(*kdniao()));
  EXPECT_EQ(rejected_answer(*kdniao(), "signature_mismatch"),
            (Answered{200, R"({"EBusinessID":"1234567","UpdateTime":"2026-05-03 11:09:37","Success":false,)"
                           R"("Reason":"signature_mismatch"})"}));
  EXPECT_EQ(unavailable_answer(*kdniao()),
            (Answered{503, R"({"EBusinessID":"1234567","UpdateTime":"2026-05-03 11:09:37","Success":false,)"
                           R"("Reason":"store_unavailable"})"}));
  // Where it was not configured it is the one that pushed.
  const Notice notice = notice_of(*kdniao(""), trace(kTraces));
  EXPECT_TRUE(accepted_answer(*kdniao(""), notice).body.starts_with(R"({"EBusinessID":"1234567",)"));
  EXPECT_TRUE(accepted_answer(*kdniao("")).body.starts_with(R"({"EBusinessID":"",)"));
}

}  // namespace
}  // namespace yizhan::receive
