// Each platform's events go by its lane.
#include "dispatch/lanes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yizhan::dispatch {
namespace {

/// Says which lane it was asked of.
class NamedLane final : public Lane {
 public:
  explicit NamedLane(std::string name) : name_(std::move(name)) {}

  Result<std::shared_ptr<const Route>> route(std::string_view platform, std::string_view callback_target) override {
    auto route = std::make_shared<Route>();
    route->endpoint_url = name_ + ":" + std::string(platform) + ":" + std::string(callback_target);
    return route;
  }
  void send(store::Event& event, const Route&, Done done) override {
    sent.push_back(event.id);
    done({});
  }

  std::vector<std::string> sent;

 private:
  std::string name_;
};

TEST(Lanes, SendEachPlatformItsOwnWay) {
  NamedLane callbacks("callbacks");
  NamedLane push("push");
  NamedLane alerts("alerts");
  Lanes lanes(callbacks);
  lanes.add("push", push);
  lanes.add("alert", alerts);
  EXPECT_EQ((*lanes.route("crm", "/cb"))->endpoint_url, "callbacks:crm:/cb");
  EXPECT_EQ((*lanes.route("push", ""))->endpoint_url, "push:push:");
  EXPECT_EQ((*lanes.route("alert", ""))->endpoint_url, "alerts:alert:");
  for (const char* near : {"", "pus", "push2", "PUSH"}) {
    EXPECT_TRUE((*lanes.route(near, ""))->endpoint_url.starts_with("callbacks:")) << near;
  }

  int done = 0;
  for (const char* platform : {"push", "crm", "alert", "push"}) {
    store::Event event;
    event.id = std::to_string(done);
    event.platform = platform;
    lanes.send(event, Route{}, [&](const AttemptOutcome&) { ++done; });
  }
  EXPECT_EQ(done, 4);
  EXPECT_EQ(push.sent, (std::vector<std::string>{"0", "3"}));
  EXPECT_EQ(callbacks.sent, (std::vector<std::string>{"1"}));
  EXPECT_EQ(alerts.sent, (std::vector<std::string>{"2"}));
}

TEST(Lanes, AFamilyGoesOneWay) {
  NamedLane callbacks("callbacks");
  NamedLane alerts("alerts");
  Lanes lanes(callbacks);
  lanes.add_family("alert:", alerts);
  EXPECT_EQ((*lanes.route("alert:ops", ""))->endpoint_url, "alerts:alert:ops:");
  EXPECT_EQ((*lanes.route("alert:", ""))->endpoint_url, "alerts:alert::");
  for (const char* near : {"", "alert", "alerts:ops", "an-alert:ops"}) {
    EXPECT_TRUE((*lanes.route(near, ""))->endpoint_url.starts_with("callbacks:")) << near;
  }
}

}  // namespace
}  // namespace yizhan::dispatch
