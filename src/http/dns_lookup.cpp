#include "http/dns_lookup.h"

#include <ares.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <map>
#include <optional>

namespace yizhan::http {
namespace {

constexpr Milliseconds kOtherFamilyGrace{50};

/// The addresses of c-ares' list, and the least time to live on the way to them.
DnsAnswer answer_of(const ares_addrinfo& info) {
  DnsAnswer answer;
  int ttl = std::numeric_limits<int>::max();
  for (const ares_addrinfo_cname* alias = info.cnames; alias != nullptr; alias = alias->next) {
    ttl = std::min(ttl, alias->ttl);
  }
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    ttl = std::min(ttl, node->ai_ttl);
    if (node->ai_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(node->ai_addr);
      answer.addresses.emplace_back(asio::ip::address_v4(ntohl(address->sin_addr.s_addr)));
    } else if (node->ai_family == AF_INET6) {
      asio::ip::address_v6::bytes_type bytes;
      std::copy_n(reinterpret_cast<const sockaddr_in6*>(node->ai_addr)->sin6_addr.s6_addr, bytes.size(), bytes.begin());
      answer.addresses.emplace_back(asio::ip::address_v6(bytes));
    }
  }
  answer.ttl = Seconds(std::max(ttl, 0));
  return answer;
}

/// RFC 6761 section 6.3: these are loopback, and no name server is asked.
bool is_localhost(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

struct DnsLookup::Query : std::enable_shared_from_this<DnsLookup::Query> {
  using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

  /// A socket of c-ares': it owns it and closes it, we only wait for it.
  struct Watch {
    explicit Watch(asio::io_context& io, int socket) : descriptor(io.get_executor(), socket) {}
    Descriptor descriptor;
    bool wants_read = false;
    bool wants_write = false;
    bool waits_read = false;
    bool waits_write = false;
  };

  struct Family {
    Query* query = nullptr;
    int status = ARES_SUCCESS;
    bool ended = false;
    DnsAnswer answer;
  };

  Query(asio::io_context& io_context, const std::string& host, Done on_done)
      : io(io_context), timer(io_context.get_executor()), name(host), done(std::move(on_done)) {
    ipv4.query = this;
    ipv6.query = this;
  }

  void start(const Options& options) {
    if (is_localhost(name)) {
      return finish_later(DnsAnswer{{asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()}, Seconds(60)});
    }
    static const int kLibraryStatus = ares_library_init(ARES_LIB_INIT_ALL);
    if (kLibraryStatus != ARES_SUCCESS) return fail_later(ares_strerror(kLibraryStatus));

    ares_options settings{};
    // Tries of t, 2 t and 4 t fill the whole time; our own timer then ends it exactly.
    settings.timeout = static_cast<int>(std::max<Milliseconds::rep>(options.timeout.count() / 7, 50));
    settings.tries = 3;
    settings.sock_state_cb = [](void* self, int socket, int readable, int writable) {
      static_cast<Query*>(self)->socket_changed(socket, readable != 0, writable != 0);
    };
    settings.sock_state_cb_data = this;
    const int status =
        ares_init_options(&channel, &settings, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) return fail_later(ares_strerror(status));
    if (!options.servers.empty()) {
      const std::string list = fmt::format("{}", fmt::join(options.servers, ","));
      if (ares_set_servers_ports_csv(channel, list.c_str()) != ARES_SUCCESS) {
        return fail_later(fmt::format("the name servers '{}' are not a list of address[:port]", list));
      }
    }
    ends_at = std::chrono::steady_clock::now() + options.timeout;
    ask(ipv4, AF_INET);
    ask(ipv6, AF_INET6);
    proceed();
  }

  void ask(Family& family, int address_family) {
    ares_addrinfo_hints hints{};
    hints.ai_family = address_family;
    hints.ai_socktype = SOCK_STREAM;
    // The server's order is how it spreads load. CARES_HOSTS may name another hosts file.
    hints.ai_flags = ARES_AI_NOSORT | ARES_AI_ENVHOSTS;
    ares_getaddrinfo(
        channel, name.c_str(), nullptr, &hints,
        [](void* argument, int status, int, ares_addrinfo* info) {
          auto& answered = *static_cast<Family*>(argument);
          answered.ended = true;
          answered.status = status;
          if (info != nullptr) {
            if (status == ARES_SUCCESS) answered.answer = answer_of(*info);
            ares_freeaddrinfo(info);
          }
        },
        &family);
  }

  void socket_changed(int socket, bool wants_read, bool wants_write) {
    const auto found = watches.find(socket);
    if (!wants_read && !wants_write) {
      if (found != watches.end()) {
        found->second->descriptor.release();
        watches.erase(found);
      }
      return;
    }
    auto& watch = found != watches.end() ? found->second : watches[socket];
    if (!watch) watch = std::make_shared<Watch>(io, socket);
    watch->wants_read = wants_read;
    watch->wants_write = wants_write;
  }

  /// After anything happened: finishes, or waits for what c-ares waits for.
  void proceed() {
    if (!done) return;
    const auto now = std::chrono::steady_clock::now();
    const bool has_address = !ipv4.answer.addresses.empty() || !ipv6.answer.addresses.empty();
    if (has_address && !grace_ends_at) grace_ends_at = std::min(now + kOtherFamilyGrace, ends_at);
    if ((ipv4.ended && ipv6.ended) || now >= ends_at || (grace_ends_at && now >= *grace_ends_at)) return finish();

    for (auto& [socket, watch] : watches) wait_for(socket, watch);
    SteadyTime next = grace_ends_at.value_or(ends_at);
    timeval wait{};
    if (ares_timeout(channel, nullptr, &wait) != nullptr) {
      next = std::min<SteadyTime>(next, now + Seconds(wait.tv_sec) + Microseconds(wait.tv_usec));
    }
    timer.expires_at(std::max<SteadyTime>(next, now + Milliseconds(1)));
    timer.async_wait([self = shared_from_this()](ErrorCode error) {
      if (error || self->channel == nullptr) return;
      ares_process_fd(self->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->proceed();
    });
  }

  void wait_for(int socket, const std::shared_ptr<Watch>& watch) {
    if (watch->wants_read && !watch->waits_read) {
      watch->waits_read = true;
      watch->descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this(), socket, watch](ErrorCode error) {
        watch->waits_read = false;
        if (error || self->channel == nullptr) return;
        ares_process_fd(self->channel, socket, ARES_SOCKET_BAD);
        self->proceed();
      });
    }
    if (watch->wants_write && !watch->waits_write) {
      watch->waits_write = true;
      watch->descriptor.async_wait(Descriptor::wait_write, [self = shared_from_this(), socket, watch](ErrorCode error) {
        watch->waits_write = false;
        if (error || self->channel == nullptr) return;
        ares_process_fd(self->channel, ARES_SOCKET_BAD, socket);
        self->proceed();
      });
    }
  }

  std::string failure() const {
    if (!ipv4.ended || !ipv6.ended) return fmt::format("no name server answered in time for '{}'", name);
    // "No address of this family" says less than whatever the other family met.
    const int status = ipv4.status == ARES_ENODATA ? ipv6.status : ipv4.status;
    switch (status) {
      case ARES_ENOTFOUND:
        return fmt::format("the name '{}' does not exist", name);
      case ARES_ENODATA:
      case ARES_SUCCESS:
        return fmt::format("the name '{}' has no address", name);
      case ARES_ETIMEOUT:
        return fmt::format("no name server answered in time for '{}'", name);
      default:
        return fmt::format("the look-up of '{}' failed: {}", name, ares_strerror(status));
    }
  }

  void finish() {
    Outcome outcome;
    DnsAnswer answer = std::move(ipv4.answer);
    if (answer.addresses.empty()) {
      answer = std::move(ipv6.answer);
    } else if (!ipv6.answer.addresses.empty()) {
      answer.ttl = std::min(answer.ttl, ipv6.answer.ttl);
      answer.addresses.insert(answer.addresses.end(), ipv6.answer.addresses.begin(), ipv6.answer.addresses.end());
    }
    if (answer.addresses.empty()) {
      outcome = std::unexpected(failure());
    } else {
      outcome = std::move(answer);
    }
    finish_later(std::move(outcome));
  }

  void fail_later(std::string failure) { finish_later(std::unexpected(std::move(failure))); }

  /// Posted: c-ares answers some names (hosts file) within the call that asks.
  void finish_later(Outcome outcome) {
    asio::post(io.get_executor(), [self = shared_from_this(), result = std::move(outcome)]() mutable {
      if (auto call = std::exchange(self->done, nullptr)) call(std::move(result));
    });
    end();
  }

  /// Ends the queries under way; their callbacks still run, within this call.
  void end() {
    timer.cancel();
    if (ares_channel ended = std::exchange(channel, nullptr); ended != nullptr) ares_destroy(ended);
    for (auto& [socket, watch] : watches) watch->descriptor.release();
    watches.clear();
  }

  asio::io_context& io;
  Timer timer;
  const std::string name;
  Done done;  // empty once called, or given up
  ares_channel channel = nullptr;
  std::map<int, std::shared_ptr<Watch>> watches;
  Family ipv4;
  Family ipv6;
  SteadyTime ends_at{};
  std::optional<SteadyTime> grace_ends_at;
};

DnsLookup::DnsLookup(asio::io_context& io, const std::string& name, const Options& options, Done done)
    : query_(std::make_shared<Query>(io, name, std::move(done))) {
  query_->start(options);
}

DnsLookup::~DnsLookup() {
  query_->done = nullptr;
  query_->end();
}

}  // namespace yizhan::http
