#include "app/serve.h"

#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <ostream>

#include "app/service.h"
#include "app/supervisor.h"
#include "base/log.h"

namespace yizhan::app {
namespace {

/// As many connections as the system lets this process have: each is a file.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class Stopper {
 public:
  Stopper(http::asio::io_context& io, Service& service, Milliseconds grace)
      : io_(io), service_(service), grace_(grace), signals_(io, SIGTERM, SIGINT) {
    wait();
  }

 private:
  void wait() {
    signals_.async_wait([this](http::ErrorCode error, int signal) {
      if (error) return;
      if (stopping_) {
        log::warning("stop_forced", {{"signal", signal}});
        io_.stop();
        return;
      }
      stopping_ = true;
      tell_supervisor("STOPPING=1");
      log::info("stopping", {{"signal", signal}, {"graceMs", grace_.count()}});
      service_.stop(grace_, [this] { io_.stop(); });
      wait();
    });
  }

  http::asio::io_context& io_;
  Service& service_;
  Milliseconds grace_;
  http::asio::signal_set signals_;
  bool stopping_ = false;
};

}  // namespace

Result<void> serve(const config::Config& config, std::ostream& out) {
  log::set_level(config.log.level);
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  // One thread runs everything but posting: the reactor needs no locks, the queue of posted work keeps its own.
  http::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  auto started = Service::start(io, config);
  if (!started) return std::unexpected(std::move(started.error()));
  {
    const Stopper stopper(io, **started, config.stop_grace);
    out << "yizhan ready";
    for (const Listening& listening : (*started)->listening()) out << ' ' << listening.name << '=' << listening.address;
    out << std::endl;
    tell_supervisor("READY=1");
    io.run();
  }
  started->reset();
  log::info("stopped");
  return {};
}

}  // namespace yizhan::app
