// What carriers' callbacks make of parcels: the steps that go to the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "fields_of.h"
#include "receive/express.h"
#include "receive/express_steps.h"
#include "receive/kdniao.h"
#include "receive/kuaidi100.h"
#include "rsa_signer.h"
#include "source_request.h"

namespace yizhan::receive {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

const std::vector<store::ExpressStep>& steps_of(const Notice& notice) {
  static const std::vector<store::ExpressStep> kNone;
  const auto* express = std::get_if<store::ExpressEffect>(&notice.effect);
  return express == nullptr ? kNone : express->steps;
}

/// `tracking_no status received time`, the time in UTC.
std::vector<std::string> told(const Notice& notice) {
  std::vector<std::string> texts;
  for (const store::ExpressStep& step : steps_of(notice)) {
    texts.push_back(fmt::format("{} {} '{}' {}", step.tracking_no, step.status_code, step.received_code,
                                to_store_text(step.event_time).substr(0, 19)));
  }
  return texts;
}

// ---- the logistics receiver

Notice express(std::string body) {
  return notice_of(*made(make_express_source({})), {.body = std::move(body), .headers = {}});
}

TEST(CarrierSteps, AStatusIsOneStep) {
  const Notice notice =
      express(R"({"tracking_no":"SF1","status_code":"signed","event_time":"2026-03-10 16:00:00","event_text":"已签收",)"
              R"("location":"深圳","carrier_code":"SF","event_id":"e1"})");
  EXPECT_THAT(told(notice), ElementsAre("SF1 DELIVERED 'signed' 2026-03-10 08:00:00"));
  const store::ExpressStep& step = steps_of(notice).at(0);
  EXPECT_EQ(step.event_text, "已签收");
  EXPECT_EQ(step.location, "深圳");
  EXPECT_EQ(step.carrier_code, "SF");
  EXPECT_EQ(step.event_id, "e1");
}

TEST(CarrierSteps, WhatTheStoreWouldNotTakeIsRefusedOrCut) {
  const std::string rest = R"(","status_code":"X","event_time":"2026-03-10 16:00:00","event_text":")";
  const auto source = made(make_express_source({}));
  EXPECT_EQ(refusal(*source, {.body = R"({"tracking_no":")" + std::string(65, 'a') + rest + R"("})", .headers = {}}),
            "field_invalid");
  std::string characters;
  for (int i = 0; i < 400; ++i) characters += "驿";  // 1200 bytes
  const Notice notice = express(R"({"tracking_no":")" + std::string(64, 'a') + rest + characters + R"("})");
  EXPECT_EQ(steps_of(notice).at(0).event_text, characters.substr(0, 1023)) << "between characters";
  EXPECT_THAT(told(express(R"({"tracking_no":"A","status_code":"X","event_time":"0000-01-01 00:00:00"})")),
              ElementsAre("A X 'X' 1970-01-01 00:00:00"));
  EXPECT_THAT(told(express(R"({"tracking_no":"A","status_code":"X","event_time":"9999-12-31T23:59:59-12:00"})")),
              ElementsAre("A X 'X' 9999-01-01 00:00:00"));
}

// ---- kuaidi100

TestRequest push(const std::string& param) {
  return {.body = form_of(verify::fields_of({{"param", param}})), .headers = {}};
}

Notice kuaidi100(const std::string& param) {
  return notice_of(*made(make_kuaidi100_source({.name = "kd100"})), push(param));
}

std::string list(const std::string& data, const std::string& state = "3", const std::string& status = "polling") {
  return R"({"status":")" + status + R"(","lastResult":{"state":")" + state +
         R"(","com":"yuantong","nu":"YT1","data":[)" + data + "]}}";
}

