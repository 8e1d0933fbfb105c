// What the client keeps for each origin (scheme, host, port) and set of credentials: its idle connections, its TLS
// session, and which of its addresses did not connect lately. Nothing of it is ever shared with another origin or other
// credentials.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/client_connection.h"
#include "http/tls_credentials.h"

namespace yizhan::http {

struct Origin {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<TlsCredentials> credentials;  ///< kept, so that no other set can take its place in memory

  std::vector<std::shared_ptr<Connection>>
      idle;  ///< the last used at the end: it is taken first, the others may expire
  std::shared_ptr<TlsSessionSlot> sessions = std::make_shared<TlsSessionSlot>();
  std::size_t users = 0;  ///< exchanges on their way
  SteadyTime last_used{};

  /// An address that did not connect is tried last for a while.
  void note_unreachable(const asio::ip::address& address, SteadyTime now);
  void put_unreachable_last(std::vector<tcp::endpoint>& endpoints, SteadyTime now) const;
  void remove_idle(const Connection& connection);

 private:
  std::vector<std::pair<asio::ip::address, SteadyTime>> unreachable_;  // until when
};

class OriginTable {
 public:
  /// Stays valid while it has users or idle connections.
  Origin& find(const Url& url, const std::shared_ptr<TlsCredentials>& credentials, SteadyTime now);

  template <class Visit>
  void for_each(Visit visit) {
    for (auto& [key, origin] : origins_) visit(*origin);
  }

 private:
  struct Key {
    bool tls;
    std::uint16_t port;
    std::string_view host;  // of the Origin itself
    const TlsCredentials* credentials;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  void forget_unused(SteadyTime now);

  std::unordered_map<Key, std::unique_ptr<Origin>, Hash> origins_;
  std::size_t forget_at_ = 256;
};

}  // namespace yizhan::http
