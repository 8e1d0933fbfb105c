#include "http/client_origin.h"

#include <algorithm>
#include <functional>

namespace yizhan::http {
namespace {

constexpr Seconds kUnreachableKept{30};
constexpr std::size_t kUnreachableLimit = 16;
/// An origin without users is kept this long for its TLS session.
constexpr Seconds kUnusedKept{600};

}  // namespace

void Origin::note_unreachable(const asio::ip::address& address, SteadyTime now) {
  std::erase_if(unreachable_, [&](const auto& entry) { return entry.first == address || entry.second <= now; });
  if (unreachable_.size() < kUnreachableLimit) unreachable_.emplace_back(address, now + kUnreachableKept);
}

void Origin::put_unreachable_last(std::vector<tcp::endpoint>& endpoints, SteadyTime now) const {
  if (unreachable_.empty()) return;
  std::vector<tcp::endpoint> last;
  std::erase_if(endpoints, [&](const tcp::endpoint& endpoint) {
    const bool avoided = std::ranges::any_of(
        unreachable_, [&](const auto& entry) { return entry.first == endpoint.address() && entry.second > now; });
    if (avoided) last.push_back(endpoint);
    return avoided;
  });
  endpoints.insert(endpoints.end(), last.begin(), last.end());
}

void Origin::remove_idle(const Connection& connection) {
  std::erase_if(idle, [&](const auto& candidate) { return candidate.get() == &connection; });
}

std::size_t OriginTable::Hash::operator()(const Key& key) const {
  const std::size_t host = std::hash<std::string_view>{}(key.host);
  return host ^ (std::hash<const void*>{}(key.credentials) * 31 + std::size_t{key.port} * 2 + (key.tls ? 1u : 0u));
}

Origin& OriginTable::find(const Url& url, const std::shared_ptr<TlsCredentials>& credentials, SteadyTime now) {
  const auto found = origins_.find(Key{url.tls, url.port, url.host, credentials.get()});
  if (found != origins_.end()) return *found->second;
  forget_unused(now);
  auto origin = std::make_unique<Origin>();
  origin->tls = url.tls;
  origin->host = url.host;
  origin->port = url.port;
  origin->credentials = credentials;
  const Key key{url.tls, url.port, origin->host, credentials.get()};
  return *origins_.emplace(key, std::move(origin)).first->second;
}

void OriginTable::forget_unused(SteadyTime now) {
  if (origins_.size() < forget_at_) return;
  std::erase_if(origins_, [now](const auto& item) {
    const Origin& origin = *item.second;
    return origin.users == 0 && origin.idle.empty() && now - origin.last_used > kUnusedKept;
  });
  // Amortised: the next look through all comes when as many again have been added.
  forget_at_ = std::max<std::size_t>(256, origins_.size() * 2);
}

}  // namespace yizhan::http
