// Getui's token: one auth for however many calls, renewed when it is spent or refused, not hammered when it fails.
#include "push/getui_token.h"

#include "getui_service.h"
#include "verify/digest.h"

namespace yizhan::push {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

class GetuiTokenTest : public GetuiService {
 protected:
  using Got = std::expected<std::string, AttemptOutcome>;

  GetuiTokenOptions options() const {
    return {.url = std::make_shared<const http::Url>(http::parse_url(url("/v2/app1/auth")).value()),
            .app_key = std::string(kAppKey),
            .master_secret = std::string(kMasterSecret),
            .extra_networks = loopback(),
            .shortest_interval = Milliseconds(1)};
  }
  Got get(GetuiToken& from) {
    std::optional<Got> got;
    from.get([&](Got result) { got = std::move(result); });
    EXPECT_FALSE(got.has_value()) << "get() must not call back before it returns";
    run_until([&] { return got.has_value(); });
    return *got;
  }
};

TEST_F(GetuiTokenTest, IsAskedForAsDocumented) {
  GetuiToken source(io, *client, options());
  const UtcTime before = utc_now();
  EXPECT_EQ(get(source), "token-1");
  const boost::json::object body = calls("/v2/app1/auth").at(0).json();
  const auto timestamp = boost::json::value_to<std::string>(body.at("timestamp"));
  EXPECT_EQ(timestamp.size(), 13U);
  EXPECT_GE(std::stoll(timestamp), to_unix_micros(before) / 1000);
  EXPECT_LE(std::stoll(timestamp), to_unix_micros(utc_now()) / 1000);
  EXPECT_EQ(body.at("appkey"), "the-app-key");
  EXPECT_EQ(boost::json::value_to<std::string>(body.at("sign")),
            verify::sha256_hex("the-app-key" + timestamp + "the-master-secret"));
  EXPECT_EQ(body.size(), 3U);
  EXPECT_EQ(received.at(0).token, "") << "nothing but the signature says who asks";
}

TEST_F(GetuiTokenTest, FiveHundredThatWaitCostOneAuth) {
  const auto getui = channel();
  EXPECT_THAT(classes_of(send_all(*getui, devices(500))), Each(""));
  EXPECT_EQ(auths(), 1U);
  EXPECT_THAT(classes_of(send_all(*getui, devices(500))), Each(""));
  EXPECT_EQ(auths(), 1U) << "and it is kept";
}

TEST_F(GetuiTokenTest, OneThatIsRefusedIsRenewedOnceForAll) {
  const auto getui = channel(10);
  send(*getui, message_to("cid-1"));
  token = "another";  // somebody took ours back
  EXPECT_THAT(classes_of(send_all(*getui, devices(500))), Each(""));
  EXPECT_EQ(auths(), 2U);
  EXPECT_EQ(batches(), 100U) << "each call is repeated once";
}

TEST_F(GetuiTokenTest, OneThatIsRefusedAgainIsWrong) {
  takes_no_token = true;
  const auto getui = channel();
  for (const AttemptOutcome& outcome : send_all(*getui, devices(50))) {
    EXPECT_EQ(outcome.error_class, ErrorClass::kPushUnauthorized);
    EXPECT_THAT(outcome.error_message, HasSubstr("10001"));
  }
  EXPECT_EQ(auths(), 2U);
  EXPECT_EQ(batches(), 2U);
}

TEST_F(GetuiTokenTest, AuthsKeepTheirDistance) {
  GetuiTokenOptions slow = options();
  slow.shortest_interval = Milliseconds(200);
  GetuiToken source(io, *client, slow);
  ASSERT_EQ(get(source), "token-1");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 2; i <= 4; ++i) {
    source.refused(token);
    EXPECT_EQ(get(source), token);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Milliseconds(550));
  EXPECT_EQ(auths(), 4U);
}

TEST_F(GetuiTokenTest, AnOldOneThatIsRefusedLateChangesNothing) {
  GetuiToken source(io, *client, options());
  ASSERT_EQ(get(source), "token-1");
  source.refused("token-1");
  ASSERT_EQ(get(source), "token-2");
  source.refused("token-1");
  EXPECT_EQ(get(source), "token-2");
  EXPECT_EQ(auths(), 2U);
}

