// Who may use the push server: by token, by key, and on an open listener.
#include "api/push_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "push_harness.h"

namespace yizhan::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "super-secret-jwt-token-with-at-least-32-characters";
constexpr const char* kRegister = "/api/v1/push/register";
constexpr const char* kDevice = R"({"cid":"c-1"})";

std::string token(const std::string& role, Seconds lives = Seconds{3600}, const std::string& secret = kSecret) {
  const UtcTime now = utc_now();
  return verify::JwtKey(secret).issue(
      {.role = role, .issuer = "supabase", .issued_at = now, .expires_at = now + lives});
}
std::string apikey(const std::string& credential) {
  return "apikey: " + credential + "\r\n";
}
std::string bearer(const std::string& credential) {
  return "Authorization: Bearer " + credential + "\r\n";
}

PushServerOptions with_secret() {
  return {.access = {.loopback_only = false}, .jwt_secret = kSecret};
}

std::string code_of(RunningPushServer& push, const std::string& path, const std::string& header_lines) {
  const Answer answer =
      path == kRegister ? push.post(path, kDevice, header_lines) : push.ask("GET", path, "", header_lines);
  if (answer.status == 200) return "ok";
  EXPECT_FALSE(answer.body.at("ok").as_bool());
  return answer.code();
}

TEST(PushAccess, AnonMayRegisterAndNothingElse) {
  RunningPushServer push(with_secret());
  const std::string anon = token("anon");
  EXPECT_EQ(code_of(push, kRegister, apikey(anon)), "ok");
  EXPECT_EQ(code_of(push, kRegister, bearer(anon)), "ok");
  EXPECT_EQ(push.post("/api/v1/push/unregister", kDevice, apikey(anon)).status, 200);
  for (const std::string path : {"/api/v1/push/devices", "/api/v1/notifications", "/api/v1/notifications/x"}) {
    const Answer answer = push.ask("GET", path, "", apikey(anon));
    EXPECT_EQ(answer.status, 403) << path;
    EXPECT_EQ(answer.code(), "token_role_insufficient") << path;
  }
  for (const std::string path : {"/api/v1/push/send", "/api/v1/notifications"}) {
    EXPECT_EQ(push.post(path, R"({"user_id":"u","content":"t"})", apikey(anon)).status, 403) << path;
  }
  EXPECT_EQ(push.notifications_due, 0);
}

TEST(PushAccess, ServiceRoleMayDoEverything) {
  RunningPushServer push(with_secret());
  const std::string service = token("service_role");
  EXPECT_EQ(code_of(push, kRegister, apikey(service)), "ok");
  EXPECT_EQ(code_of(push, "/api/v1/push/devices", bearer(service)), "ok");
  EXPECT_EQ(code_of(push, "/api/v1/notifications", apikey(service)), "ok");
  EXPECT_EQ(push.post("/api/v1/push/send", R"({"user_id":"u","content":"t"})", apikey(service)).status, 202);
}

TEST(PushAccess, WhyATokenIsRefusedIsTold) {
  RunningPushServer push(with_secret());
  const std::string good = token("service_role");
  EXPECT_EQ(code_of(push, kRegister, ""), "credentials_missing");
  EXPECT_EQ(code_of(push, kRegister, apikey(token("anon", Seconds{-60}))), "token_expired");
  EXPECT_EQ(code_of(push, kRegister, apikey(token("anon", Seconds{60}, "another"))), "token_signature_mismatch");
  EXPECT_EQ(code_of(push, kRegister, apikey(good + "!")), "token_malformed");
  EXPECT_EQ(code_of(push, kRegister, apikey("eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.")),
            "token_algorithm_refused");
  EXPECT_EQ(code_of(push, kRegister, apikey(token("authenticated"))), "token_role_insufficient");
  EXPECT_EQ(code_of(push, kRegister, apikey(token(""))), "token_role_insufficient");
  const Answer expired = push.post(kRegister, kDevice, apikey(token("anon", Seconds{-60})));
  EXPECT_EQ(expired.status, 401);
  EXPECT_TRUE(expired.raw.has_line("WWW-Authenticate: Bearer realm=\"yizhan\""));
  EXPECT_THAT(expired.text("message"), HasSubstr("expired at"));
}

