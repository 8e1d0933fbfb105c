// Who may use the API.
//
// While no key exists, a listener on loopback is open to this machine's users, as a first start needs it; two checks
// keep web pages out that this machine's browsers show: the Host must be a loopback name (DNS rebinding), and an Origin
// must be our own (cross-site requests). From the first key on every request needs one, and a listener that other
// machines reach does not start without (fault 42).
//
// Keys are read from the store and kept: they are looked at again after `refresh_after`, and a request never relies on
// what is older than `stale_after` unless the store cannot be read. Runs on the I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/keys.h"
#include "base/error.h"
#include "http/asio.h"
#include "http/server.h"
#include "store/group_commit.h"

namespace yizhan::api {

struct AccessOptions {
  bool loopback_only = true;  ///< of the listener
  std::vector<std::string>
      allowed_hosts{};  ///< names under which an open listener answers besides loopback ones, lower case
  Milliseconds refresh_after{2000};
  Milliseconds stale_after{5000};
};

class Access : public std::enable_shared_from_this<Access> {
 public:
  /// `reads` must outlive every call. Knows no keys until it was given some or has read them.
  Access(http::asio::io_context& io, store::ReadThread& reads, AccessOptions options);

  /// The store's keys as they are now.
  void set_keys(const std::vector<store::ApiKey>& keys);
  /// The store's keys were changed by this process: no request relies on the old ones.
  void invalidate();

  /// Whether decide() may be called; otherwise when_fresh() calls back as soon as it may.
  bool fresh();
  void when_fresh(std::move_only_function<void()> then);

  /// Codes `credentials_missing`, `credentials_invalid`, `scope_missing`, `cross_site_request`, `host_not_allowed`.
  Result<void> decide(const http::ServerRequest& request, Scope scope) const;

  /// Who makes a request that decide() allowed, for the audit trail: the key as `name (id)`, or `loopback`.
  std::string actor(const http::ServerRequest& request) const;

  // What decide() is made of, for servers that know other credentials too.

  /// Nobody needs a key: the listener is on loopback, and none was ever made.
  bool open() const { return !any_key_ && options_.loopback_only; }
  /// While open(): codes `cross_site_request`, `host_not_allowed`.
  Result<void> decide_open(const http::ServerRequest& request) const;
  /// Codes `credentials_invalid`, `scope_missing`.
  Result<void> decide_key(const PresentedKey& key, Scope scope) const;

 private:
  struct Key {
    SecretHash hash{};
    Scopes scopes;
    std::string name;
    std::optional<UtcTime> ends_at;
  };

  void refresh();
  void refreshed(Result<std::vector<store::ApiKey>> keys);

  http::asio::io_context& io_;
  store::ReadThread& reads_;
  AccessOptions options_;
  std::unordered_map<std::string, Key> keys_;  // those not revoked, by id
  bool any_key_ = false;                       // revoked ones count: an installation that once had keys stays closed
  std::int64_t read_at_ = 0;                   // coarse milliseconds; 0: never
  bool refreshing_ = false;
  bool refresh_again_ = false;  // changed while it was being read
  std::vector<std::move_only_function<void()>> waiting_;
};

/// Code `credentials_required`: other machines reach this address, and no key is valid.
Result<void> check_listener(const http::ListenAddress& address, const std::vector<store::ApiKey>& keys);

/// What stands after `Bearer ` in the header Authorization; empty when there is none, or another scheme's.
std::string_view bearer_credential(const http::ServerRequest& request);

/// Whether an Origin is the page of the Host that the request is for.
bool same_origin(std::string_view origin, std::string_view host);

}  // namespace yizhan::api
