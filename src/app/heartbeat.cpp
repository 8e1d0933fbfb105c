#include "app/heartbeat.h"

#include <fmt/format.h>

#include <utility>

#include "app/networks.h"
#include "base/log.h"

namespace yizhan::app {
namespace {

constexpr Milliseconds kTimeout{10'000};

}  // namespace

struct Heartbeat::State : std::enable_shared_from_this<State> {
  State(http::Client& the_client, Trouble what_trouble) : client(the_client), trouble(std::move(what_trouble)) {}

  void step(std::move_only_function<void(StepResult)> done) {
    const auto wrong = trouble();
    if (wrong.has_value() != withheld) {
      withheld = wrong.has_value();
      if (wrong) {
        log::warning("heartbeat_withheld", {{"reason", *wrong}});
      } else {
        log::info("heartbeat_resumed", {});
      }
    }
    if (wrong) return done({});
    http::Request request;
    request.url = url;
    request.method = "GET";
    request.header_lines = "User-Agent: Yizhan\r\n";
    request.body = std::make_shared<const std::string>();
    request.timeout = kTimeout;
    request.extra_networks = networks;
    client.send(std::move(request), [self = shared_from_this(), done = std::move(done)](
                                        std::expected<http::Response, http::Failure> received) mutable {
      self->answered(received);
      done({});
    });
  }

  /// Said once when it begins to fail, and once when it is well again. The path is a secret at most such services.
  void answered(const std::expected<http::Response, http::Failure>& received) {
    const bool failed = !received || class_of_status(received->status) != ErrorClass::kNone;
    if (failed == failing) return;
    failing = failed;
    if (!failed) return log::info("heartbeat_answered", {{"origin", url->origin()}});
    log::warning("heartbeat_failed",
                 {{"origin", url->origin()},
                  {"error", received ? fmt::format("answered {}", received->status) : received.error().message}});
  }

  http::Client& client;
  Trouble trouble;
  std::shared_ptr<const http::Url> url;
  std::shared_ptr<const std::vector<http::Network>> networks;
  bool withheld = false;
  bool failing = false;
};

Heartbeat::Heartbeat(http::asio::io_context& io, std::shared_ptr<State> state, Seconds interval)
    : state_(std::move(state)), loop_(io, [self = state_](auto done) { self->step(std::move(done)); }, interval) {}

Heartbeat::~Heartbeat() = default;

Result<std::unique_ptr<Heartbeat>> Heartbeat::make(http::asio::io_context& io, http::Client& client,
                                                   const config::AlertsSection& section, Trouble trouble) {
  auto url = http::parse_url(section.heartbeat_url);
  if (!url) return fail(url.error().code, fmt::format("alerts.heartbeat_url: {}", url.error().message));
  auto networks = shared_networks(section.outbound_allow);
  if (!networks) return std::unexpected(std::move(networks.error()));
  auto state = std::make_shared<State>(client, std::move(trouble));
  state->url = std::make_shared<const http::Url>(std::move(*url));
  state->networks = std::move(*networks);
  return std::unique_ptr<Heartbeat>(new Heartbeat(io, std::move(state), section.heartbeat));
}

}  // namespace yizhan::app