TEST(PushAccess, OfTwoCredentialsTheBetterCounts) {
  RunningPushServer push(with_secret());
  const std::string devices = "/api/v1/push/devices";
  const std::string both = apikey(token("anon")) + bearer(token("service_role"));
  EXPECT_EQ(code_of(push, devices, both), "ok");
  EXPECT_EQ(code_of(push, devices, apikey(token("service_role")) + bearer(token("authenticated"))), "ok");
  EXPECT_EQ(code_of(push, kRegister, apikey(token("anon")) + bearer(token("authenticated"))), "ok");
  EXPECT_EQ(code_of(push, devices, apikey(token("anon")) + bearer("junk")), "token_role_insufficient");
  EXPECT_EQ(code_of(push, devices, apikey("junk") + "Authorization: Basic eDp5\r\n"), "token_malformed");
}

TEST(PushAccess, KeysHaveScopes) {
  RunningPushServer push({.access = {.loopback_only = false}});
  const std::string phones = push.add_key("push:register");
  const std::string reader = push.add_key("push:read");
  const std::string writer = push.add_key("push:write");
  const std::string admin = push.add_key("admin");
  const std::string other = push.add_key("events:write events:read");
  const auto statuses = [&](const std::string& key) {
    return std::vector<int>{push.post(kRegister, kDevice, apikey(key)).status,
                            push.ask("GET", "/api/v1/push/devices", "", bearer(key)).status,
                            push.ask("GET", "/api/v1/notifications", "", bearer(key)).status,
                            push.post("/api/v1/push/send", R"({"user_id":"u","content":"t"})", bearer(key)).status};
  };
  EXPECT_EQ(statuses(phones), (std::vector<int>{200, 403, 403, 403}));
  EXPECT_EQ(statuses(reader), (std::vector<int>{403, 200, 200, 403}));
  EXPECT_EQ(statuses(writer), (std::vector<int>{403, 403, 403, 202}));
  EXPECT_EQ(statuses(admin), (std::vector<int>{200, 200, 200, 202}));
  EXPECT_EQ(statuses(other), (std::vector<int>{403, 403, 403, 403}));
  EXPECT_EQ(code_of(push, kRegister, apikey(reader)), "scope_missing");
  std::string wrong = phones;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_EQ(code_of(push, kRegister, apikey(wrong)), "credentials_invalid");
  EXPECT_EQ(code_of(push, kRegister, apikey(token("anon"))), "token_not_accepted");
}

TEST(PushAccess, OnLoopbackItIsOpenUntilACredentialExists) {
  RunningPushServer push;
  EXPECT_EQ(code_of(push, kRegister, ""), "ok");
  EXPECT_EQ(code_of(push, "/api/v1/push/devices", ""), "ok");
  EXPECT_EQ(code_of(push, kRegister, "Host: evil.example\r\n"), "host_not_allowed");
  EXPECT_EQ(code_of(push, kRegister, "Host: 127.0.0.1:7301\r\nOrigin: http://evil.example\r\n"), "cross_site_request");
  push.add_key("admin");
  EXPECT_EQ(code_of(push, kRegister, ""), "credentials_missing");

  RunningPushServer with_tokens({.jwt_secret = kSecret});
  EXPECT_EQ(code_of(with_tokens, kRegister, ""), "credentials_missing");
  EXPECT_EQ(code_of(with_tokens, kRegister, apikey(token("anon")) + "Host: a.example\r\nOrigin: http://b.example\r\n"),
            "ok")
      << "a page cannot know the token";
}

TEST(PushAccess, SecretsAndTokensAreNeverSaidBack) {
  RunningPushServer push(with_secret());
  const std::string expired = token("anon", Seconds{-60});
  const Answer answer = push.post(kRegister, kDevice, apikey(expired));
  EXPECT_THAT(answer.raw.body, Not(HasSubstr(expired.substr(0, 12))));
  EXPECT_THAT(answer.raw.body, Not(HasSubstr("super-secret")));
}

TEST(PushAccess, AListenerForOthersNeedsACredentialToStart) {
  store::ApiKey valid;
  store::ApiKey revoked;
  revoked.revoked_at = utc_now();
  EXPECT_TRUE(check_push_listener({"127.0.0.1", 7301}, false, {}));
  EXPECT_TRUE(check_push_listener({"0.0.0.0", 7301}, true, {}));
  EXPECT_TRUE(check_push_listener({"0.0.0.0", 7301}, false, {valid}));
  for (const auto& keys : {std::vector<store::ApiKey>{}, std::vector{revoked}}) {
    const auto refused = check_push_listener({"0.0.0.0", 7301}, false, keys);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "credentials_required");
    EXPECT_THAT(refused.error().message, HasSubstr("0.0.0.0:7301"));
  }
}

}  // namespace
}  // namespace yizhan::api
