// Names to addresses, with a cache: an answer is kept for its time to live within bounds, a failure for one second, and
// requests that ask for a name while it is being looked up share that look-up. Asynchronous (c-ares), on the
// io_context's thread. Vets nothing: whoever connects does (http/address_guard.h), each time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/dns_lookup.h"

namespace yizhan::http {

struct ResolverOptions {
  std::vector<std::string> servers{};  ///< `address[:port]`; empty: as the system is configured
  Milliseconds timeout{3000};          ///< for one look-up
  Seconds ttl_max{300};                ///< an answer is kept for its TTL, at most this, at least 1 s
  std::size_t cache_limit = 10000;     ///< names
};

class Resolver {
 public:
  using Addresses = std::shared_ptr<const std::vector<asio::ip::address>>;
  /// Never empty; or one line that says why there is none.
  using Outcome = std::expected<Addresses, std::string>;
  using Done = std::move_only_function<void(const Outcome&)>;

  Resolver(asio::io_context& io, ResolverOptions options);
  /// Forgets who waits.
  ~Resolver();

  /// What is known of `name` at `now`, or null when it must be looked up. Valid until the next call here.
  const Outcome* known(const std::string& name, SteadyTime now) const;
  /// Looks the name up, or joins the look-up under way. Calls `done` once, never before it returns.
  void look_up(const std::string& name, Done done);

  std::uint64_t lookups_started() const { return lookups_started_; }

 private:
  struct Entry {
    Outcome outcome;
    SteadyTime expires_at;
  };
  struct Pending {
    std::unique_ptr<DnsLookup> lookup;
    std::vector<Done> waiting;
  };
  void finish(const std::string& name, DnsLookup::Outcome outcome);
  void make_room(SteadyTime now);

  asio::io_context& io_;
  ResolverOptions options_;
  std::unordered_map<std::string, Entry> cache_;
  std::unordered_map<std::string, Pending> pending_;
  std::uint64_t lookups_started_ = 0;
};

}  // namespace yizhan::http
