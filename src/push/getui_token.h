// The token of Getui's REST API: asked for when it is first needed, shared by all calls, renewed shortly before it
// expires and when a call finds it refused.
//
//   POST {base}/{app id}/auth  {"sign": hex SHA-256(app key + timestamp + master secret), "timestamp": "13 digits",
//                               "appkey": …}
//   → {"code": 0, "msg": "", "data": {"expire_time": "ms since 1970, about a day ahead", "token": …}}
//
// However many calls wait for it, one auth is under way at a time; they begin `shortest_interval` apart at least, of
// the 100 a minute that are allowed. One that failed is not repeated for a while: who asks meanwhile hears what it
// said. Source: Getui, "REST API V2", auth. Runs on the I/O thread.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "domain/attempt.h"
#include "http/asio.h"
#include "http/client.h"

namespace yizhan::push {

struct GetuiTokenOptions {
  std::shared_ptr<const http::Url> url;  ///< of auth
  std::string app_key;
  std::string master_secret;
  Milliseconds timeout{10000};
  std::shared_ptr<const std::vector<http::Network>> extra_networks{};
  Milliseconds shortest_interval{1000};
  Seconds renew_before{300};  ///< a token is spent so long before it expires: a call that begins has to get through
  /// A token lives no shorter, whatever expire_time says by a clock that is not ours: a wrong guess costs one 10001.
  Seconds shortest_life{60};
  Milliseconds failure_pause{1000};  ///< after an auth that failed; doubles to a minute while they fail
};

class GetuiToken {
 public:
  /// The token; or what a call comes to that could not be made for want of it: the class of the auth call, never one
  /// that is final, with no secret in it. started_at and duration are those of the auth call.
  using Done = std::move_only_function<void(std::expected<std::string, AttemptOutcome>)>;

  /// References outlive this.
  GetuiToken(http::asio::io_context& io, http::Client& client, GetuiTokenOptions options);
  ~GetuiToken();
  GetuiToken(const GetuiToken&) = delete;
  GetuiToken& operator=(const GetuiToken&) = delete;

  /// Calls `done` once, never before it returns; drops it when this is destroyed first.
  void get(Done done);
  /// A call with this token was answered with 10001: the next get() asks for another, unless that has been done.
  void refused(std::string_view token);

  /// `text` without this token, the last one and the credentials.
  std::string hide(std::string_view text) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace yizhan::push
