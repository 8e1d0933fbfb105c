#include "http/resolver.h"

#include <algorithm>

namespace yizhan::http {
namespace {

constexpr Seconds kFailureKept{1};
constexpr Seconds kAnswerKeptAtLeast{1};

}  // namespace

Resolver::Resolver(asio::io_context& io, ResolverOptions options) : io_(io), options_(std::move(options)) {}

Resolver::~Resolver() = default;

const Resolver::Outcome* Resolver::known(const std::string& name, SteadyTime now) const {
  const auto found = cache_.find(name);
  return found == cache_.end() || found->second.expires_at <= now ? nullptr : &found->second.outcome;
}

void Resolver::look_up(const std::string& name, Done done) {
  const auto [entry, is_new] = pending_.try_emplace(name);
  entry->second.waiting.push_back(std::move(done));
  if (!is_new) return;
  ++lookups_started_;
  entry->second.lookup =
      std::make_unique<DnsLookup>(io_, name, DnsLookup::Options{options_.servers, options_.timeout},
                                  [this, name](DnsLookup::Outcome outcome) { finish(name, std::move(outcome)); });
}

void Resolver::finish(const std::string& name, DnsLookup::Outcome outcome) {
  // Taken out first: whoever waited may ask for the same name again, or destroy this resolver.
  auto pending = pending_.extract(name);
  const SteadyTime now = std::chrono::steady_clock::now();
  Entry entry{{}, now + kFailureKept};
  if (outcome) {
    entry.outcome = std::make_shared<const std::vector<asio::ip::address>>(std::move(outcome->addresses));
    entry.expires_at =
        now + std::clamp(outcome->ttl, kAnswerKeptAtLeast, std::max(options_.ttl_max, kAnswerKeptAtLeast));
  } else {
    entry.outcome = std::unexpected(std::move(outcome.error()));
  }
  make_room(now);
  const Outcome shared = entry.outcome;
  cache_.insert_or_assign(name, std::move(entry));
  for (Done& done : pending.mapped().waiting) done(shared);
}

void Resolver::make_room(SteadyTime now) {
  if (cache_.size() < options_.cache_limit) return;
  std::erase_if(cache_, [now](const auto& item) { return item.second.expires_at <= now; });
  if (cache_.size() >= options_.cache_limit) cache_.clear();
}

}  // namespace yizhan::http