TEST(CarrierSteps, AListIsAllItsLinesOldestFirst) {
  const Notice notice = kuaidi100(list(
      R"({"context":"已签收","time":"2026-03-10 16:00","ftime":"2026-03-10 16:00:00","statusCode":"301","status":"签收",)"
      R"("areaName":"深圳"},)"
      R"({"context":"派件中","ftime":"2026-03-10 09:00:00","status":"派件","location":"福田","areaName":"深圳"},)"
      R"({"context":"已到达","time":"2026-03-09 09:00:00"})"));
  EXPECT_THAT(told(notice),
              ElementsAre("YT1 IN_TRANSIT '' 2026-03-09 01:00:00", "YT1 OUT_FOR_DELIVERY '派件' 2026-03-10 01:00:00",
                          "YT1 DELIVERED '301' 2026-03-10 08:00:00"));
  EXPECT_EQ(steps_of(notice)[2].event_text, "已签收");
  EXPECT_EQ(steps_of(notice)[2].location, "深圳");
  EXPECT_EQ(steps_of(notice)[1].location, "福田");
  EXPECT_EQ(steps_of(notice)[1].carrier_code, "yuantong");
  EXPECT_EQ(notice.reason, "signature_not_checked");
  EXPECT_EQ(told(kuaidi100(list(R"({"ftime":"2026-03-10 09:00:00"})", "3", "shutdown"))).size(), 1U);
}

TEST(CarrierSteps, ALineWithoutACodeHasTheParcelsStateWhereItIsTheNewest) {
  EXPECT_THAT(told(kuaidi100(list(R"({"context":"b","ftime":"2026-03-10 16:00:00"},)"
                                  R"({"context":"a","ftime":"2026-03-10 16:00:00"},)"
                                  R"({"context":"c","ftime":"2026-03-10 15:00:00"})",
                                  "5"))),
              ElementsAre("YT1 IN_TRANSIT '' 2026-03-10 07:00:00", "YT1 IN_TRANSIT '' 2026-03-10 08:00:00",
                          "YT1 OUT_FOR_DELIVERY '' 2026-03-10 08:00:00"));
  EXPECT_THAT(told(kuaidi100(list(R"({"ftime":"2026-03-10 15:00:00"})", ""))),
              ElementsAre("YT1 IN_TRANSIT '' 2026-03-10 07:00:00"));
}

TEST(CarrierSteps, APushWithoutLinesHasNoEffect) {
  EXPECT_TRUE(has_no_effect(kuaidi100(list(""))));
  EXPECT_TRUE(has_no_effect(kuaidi100(R"({"status":"polling","lastResult":{"nu":"YT1"}})")));
  EXPECT_TRUE(has_no_effect(kuaidi100(list(R"({"ftime":"2026-03-10 15:00:00"})", "3", "abort"))));
}

