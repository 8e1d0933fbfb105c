#include "doctor/service_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "findings.h"

namespace yizhan::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ListenerState listener(const std::string& name, bool listening, bool is_service, bool answers, std::string owner) {
  return {.name = name,
          .setting = "listen." + name,
          .address = "127.0.0.1:7401",
          .listening = listening,
          .is_service = is_service,
          .answers = answers,
          .owner = std::move(owner)};
}

ServiceState healthy() {
  ServiceState state;
  state.examined = true;
  state.store_is_embedded = true;
  state.store_owner = 4711;
  state.listeners = {listener("api", true, true, true, "process 'yizhan' (pid 4711)")};
  state.ready = true;
  return state;
}

TEST(ServiceCheck, NothingToSayOfAHealthyOne) {
  EXPECT_THAT(judge_service(healthy()), IsEmpty());
}

TEST(ServiceCheck, Fault44APortIsTaken) {
  ServiceState state;
  state.listeners = {listener("api", true, false, false, "process 'node' (pid 12)"),
                     listener("push", false, false, false, "")};
  const auto findings = judge_service(state);
  ASSERT_THAT(codes_of(findings), ElementsAre("port_taken", "service_not_running"));
  EXPECT_THAT(findings[0].evidence, HasSubstr("process 'node' (pid 12)"));
  EXPECT_THAT(findings[0].mend, HasSubstr("listen.api"));
}

TEST(ServiceCheck, ItIsThereAndDoesNotAnswer) {
  ServiceState state = healthy();
  state.listeners = {listener("api", true, true, false, "process 'yizhan' (pid 4711)")};
  EXPECT_THAT(codes_of(judge_service(state)), ElementsAre("service_not_answering"));
  state.listeners = {listener("api", false, false, false, "")};
  const auto findings = judge_service(state);
  ASSERT_THAT(codes_of(findings), ElementsAre("service_not_answering"));
  EXPECT_EQ(findings[0].subject, "pid 4711");
}

TEST(ServiceCheck, NotReady) {
  ServiceState state = healthy();
  state.ready = false;
  state.not_ready_because = "the last commit failed";
  const auto findings = judge_service(state);
  ASSERT_THAT(codes_of(findings), ElementsAre("service_not_ready"));
  EXPECT_EQ(findings[0].evidence, "the last commit failed");
}

TEST(ServiceCheck, AnotherServiceThanTheStoresOne) {
  ServiceState state = healthy();
  state.store_owner = 99;
  auto findings = judge_service(state);
  ASSERT_THAT(codes_of(findings), ElementsAre("store_served_elsewhere"));
  EXPECT_THAT(findings[0].evidence, HasSubstr("pid 99"));
  state.store_owner = 471;  // a number that the other one begins with
  EXPECT_THAT(codes_of(judge_service(state)), ElementsAre("store_served_elsewhere"));
  state.store_owner.reset();
  EXPECT_THAT(codes_of(judge_service(state)), ElementsAre("store_served_elsewhere"));
  state.store_is_embedded = false;
  EXPECT_THAT(judge_service(state), IsEmpty()) << "several may serve one PostgreSQL";
}

}  // namespace
}  // namespace yizhan::doctor
