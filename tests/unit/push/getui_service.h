// Getui on a real server: tokens that it issues and takes back, and what it says of each device.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "push/getui.h"
#include "push_service.h"

namespace yizhan::push {

class GetuiService : public PushService {
 public:
  static constexpr std::string_view kMasterSecret = "the-master-secret";
  static constexpr std::string_view kAppKey = "the-app-key";

  GetuiService() {
    answer = [this](const Received& request, http::Responder responder) { serve(request, std::move(responder)); };
  }

  std::unique_ptr<Channel> channel(std::size_t batch = 200, Milliseconds timeout = Seconds(20)) {
    return make_getui(io, *client,
                      {.base_url = url("/v2/"),
                       .app_id = "app1",
                       .app_key = std::string(kAppKey),
                       .master_secret = std::string(kMasterSecret),
                       .timeout = timeout,
                       .batch = batch,
                       .time_to_live = Seconds(7200),
                       .shortest_auth_interval = Milliseconds(1),
                       .extra_networks = loopback()})
        .value();
  }

  /// What the device's state is; `successed_online` unless it stands here. Empty: the answer leaves it out.
  std::map<std::string, std::string> states;
  /// Of another app, or none: a call that names one is refused.
  std::vector<std::string> unknown_cids;
  std::function<void(const Received&, http::Responder)> on_auth;
  std::string token = "token-0";
  int tokens_issued = 0;
  bool takes_no_token = false;

  std::vector<Received> calls(std::string_view path) const {
    std::vector<Received> found;
    std::ranges::copy_if(received, std::back_inserter(found),
                         [path](const Received& each) { return each.path == path; });
    return found;
  }
  std::size_t auths() const { return calls("/v2/app1/auth").size(); }
  std::size_t singles() const { return calls("/v2/app1/push/single/cid").size(); }
  std::size_t batches() const { return calls("/v2/app1/push/single/batch/cid").size(); }

  static std::string refusal(int code, std::string_view message) {
    return fmt::format(R"({{"code":{},"msg":"{}"}})", code, message);
  }
  void issue_token(http::Responder responder, std::int64_t milliseconds_of_life = 86'400'000) {
    token = fmt::format("token-{}", ++tokens_issued);
    respond(std::move(responder),
            fmt::format(R"({{"code":0,"msg":"success","data":{{"expire_time":"{}","token":"{}"}}}})",
                        to_unix_micros(utc_now()) / 1000 + milliseconds_of_life, token));
  }
  void serve(const Received& request, http::Responder responder) {
    if (request.path == "/v2/app1/auth") {
      return on_auth ? on_auth(request, std::move(responder)) : issue_token(std::move(responder));
    }
    if (takes_no_token || request.token != token)
      return respond(std::move(responder), refusal(10001, "token error"), 401);
    if (request.path == "/v2/app1/push/single/cid") return push({request.json()}, std::move(responder));
    if (request.path == "/v2/app1/push/single/batch/cid") {
      std::vector<boost::json::object> messages;
      const boost::json::object body = request.json();
      for (const auto& message : body.at("msg_list").as_array()) messages.push_back(message.as_object());
      return push(messages, std::move(responder));
    }
    respond(std::move(responder), refusal(404, "url error"), 404);
  }

  static std::string cid_of(const boost::json::object& message) {
    return boost::json::value_to<std::string>(message.at("audience").at("cid").at(0));
  }

  void push(const std::vector<boost::json::object>& messages, http::Responder responder) {
    boost::json::object data;
    for (const boost::json::object& message : messages) {
      const std::string cid = cid_of(message);
      if (std::ranges::count(unknown_cids, cid) > 0) {
        return respond(std::move(responder), refusal(20001, "target user is invalid"), 400);
      }
      const auto state = states.find(cid);
      if (state != states.end() && state->second.empty()) continue;
      data["RASS_" + boost::json::value_to<std::string>(message.at("request_id"))] =
          boost::json::object{{cid, state == states.end() ? "successed_online" : state->second}};
    }
    respond(std::move(responder),
            boost::json::serialize(boost::json::object{{"code", 0}, {"msg", "success"}, {"data", data}}));
  }
};

/// `count` devices: cid-0, cid-1, …
inline std::vector<std::string> devices(std::size_t count) {
  std::vector<std::string> cids;
  for (std::size_t i = 0; i < count; ++i) cids.push_back(fmt::format("cid-{}", i));
  return cids;
}

}  // namespace yizhan::push
