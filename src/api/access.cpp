#include "api/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "http/ascii_case.h"
#include "http/coarse_clock.h"
#include "verify/constant_time.h"

namespace yizhan::api {
namespace {

/// A Host without its port and brackets.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback_host(std::string_view host) {
  const std::string_view name = host_name(host);
  if (name == "127.0.0.1" || http::equals_ignoring_case(name, "localhost")) return true;
  http::ErrorCode error;
  const auto address = http::asio::ip::make_address(name, error);
  return !error && address.is_loopback();
}

constexpr std::string_view kBearer = "bearer ";

Result<void> check_origin(const http::ServerRequest& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty() || same_origin(origin, request.header("host"))) return {};
  return fail("cross_site_request", fmt::format("the page's origin is {}", origin));
}

}  // namespace

Access::Access(http::asio::io_context& io, store::ReadThread& reads, AccessOptions options)
    : io_(io), reads_(reads), options_(std::move(options)) {}

void Access::set_keys(const std::vector<store::ApiKey>& keys) {
  keys_.clear();
  any_key_ = !keys.empty();
  const UtcTime now = utc_now();
  for (const store::ApiKey& key : keys) {
    const auto hash = parse_secret_hash(key.hash);
    const auto scopes = parse_scopes(key.scopes);
    if (!key.valid_at(now)) continue;
    if (!hash || !scopes) {
      log::warning("api_key_unusable", {{"id", key.id}, {"reason", "its hash or its scopes cannot be read"}});
      continue;
    }
    keys_[key.id] = {*hash, *scopes, key.name, key.revoked_at};
  }
  read_at_ = http::coarse_milliseconds();
}

void Access::invalidate() {
  read_at_ = 0;
  refresh_again_ = refreshing_;
  refresh();
}

bool Access::fresh() {
  const std::int64_t age = http::coarse_milliseconds() - read_at_;
  if (read_at_ != 0 && age <= options_.refresh_after.count()) return true;
  refresh();
  return read_at_ != 0 && age <= options_.stale_after.count();
}

void Access::when_fresh(std::move_only_function<void()> then) {
  waiting_.push_back(std::move(then));
}

void Access::refresh() {
  if (refreshing_) return;
  refreshing_ = true;
  const bool taken = reads_.run([self = shared_from_this()](store::Store& store) mutable {
    auto& io = self->io_;
    http::asio::post(io,
                     [self = std::move(self), keys = store.api_keys()]() mutable { self->refreshed(std::move(keys)); });
  });
  if (taken) return;
  http::asio::post(io_, [self = shared_from_this()] { self->refreshed(fail("store_busy", "too many look-ups wait")); });
}

void Access::refreshed(Result<std::vector<store::ApiKey>> keys) {
  refreshing_ = false;
  if (std::exchange(refresh_again_, false)) return refresh();
  if (keys) {
    set_keys(*keys);
  } else {
    // What was known goes on to hold; nobody gets in who could not before.
    log::warning("api_keys_not_read", {{"code", keys.error().code}, {"reason", keys.error().message}});
    if (read_at_ == 0) any_key_ = true;
    read_at_ = http::coarse_milliseconds();
  }
  for (auto& then : std::exchange(waiting_, {})) then();
}

Result<void> Access::decide(const http::ServerRequest& request, Scope scope) const {
  if (open()) return decide_open(request);
  if (auto same_site = check_origin(request); !same_site) return same_site;
  if (request.header("authorization").empty()) {
    return fail("credentials_missing", "the header Authorization is missing");
  }
  const auto presented = parse_api_key(bearer_credential(request));
  if (!presented) {
    return fail("credentials_invalid", "the header Authorization is not 'Bearer yz_<12 digits>_<64 digits>'");
  }
  return decide_key(*presented, scope);
}

std::string Access::actor(const http::ServerRequest& request) const {
  const auto presented = parse_api_key(bearer_credential(request));
  const auto known = presented ? keys_.find(std::string(presented->id)) : keys_.end();
  if (open() || known == keys_.end()) return "loopback";
  return fmt::format("{} ({})", known->second.name, known->first);
}

Result<void> Access::decide_key(const PresentedKey& key, Scope scope) const {
  const auto known = keys_.find(std::string(key.id));
  // An unknown id costs the same time as a known one.
  const SecretHash expected = known == keys_.end() ? SecretHash{} : known->second.hash;
  const bool same = verify::equal_in_constant_time(hash_secret(key.secret), expected);
  const bool ended = known != keys_.end() && known->second.ends_at && *known->second.ends_at <= utc_now();
  if (!same || known == keys_.end() || ended) {
    return fail("credentials_invalid", fmt::format("the key yz_{}_… is unknown, revoked or misspelt", key.id));
  }
  if (!known->second.scopes.has(scope)) {
    return fail("scope_missing", fmt::format("the key yz_{}_… has not the scope {}", key.id, to_string(scope)));
  }
  return {};
}

Result<void> Access::decide_open(const http::ServerRequest& request) const {
  if (auto same_site = check_origin(request); !same_site) return same_site;
  const std::string_view host = request.header("host");
  if (host.empty() || is_loopback_host(host)) return {};
  const bool allowed = std::ranges::any_of(options_.allowed_hosts, [&](const std::string& name) {
    return http::equals_ignoring_case(host_name(host), name);
  });
  if (allowed) return {};
  return fail("host_not_allowed",
              fmt::format("the request is for '{}'; without API keys only loopback names are served", host));
}

Result<void> check_listener(const http::ListenAddress& address, const std::vector<store::ApiKey>& keys) {
  const UtcTime now = utc_now();
  const bool any_valid = std::ranges::any_of(keys, [now](const store::ApiKey& key) { return key.valid_at(now); });
  if (address.loopback_only() || any_valid) return {};
  return fail(
      "credentials_required",
      fmt::format("other machines can reach {}, and there is no API key: create one with `yizhan keys create`, or "
                  "listen on 127.0.0.1:{}",
                  address.to_string(), address.port));
}

std::string_view bearer_credential(const http::ServerRequest& request) {
  const std::string_view authorization = request.header("authorization");
  const bool bearer = authorization.size() > kBearer.size() &&
                      http::equals_ignoring_case(authorization.substr(0, kBearer.size()), kBearer);
  return bearer ? authorization.substr(kBearer.size()) : std::string_view{};
}

bool same_origin(std::string_view origin, std::string_view host) {
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos || host.empty()) return false;
  const std::string_view page_host = origin.substr(scheme_end + 3);
  return http::equals_ignoring_case(page_host, host);
}

}  // namespace yizhan::api
