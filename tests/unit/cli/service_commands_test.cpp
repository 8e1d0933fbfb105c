#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command_runner.h"
#include "fake_service.h"

namespace yizhan::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ServiceCommandTest : public StoreCommandTest {
 public:
  void SetUp() override {
    StoreCommandTest::SetUp();
    commands.environment["YIZHAN_API_LISTEN"] = service.address();
    service.answer(202, R"({"id":"0198c0de-0000-7000-8000-000000000000","status":"pending","duplicate":false})");
  }
  FakeService service;
};

TEST_F(ServiceCommandTest, EmitHandsOverToTheServiceThatListens) {
  commands.environment["YIZHAN_API_KEY"] = "yz_key";
  const std::string out = commands.output_of({"emit", "crm", "order.paid", R"({ "order" : 1.0 })", "--target", "/cb",
                                              "--correlation", "order-1", "--not-before", "2026-02-06T08:30:00Z"});
  EXPECT_EQ(
      out, "0198c0de-0000-7000-8000-000000000000  pending, taken by the service at http://" + service.address() + "\n");
  ASSERT_THAT(service.seen(), SizeIs(1));
  const auto request = service.seen().front();
  EXPECT_EQ(request.method + " " + request.path, "POST /api/v1/events");
  EXPECT_EQ(request.authorization, "Bearer yz_key");
  EXPECT_EQ(request.body,
            R"({"platform":"crm","event_type":"order.paid","payload":{ "order" : 1.0 },"callback_target":"/cb",)"
            R"("not_before":"2026-02-06T08:30:00.000000Z","correlation":"order-1"})")
      << "the payload as it was typed";
  EXPECT_EQ(commands.opened().count({}).value(), 0) << "nothing was written beside the service";
}

TEST_F(ServiceCommandTest, WhoeverNamesAStoreMeansThatStore) {
  const std::string store = "sqlite:" + (commands.folder() / "data" / "yizhan.db").string();
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"--store", store}, {"--data-dir", (commands.folder() / "data").string()}, {"--direct"}, {"--raw"}}) {
    std::vector<std::string> arguments{"emit", "crm", "order.paid", "{}"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_THAT(commands.output_of(arguments), HasSubstr("taken by the store")) << more.front();
  }
  EXPECT_THAT(service.seen(), IsEmpty());
  commands.output_of({"emit", "crm", "order.paid", "{}", "--store", store, "--url", "http://" + service.address()});
  EXPECT_THAT(service.seen(), SizeIs(1)) << "but a service that is named is meant most of all";
}

TEST_F(ServiceCommandTest, TheServicesErrorIsToldWithItsCode) {
  service.answer(401, R"({"title":"No credentials","status":401,"code":"credentials_missing","detail":"send a key"})");
  const CommandOutcome refused = commands.run({"emit", "crm", "order.paid", "{}"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("answered 401: send a key"), HasSubstr("[credentials_missing]")));
  service.answer(200, "<html>hello</html>");
  const CommandOutcome stranger = commands.run({"emit", "crm", "order.paid", "{}"});
  EXPECT_EQ(stranger.status, 1);
  EXPECT_THAT(stranger.err, AllOf(HasSubstr("another program"), HasSubstr("[service_answer_unexpected]")));
  EXPECT_EQ(commands.opened().count({}).value(), 0) << "what a service refused is not smuggled past it";
}

TEST_F(ServiceCommandTest, TheApiKeyIsNeverShown) {
  service.answer(403, R"({"code":"scope_missing","detail":"this key may not"})");
  const CommandOutcome outcome = commands.run({"emit", "crm", "order.paid", "{}", "--api-key", "yz_canary"});
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("canary")));
  EXPECT_EQ(service.seen().front().authorization, "Bearer yz_canary");
}

TEST_F(ServiceCommandTest, AServiceThatDoesNotAnswerMayHaveTakenTheEvent) {
  const CommandOutcome outcome = commands.run({"emit", "crm", "order.paid", "{}", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--idempotency-key"), HasSubstr("[service_unavailable]")));
  EXPECT_EQ(commands.opened().count({}).value(), 0);
}

TEST_F(ServiceCommandTest, EndpointsListShowsWhatTheDispatcherKnows) {
  const std::string endpoint =
      R"({"key":"42","platform":"crm","url":"https://crm.example/cb","breaker":"open","paused_until":null,"in_flight":3,)"
      R"("queued":7,"failures_in_row":12,"last_error":"timeout","disabled":false,"disabled_reason":null,"disabled_at":null})";
  service.answer(200, R"({"endpoints":[)" + endpoint + "]}");
  const std::string text = commands.output_of({"endpoints", "list"});
  EXPECT_THAT(text, AllOf(HasSubstr("breaker open"), HasSubstr("https://crm.example/cb"), HasSubstr("12"),
                          HasSubstr("timeout")));
  EXPECT_EQ(commands.output_of({"endpoints", "list", "--json"}), endpoint + "\n");
  EXPECT_EQ(commands.output_of({"endpoints", "list", "--direct"}), "No endpoint is disabled.\n");
}

}  // namespace
}  // namespace yizhan::cli
