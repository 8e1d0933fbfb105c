// A name server for tests, on UDP (RFC 1035): answers A and AAAA questions as its rule says, or keeps silent.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace yizhan::http::test {

struct DnsReply {
  std::vector<std::string> addresses{};  ///< those of the family asked for are sent
  std::uint32_t ttl = 60;
  int code = 0;  ///< 2: the server failed, 3: no such name
  bool silent = false;
};

class DnsServer {
 public:
  /// Runs on the server's thread. `question` counts the questions of this name and type from 0.
  using Rule = std::function<DnsReply(const std::string& name, bool ipv6, int question)>;

  explicit DnsServer(Rule rule);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  /// As ClientOptions::dns_servers takes it.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int questions(const std::string& name, bool ipv6 = false) const;

 private:
  void serve();

  Rule rule_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, bool>> asked_;  // guarded by mutex_
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace yizhan::http::test
