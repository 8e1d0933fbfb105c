#include "http/router.h"

#include <gtest/gtest.h>

#include "server_harness.h"

namespace yizhan::http {
namespace {

Router make_router() {
  Router router;
  const auto named = [](std::string name) {
    return [name = std::move(name)](ServerRequest&, const PathParameters& parameters, Responder responder) {
      responder.answer({.body = name + " " + std::string(parameters["id"])});
    };
  };
  router.add("GET", "/events", named("list"));
  router.add("POST", "/events", named("accept"));
  router.add("GET", "/events/{id}", named("show"));
  router.add("POST", "/events/discard", named("discard"));
  router.add("POST", "/events/{id}/replay", named("replay"));
  router.add("GET", "/", named("root"));
  return router;
}

class RouterTest : public testing::Test {
 protected:
  RawResponse ask(const std::string& method, const std::string& target) {
    RawPeer peer(running_.port);
    peer.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return peer.receive(method == "HEAD");
  }

  Router router_ = make_router();
  RunningServer running_{
      [this](ServerRequest& request, Responder responder) { router_.handle(request, std::move(responder)); }};
};

TEST_F(RouterTest, FindsTheHandler) {
  EXPECT_EQ(ask("GET", "/events").body, "list ");
  EXPECT_EQ(ask("POST", "/events").body, "accept ");
  EXPECT_EQ(ask("GET", "/events/42?x=y").body, "show 42");
  EXPECT_EQ(ask("POST", "/events/discard").body, "discard ");
  EXPECT_EQ(ask("POST", "/events/discard/replay").body, "replay discard");
  EXPECT_EQ(ask("GET", "/events/a%2Fb%20c").body, "show a/b c");
  EXPECT_EQ(ask("GET", "/").body, "root ");
  EXPECT_EQ(ask("HEAD", "/events").status, 200);
}

TEST_F(RouterTest, RefusesWhatIsNotThere) {
  for (const std::string path : {"/event", "/events/", "/events//replay", "/events/1/2/3", "//events", "/events/%",
                                 "/events/%00", "/events/%ff"}) {
    const RawResponse response = ask("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_NE(response.body.find("\"code\":\"not_found\""), std::string::npos);
  }
}

TEST_F(RouterTest, ListsTheMethodsOfAPath) {
  const RawResponse refused = ask("DELETE", "/events");
  EXPECT_EQ(refused.status, 405);
  EXPECT_TRUE(refused.has_line("Allow: GET, HEAD, POST, OPTIONS"));
  EXPECT_NE(refused.body.find("\"code\":\"method_not_allowed\""), std::string::npos);
  const RawResponse options = ask("OPTIONS", "/events/discard");
  EXPECT_EQ(options.status, 204);
  // `/events/{id}` has GET, but the literal path is another.
  EXPECT_TRUE(options.has_line("Allow: POST, OPTIONS"));
}

TEST_F(RouterTest, NamesThePattern) {
  EXPECT_EQ(router_.pattern_of("/events/7/replay"), "/events/{id}/replay");
  EXPECT_EQ(router_.pattern_of("/nothing"), "");
  EXPECT_EQ(router_.routes().size(), 6U);
}

TEST(Router, TwoHandlersForOneRouteAreADefect) {
  Router router = make_router();
  EXPECT_THROW(router.add("GET", "/events", nullptr), std::logic_error);
}

TEST(Query, IsDecoded) {
  const auto values = parse_query("a=1&b=x+y%2B&&c&=d&a=%E4%B8%AD");
  ASSERT_TRUE(values.has_value());
  const std::vector<std::pair<std::string, std::string>> expected{
      {"a", "1"}, {"b", "x y+"}, {"c", ""}, {"", "d"}, {"a", "中"}};
  EXPECT_EQ(*values, expected);
  for (const std::string_view bad : {"a=%", "a=%4", "a=%zz", "%00=1", "a=%ff"})
    EXPECT_FALSE(parse_query(bad).has_value()) << bad;
}

}  // namespace
}  // namespace yizhan::http