TEST(CarrierSteps, ALineThatCannotBeReadDoesNotCostTheOthers) {
  const std::string param =
      list(R"({"context":"a","ftime":"2026-03-10 15:00:00"},{"context":"b","ftime":"yesterday"},7)");
  EXPECT_EQ(told(kuaidi100(param)).size(), 1U);
  std::string sign = verify::md5_hex(param + "salt");
  std::ranges::transform(sign, sign.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto salted = made(make_kuaidi100_source({.name = "kd100", .salts = {"salt"}}));
  const Notice notice =
      notice_of(*salted, {.body = form_of(verify::fields_of({{"param", param}, {"sign", sign}})), .headers = {}});
  EXPECT_EQ(notice.reason, "step_unreadable");
  const auto source = made(make_kuaidi100_source({.name = "kd100"}));
  EXPECT_EQ(refusal(*source, push(list(R"({"context":"b","ftime":"yesterday"})"))), "field_invalid");
  EXPECT_EQ(refusal(*source, push(list(R"({"context":"b"})"))), "field_missing");
}

// ---- Kdniao

TestRequest trace(const std::string& data, const std::string& type) {
  return {.body = form_of(verify::fields_of({{"RequestData", data},
                                             {"RequestType", type},
                                             {"DataSign", verify::base64_text(verify::md5_hex(data + "api-key"))}})),
          .headers = {}};
}

Notice kdniao(const std::string& parcels, const std::string& type = "101") {
  return notice_of(*made(make_kdniao_source({.name = "kdn", .business_id = {}, .api_keys = {"api-key"}})),
                   trace(R"({"EBusinessID":"1","Data":[)" + parcels + "]}", type));
}

constexpr const char* kParcels =
    R"({"ShipperCode":"SF","LogisticCode":"A","State":"2","StateEx":"211","Traces":[)"
    R"({"AcceptTime":"2026-03-10 09:00:00","AcceptStation":"已揽件","Action":"1","Location":"深圳"},)"
    R"({"AcceptTime":"2026-03-10 10:00:00","AcceptStation":"离开"},)"
    R"({"AcceptTime":"2026-03-10 10:00:00","AcceptStation":"入柜"}]},)"
    R"({"ShipperCode":"YTO","LogisticCode":"B","State":"3","Traces":[)"
    R"({"AcceptTime":"2026-03-10 11:00:00","AcceptStation":"签收","Action":"311"}]},)"
    R"({"ShipperCode":"YTO","LogisticCode":"C","State":"0","Success":false,"Reason":"none yet"})";

TEST(CarrierSteps, OnePushTellsOfSeveralParcels) {
  const Notice notice = kdniao(kParcels);
  EXPECT_THAT(told(notice), ElementsAre("A PICKED_UP '1' 2026-03-10 01:00:00", "A IN_TRANSIT '' 2026-03-10 02:00:00",
                                        "A IN_LOCKER '' 2026-03-10 02:00:00", "B DELIVERED '311' 2026-03-10 03:00:00"));
  EXPECT_EQ(steps_of(notice)[0].location, "深圳");
  EXPECT_EQ(steps_of(notice)[0].carrier_code, "SF");
  EXPECT_EQ(steps_of(notice)[2].event_text, "入柜");
  EXPECT_EQ(steps_of(notice)[3].carrier_code, "YTO");
  EXPECT_EQ(keys_of(notice, "tracking_no"), "A B C");
  EXPECT_EQ(notice.result_code, "IN_LOCKER");
  EXPECT_EQ(notice.reason, "");
  EXPECT_TRUE(has_no_effect(kdniao(kParcels, "107")));
  EXPECT_TRUE(has_no_effect(kdniao(R"({"LogisticCode":"C","State":"0"})")));
}

TEST(CarrierSteps, ATraceThatCannotBeReadDoesNotCostTheOthers) {
  const Notice notice = kdniao(R"({"LogisticCode":"A","Traces":[{"AcceptTime":"soon"}]},)"
                               R"({"LogisticCode":"B","Traces":[{"AcceptTime":"2026-03-10 09:00:00"}]})");
  EXPECT_THAT(told(notice), ElementsAre("B IN_TRANSIT '' 2026-03-10 01:00:00"));
  EXPECT_EQ(notice.reason, "step_unreadable");
  const auto source = made(make_kdniao_source({.name = "kdn", .business_id = {}, .api_keys = {"api-key"}}));
  EXPECT_EQ(refusal(*source, trace(R"({"EBusinessID":"1","Data":[{"LogisticCode":"A","Traces":[{}]}]})", "101")),
            "field_missing");
  EXPECT_EQ(refusal(*source,
                    trace(R"({"EBusinessID":"1","Data":[{"LogisticCode":")" + std::string(65, 'a') + R"("}]})", "101")),
            "field_invalid");
}

TEST(CarrierSteps, OfTooManyTheNewestAreTaken) {
  std::string traces;
  for (int i = 0; i < 1200; ++i) {
    traces += fmt::format(R"({}{{"AcceptTime":"2026-03-10 {:02}:{:02}:00","AcceptStation":"{}"}})", i > 0 ? "," : "",
                          i / 60, i % 60, i);
  }
  const Notice notice = kdniao(R"({"LogisticCode":"A","Traces":[)" + traces + "]}");
  ASSERT_THAT(steps_of(notice), SizeIs(kMostSteps));
  EXPECT_EQ(steps_of(notice).front().event_text, "200");
  EXPECT_EQ(steps_of(notice).back().event_text, "1199");
  EXPECT_EQ(notice.reason, "steps_cut");
}

}  // namespace
}  // namespace yizhan::receive