TEST_F(GetuiTokenTest, IsRenewedBeforeItExpires) {
  on_auth = [this](const Received&, http::Responder responder) { issue_token(std::move(responder), 299'000); };
  GetuiTokenOptions strict = options();
  strict.shortest_life = Seconds(0);
  GetuiToken source(io, *client, strict);
  EXPECT_EQ(get(source), "token-1");
  EXPECT_EQ(get(source), "token-2") << "fewer than 300 s are left: the next call would come too late";
  on_auth = [this](const Received&, http::Responder responder) { issue_token(std::move(responder), 400'000); };
  EXPECT_EQ(get(source), "token-3");
  EXPECT_EQ(get(source), "token-3");
}

TEST_F(GetuiTokenTest, AnExpireTimeOfAnotherClockDoesNoHarm) {
  for (const char* expire_time :
       {"\"0\"", "\"-5\"", "1", "\"\"", "null", "\"soon\"", "99999999999999999", "{}", "1e300"}) {
    const std::size_t before = auths();
    on_auth = [&](const Received&, http::Responder responder) {
      token = "t";
      respond(std::move(responder),
              fmt::format(R"({{"code":0,"data":{{"expire_time":{},"token":"t"}}}})", expire_time));
    };
    GetuiToken source(io, *client, options());
    EXPECT_EQ(get(source), "t") << expire_time;
    EXPECT_EQ(get(source), "t") << expire_time;
    EXPECT_EQ(auths(), before + 1) << "not once a call";
  }
}

TEST_F(GetuiTokenTest, AFailedAuthIsNotRepeatedForAWhile) {
  on_auth = [](const Received&, http::Responder responder) {
    respond(std::move(responder), refusal(20001, "sign is invalid"), 400);
  };
  const auto getui = channel();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) {
    const AttemptOutcome outcome = send(*getui, message_to("cid-1"));
    EXPECT_EQ(outcome.error_class, ErrorClass::kPushUnauthorized);
    EXPECT_THAT(outcome.error_message, HasSubstr("sign is invalid"));
    EXPECT_EQ(outcome.response_status, 400);
  }
  const auto seconds = std::chrono::floor<Seconds>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_LE(auths(), 2U + static_cast<unsigned>(seconds)) << "at most one a second";
  EXPECT_EQ(singles(), 0U);
}

TEST_F(GetuiTokenTest, RecoversAfterAFailure) {
  on_auth = [](const Received&, http::Responder responder) { respond(std::move(responder), "", 502); };
  GetuiTokenOptions brief = options();
  brief.failure_pause = Milliseconds(20);
  GetuiToken source(io, *client, brief);
  ASSERT_FALSE(get(source));
  on_auth = {};
  for (;;) {  // until the pause is over
    if (const Got got = get(source)) {
      EXPECT_EQ(*got, "token-1");
      break;
    }
  }
  EXPECT_EQ(auths(), 2U);
}

TEST_F(GetuiTokenTest, WhatAFailureMeansForTheCallsIsNeverFinal) {
  struct Case {
    int status;
    std::string body;
    ErrorClass expected;
  };
  for (const Case& each :
       {Case{200, refusal(10001, "sign error"), ErrorClass::kPushUnauthorized},
        Case{401, refusal(10002, ""), ErrorClass::kPushUnauthorized},
        Case{401, refusal(10003, ""), ErrorClass::kPushThrottled},
        Case{400, refusal(20001, "target user is invalid"), ErrorClass::kPushUnauthorized},
        Case{200, refusal(1, ""), ErrorClass::kPushUnauthorized}, Case{500, "", ErrorClass::kHttp5xx},
        Case{404, "no such page", ErrorClass::kHttp4xx}, Case{200, "<html>", ErrorClass::kPushFailed},
        Case{200, R"({"code":0})", ErrorClass::kPushFailed},
        Case{200, R"({"code":0,"data":[]})", ErrorClass::kPushFailed},
        Case{200, R"({"code":0,"data":{"token":""}})", ErrorClass::kPushFailed},
        Case{200, R"({"code":0,"data":{"token":7}})", ErrorClass::kPushFailed},
        Case{200, R"({"code":0,"data":{"token":"a\r\nX: y"}})", ErrorClass::kPushFailed}}) {
    on_auth = [&](const Received&, http::Responder responder) {
      respond(std::move(responder), each.body, each.status);
    };
    GetuiToken source(io, *client, options());
    const Got got = get(source);
    ASSERT_FALSE(got) << each.body;
    EXPECT_EQ(got.error().error_class, each.expected) << each.body;
    EXPECT_FALSE(is_final(got.error().error_class));
    EXPECT_FALSE(got.error().error_message.empty());
    EXPECT_EQ(got.error().response_head, "") << "it might hold a token";
  }
}

TEST_F(GetuiTokenTest, AnAuthThatHangsEndsInTime) {
  on_auth = [this](const Received&, http::Responder responder) { hanging.push_back(std::move(responder)); };
  const auto getui = channel(200, Milliseconds(100));
  EXPECT_THAT(classes_of(send_all(*getui, devices(20))), Each(to_string(ErrorClass::kTimeout)));
  EXPECT_EQ(auths(), 1U);
}

TEST_F(GetuiTokenTest, NoSecretIsSaid) {
  on_auth = [](const Received& request, http::Responder responder) {
    respond(std::move(responder),
            refusal(20001, fmt::format("key the-app-key secret the-master-secret in {}", request.body.size())), 400);
  };
  GetuiToken source(io, *client, options());
  const Got got = get(source);
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().error_message, Not(HasSubstr("the-app-key")));
  EXPECT_THAT(got.error().error_message, Not(HasSubstr("the-master-secret")));
}

TEST_F(GetuiTokenTest, HidesThisTokenAndTheLast) {
  GetuiToken source(io, *client, options());
  ASSERT_EQ(get(source), "token-1");
  source.refused("token-1");
  ASSERT_EQ(get(source), "token-2");
  EXPECT_EQ(source.hide("token-1 token-2 the-master-secret the-app-key token-3"), "*** *** *** *** token-3");
}

}  // namespace
}  // namespace yizhan::push
