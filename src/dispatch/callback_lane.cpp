#include "dispatch/callback_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/ids.h"
#include "base/json_text.h"
#include "http/attempt_outcome.h"
#include "http/url_for_people.h"

namespace yizhan::dispatch {
namespace {

constexpr std::size_t kRememberedRoutes = 4096;

std::string known_platforms(const Platforms& platforms) {
  std::vector<std::string_view> names;
  for (const auto& [name, platform] : platforms) names.push_back(name);
  std::ranges::sort(names);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// Control characters are left out: a value handed over by SQL must not be able to end the line and begin another.
void append_header(std::string& lines, std::string_view name, std::string_view value) {
  if (name.empty() || value.empty()) return;
  lines += name;
  lines += ": ";
  std::ranges::copy_if(value, std::back_inserter(lines), [](char character) {
    return static_cast<unsigned char>(character) >= 0x20 && character != 0x7f;
  });
  lines += "\r\n";
}

/// Null where the platform has no such secret.
const verify::Signer* signer_of(const store::Event& event, const Platform& platform) {
  return (event.secret == SigningSecret::kPrevious ? platform.previous_signer : platform.signer).get();
}

http::Failure no_previous_secret(const Platform& platform) {
  return {
      ErrorClass::kSigning,
      fmt::format("a replay wants platform '{0}' to get it signed with the previous secret, and platforms.{0}.secrets "
                  "names none any more: add it there as the second, or replay without choosing a secret",
                  platform.name)};
}

std::string header_lines(const store::Event& event, const Platform& platform, const verify::Signer& signer,
                         std::string_view body, UtcTime now) {
  std::string lines;
  lines.reserve(512 + platform.extra_header_lines.size());
  lines += "User-Agent: Yizhan\r\n";
  append_header(lines, "Content-Type", platform.content_type);
  append_header(lines, platform.event_id_header, event.id);
  append_header(lines, platform.event_type_header, event.event_type);
  append_header(lines, "traceparent", event.traceparent);
  lines += platform.extra_header_lines;
  signer.append_header_lines(lines, {event.id, to_unix_seconds(now), body});
  return lines;
}

}  // namespace

std::int64_t endpoint_key(std::string_view platform, std::string_view endpoint_url) {
  std::string text{platform};
  text += '\n';
  text += endpoint_url;
  return stable_key(text);
}

std::shared_ptr<const std::string> callback_body(store::Event& event, Envelope envelope) {
  if (envelope == Envelope::kNone) return std::make_shared<const std::string>(std::move(event.payload));
  std::string body = R"({"type":)";
  append_json_string(body, event.event_type);
  body += R"(,"timestamp":")";
  body += to_rfc3339(event.created_at);
  body += R"(","data":)";
  body += event.payload;
  body += '}';
  return std::make_shared<const std::string>(std::move(body));
}

CallbackLane::CallbackLane(http::asio::io_context& io, http::Client& client, Platforms platforms)
    : io_(io), client_(client), platforms_(std::move(platforms)) {}

void CallbackLane::replace(Platforms platforms) {
  platforms_ = std::move(platforms);
  routes_.clear();
}

Result<std::shared_ptr<const Route>> CallbackLane::route(std::string_view platform, std::string_view callback_target) {
  std::string key{platform};
  key += '\n';
  key += callback_target;
  if (const auto known = routes_.find(key); known != routes_.end()) return known->second;
  auto found = find_route(platform, callback_target);
  if (found) {
    if (routes_.size() >= kRememberedRoutes) routes_.clear();
    routes_.emplace(std::move(key), *found);
  }
  return found;
}

Result<std::shared_ptr<const Route>> CallbackLane::find_route(std::string_view name,
                                                              std::string_view callback_target) const {
  const auto found = platforms_.find(std::string(name));
  if (found == platforms_.end()) {
    return fail("unknown_platform",
                fmt::format("platform '{}' is not configured; configured are: {}", name, known_platforms(platforms_)));
  }
  const auto& platform = found->second;
  if (!platform->enabled) {
    return fail("platform_disabled", fmt::format("platform '{}' is disabled in the configuration", name));
  }
  auto url = http::join_url(platform->base_url, callback_target);
  if (!url) {
    return fail("callback_target_invalid",
                fmt::format("callback_target '{}' of platform '{}' (base URL '{}') cannot be used: {}",
                            http::url_for_people(callback_target), name, http::url_for_people(platform->base_url),
                            url.error().message));
  }
  auto route = std::make_shared<Route>();
  route->platform = platform;
  route->url = std::make_shared<const http::Url>(std::move(*url));
  route->endpoint_url = route->url->without_query();
  route->endpoint_key = endpoint_key(name, route->endpoint_url);
  return route;
}

void CallbackLane::send(store::Event& event, const Route& route, Done done) {
  const UtcTime started = utc_now();
  const Platform& platform = *route.platform;
  const verify::Signer* const signer = signer_of(event, platform);
  if (signer == nullptr) {
    return http::asio::post(io_, [started, failure = no_previous_secret(platform), done = std::move(done)]() mutable {
      done(http::attempt_outcome(std::unexpected(std::move(failure)), started, started));
    });
  }
  http::Request request;
  request.body = callback_body(event, platform.envelope);
  request.header_lines = header_lines(event, platform, *signer, *request.body, started);
  request.url = route.url;
  request.tls = platform.tls;
  request.timeout = platform.policy.timeout;
  request.extra_networks = platform.extra_networks;
  client_.send(std::move(request),
               [started, done = std::move(done)](std::expected<http::Response, http::Failure> answer) mutable {
                 done(http::attempt_outcome(std::move(answer), started, utc_now()));
               });
}

}  // namespace yizhan::dispatch
