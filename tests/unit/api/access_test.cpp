// Who gets in (fault 42), and which web pages do not.
#include "api/access.h"

#include <gtest/gtest.h>

#include "api_harness.h"

namespace yizhan::api {
namespace {

std::string add_key(RunningApi& api, std::string_view scopes) {
  const NewApiKey made = make_api_key("test", *parse_scopes(scopes), utc_now());
  api.on_writer([&](store::Store& store) { ASSERT_TRUE(store.add_api_key(made.record)); });
  api.on_thread([&] {
    api.api().keys_changed();
    return 0;
  });
  return made.text;
}

std::string bearer(const std::string& key) {
  return "Authorization: Bearer " + key + "\r\n";
}

TEST(Access, LoopbackIsOpenUntilAKeyExists) {
  RunningApi api;
  EXPECT_EQ(api.ask("GET", "/api/v1/events").status, 200);
  const std::string key = add_key(api, "events:read");
  const Answer without = api.ask("GET", "/api/v1/events");
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(without.code(), "credentials_missing");
  EXPECT_TRUE(without.raw.has_line("WWW-Authenticate: Bearer realm=\"yizhan\""));
  EXPECT_EQ(api.ask("GET", "/api/v1/events", "", bearer(key)).status, 200);
  EXPECT_EQ(api.ask("GET", "/api/v1/events", "", "authorization: bearer " + key + "\r\n").status, 200);
}

TEST(Access, AListenerForOthersIsNeverOpen) {
  ApiOptions options;
  options.access.loopback_only = false;
  RunningApi api(options);
  EXPECT_EQ(api.ask("GET", "/api/v1/events").status, 401);
  EXPECT_EQ(api.ask("GET", "/metrics").status, 401);
  EXPECT_EQ(api.ask("GET", "/health").status, 200);
}

TEST(Access, WrongKeysAreRefused) {
  RunningApi api;
  const std::string key = add_key(api, "admin");
  std::string wrong_secret = key, wrong_id = key;
  wrong_secret.back() = key.back() == '0' ? '1' : '0';
  wrong_id[3] = key[3] == '0' ? '1' : '0';
  for (const std::string& header :
       {bearer(wrong_secret), bearer(wrong_id), bearer("yz_"), bearer(""), "Authorization: Basic " + key + "\r\n",
        "Authorization: " + key + "\r\n", bearer(key + " "), "Authorization: Bearer  " + key + "\r\n"}) {
    const Answer answer = api.ask("GET", "/api/v1/events", "", header);
    // The parser takes white space off the end of a field.
    if (header == bearer(key + " ")) {
      EXPECT_EQ(answer.status, 200);
      continue;
    }
    EXPECT_EQ(answer.status, 401) << header;
    EXPECT_EQ(answer.code(), "credentials_invalid");
    // Secrets are never said back (fault 40).
    EXPECT_EQ(answer.raw.body.find(key.substr(16)), std::string::npos);
  }
}

TEST(Access, ScopesLimitWhatAKeyMayDo) {
  RunningApi api;
  const std::string writer = bearer(add_key(api, "events:write"));
  const std::string reader = bearer(add_key(api, "events:read"));
  const std::string admin = bearer(add_key(api, "admin"));
  const std::string event = R"({"platform":"sub2api","event_type":"t","payload":1})";
  const auto status = [&](const std::string& method, const std::string& path, const std::string& key,
                          const std::string& body = "") { return api.ask(method, path, body, key).status; };
  EXPECT_EQ(status("POST", "/api/v1/events", writer, event), 202);
  EXPECT_EQ(status("POST", "/api/v1/events", reader, event), 403);
  EXPECT_EQ(status("POST", "/api/v1/events", admin, event), 202);
  for (const std::string path : {"/api/v1/events", "/api/v1/events/x", "/api/v1/attempts", "/api/v1/dead-letters",
                                 "/api/v1/ledger", "/api/v1/endpoints", "/metrics"}) {
    EXPECT_EQ(status("GET", path, writer), 403) << path;
    EXPECT_NE(status("GET", path, reader), 403) << path;
    EXPECT_NE(status("GET", path, admin), 403) << path;
  }
  for (const std::string path :
       {"/api/v1/replay", "/api/v1/events/discard", "/api/v1/events/x/replay", "/api/v1/endpoints/1/enable"}) {
    EXPECT_EQ(status("POST", path, writer), 403) << path;
    EXPECT_EQ(status("POST", path, reader), 403) << path;
    EXPECT_NE(status("POST", path, admin), 403) << path;
  }
  EXPECT_NE(api.ask("POST", "/api/v1/replay", "", reader).detail().find("admin"), std::string::npos);
}

TEST(Access, ARevokedKeyIsNoticedAndClosesNothingAgain) {
  ApiOptions options;
  options.access.refresh_after = options.access.stale_after = Milliseconds{0};
  RunningApi api(options);
  const std::string key = add_key(api, "admin");
  EXPECT_EQ(api.ask("GET", "/api/v1/events", "", bearer(key)).status, 200);
  // By another process: nobody tells the API, the age of what it knows does.
  api.on_writer([&](store::Store& store) { ASSERT_TRUE(*store.revoke_api_key(key.substr(3, 12), utc_now())); });
  int status = 0;
  const auto give_up = std::chrono::steady_clock::now() + Seconds{20};
  while (status != 401 && std::chrono::steady_clock::now() < give_up) {
    status = api.ask("GET", "/api/v1/events", "", bearer(key)).status;
  }
  EXPECT_EQ(status, 401);
  // The last key is gone, but an installation that had keys stays closed.
  EXPECT_EQ(api.ask("GET", "/api/v1/events").status, 401);
}

TEST(Access, OfAnotherOriginNobodyGetsIn) {
  RunningApi api;
  const auto status = [&](const std::string& header_lines) {
    return api.ask("GET", "/api/v1/events", "", header_lines).status;
  };
  EXPECT_EQ(status("Host: 127.0.0.1:7401\r\nOrigin: http://127.0.0.1:7401\r\n"), 200);
  for (const std::string origin : {"http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1",
                                   "http://127.0.0.1:7401.evil.example"}) {
    const Answer answer = api.ask("GET", "/api/v1/events", "", "Host: 127.0.0.1:7401\r\nOrigin: " + origin + "\r\n");
    EXPECT_EQ(answer.status, 403) << origin;
    EXPECT_EQ(answer.code(), "cross_site_request");
  }
}

TEST(Access, AnOpenListenerAnswersUnderLoopbackNamesOnly) {
  ApiOptions options;
  options.access.allowed_hosts = {"station.internal"};
  RunningApi api(options);
  const auto status = [&](const std::string& host) {
    return api.ask("GET", "/api/v1/events", "", "Host: " + host + "\r\n").status;
  };
  for (const std::string host :
       {"127.0.0.1", "127.0.0.1:7401", "LocalHost:7401", "[::1]:7401", "127.8.8.8", "station.internal:1"}) {
    EXPECT_EQ(status(host), 200) << host;
  }
  for (const std::string host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7401", "10.0.0.1",
                                 "[fe80::1]", "[", "[]", ":7401"}) {
    EXPECT_EQ(status(host), 403) << host;
  }
  // With a key the name does not matter: a page cannot know the key.
  const std::string key = add_key(api, "events:read");
  EXPECT_EQ(api.ask("GET", "/api/v1/events", "", "Host: evil.example\r\n" + bearer(key)).status, 200);
}

TEST(Access, AKeyThatEndsLaterIsValidUntilThen) {
  ApiOptions options;  // the keys are not read again within this test
  options.access.refresh_after = options.access.stale_after = Seconds{3600};
  RunningApi api(options);
  const NewApiKey made = make_api_key("test", *parse_scopes("events:read"), utc_now());
  const auto with_end = [&](UtcTime ends_at) {
    store::ApiKey key = made.record;
    key.revoked_at = ends_at;
    api.on_thread([&] {
      api.api().set_keys({key});
      return 0;
    });
    return api.ask("GET", "/api/v1/events", "", bearer(made.text)).status;
  };
  EXPECT_EQ(with_end(utc_now() + Seconds{60}), 200);
  EXPECT_EQ(with_end(utc_now()), 401);
  // It was valid when the keys were set, and nobody reads them again.
  const UtcTime ends_at = utc_now() + Milliseconds{300};
  const bool was_valid = with_end(ends_at) == 200;
  EXPECT_TRUE(was_valid || utc_now() >= ends_at);
  int status = 200;
  while (utc_now() < ends_at || status == 200) {
    status = api.ask("GET", "/api/v1/events", "", bearer(made.text)).status;
    ASSERT_LT(utc_now(), ends_at + Seconds{60}) << "it is refused when its time has come";
  }
  EXPECT_EQ(status, 401);
}

TEST(Access, AListenerForOthersNeedsAKeyToStart) {
  store::ApiKey valid;
  valid.id = "a";
  store::ApiKey revoked = valid;
  revoked.revoked_at = utc_now();
  EXPECT_TRUE(check_listener({"127.0.0.1", 7401}, {}));
  EXPECT_TRUE(check_listener({"0.0.0.0", 7401}, {revoked, valid}));
  store::ApiKey ending = valid;
  ending.revoked_at = utc_now() + Seconds{60};
  EXPECT_TRUE(check_listener({"0.0.0.0", 7401}, {ending}));
  for (const auto& keys : {std::vector<store::ApiKey>{}, std::vector{revoked}}) {
    const auto refused = check_listener({"0.0.0.0", 7401}, keys);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "credentials_required");
    EXPECT_NE(refused.error().message.find("0.0.0.0:7401"), std::string::npos);
  }
}

}  // namespace
}  // namespace yizhan::api
