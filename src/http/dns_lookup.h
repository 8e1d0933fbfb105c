// One look-up of one name through c-ares, on the io_context's thread. A c-ares channel is made for each: it reads the
// system's configuration afresh (an edited resolv.conf counts at once), sends from a port of its own (which makes
// forged answers harder), and can be given up by itself.
//
// A and AAAA are asked side by side. When one has answered, the other is given 50 ms more (RFC 8305 section 3): name
// servers that drop AAAA queries are common, and would otherwise cost every look-up its whole time-out.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/asio.h"

namespace yizhan::http {

struct DnsAnswer {
  std::vector<asio::ip::address> addresses;  ///< IPv4 first: where both exist, it is the one that works
  Seconds ttl{0};                            ///< the least of all records, names on the way included
};

class DnsLookup {
 public:
  struct Options {
    std::vector<std::string> servers;  ///< `address[:port]`; empty: the system's
    Milliseconds timeout{3000};
  };
  /// What was found, or one line that says why nothing was.
  using Outcome = std::expected<DnsAnswer, std::string>;
  using Done = std::move_only_function<void(Outcome)>;

  /// Calls `done` once, never before it returns.
  DnsLookup(asio::io_context& io, const std::string& name, const Options& options, Done done);
  /// Gives up; `done` is not called any more.
  ~DnsLookup();
  DnsLookup(const DnsLookup&) = delete;
  DnsLookup& operator=(const DnsLookup&) = delete;

 private:
  struct Query;
  std::shared_ptr<Query> query_;
};

}  // namespace yizhan::http
