#include "app/serve.h"

#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fstream>
#include <ostream>

#include "app/logging.h"
#include "app/reloader.h"
#include "app/service.h"
#include "app/service_file.h"
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

/// A core file holds what the memory held, secrets too. A program that the system's core_pattern pipes to need not keep
/// to the limit, so what it would get is emptied as well. The process stays dumpable: otherwise nobody but root could
/// tell by /proc/<pid>/fd that it holds a port or serves a store.
void forbid_core_files() {
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
  std::ofstream("/proc/self/coredump_filter") << "0\n";
}

class Signals {
 public:
  Signals(http::asio::io_context& io, Service& service, Reloader& reloader)
      : io_(io), service_(service), reloader_(reloader), signals_(io, SIGTERM, SIGINT, SIGHUP) {
    wait();
  }

 private:
  void wait() {
    signals_.async_wait([this](http::ErrorCode error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reloader_.reload();
        return wait();
      }
      if (stopping_) {
        log::warning("stop_forced", {{"signal", signal}});
        io_.stop();
        return;
      }
      stopping_ = true;
      reloader_.stop();
      tell_supervisor("STOPPING=1");
      const Milliseconds grace = service_.in_force().stop_grace;
      log::info("stopping", {{"signal", signal}, {"graceMs", grace.count()}});
      service_.stop(grace, [this] { io_.stop(); });
      wait();
    });
  }

  http::asio::io_context& io_;
  Service& service_;
  Reloader& reloader_;
  http::asio::signal_set signals_;
  bool stopping_ = false;
};

}  // namespace

Result<void> serve(const config::Config& config, const config::Inputs& inputs, std::ostream& out) {
  if (!config.core_files) forbid_core_files();
  auto log = prepare_log(config.log);
  if (!log) return std::unexpected(std::move(log.error()));
  (*log)();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);  // one that comes before there is anything to reload must not end the process
  raise_file_limit();
  // One thread runs everything but posting: the reactor needs no locks, the queue of posted work keeps its own.
  http::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  auto started = Service::start(io, config);
  if (!started) return std::unexpected(std::move(started.error()));
  {
    Reloader reloader(io, **started, inputs);
    const Signals signals(io, **started, reloader);
    // Only a process that takes the signal may be found by those who send it.
    const auto file = ServiceFile::make(config.data_dir);
    if (file) {
      reloader.report_to(*file);
    } else {
      log::warning("service_not_found_by_commands", {{"reason", file.error().message}});
    }
    out << "yizhan ready";
    for (const Listening& listening : (*started)->listening()) out << ' ' << listening.name << '=' << listening.address;
    out << '\n' << std::flush;
    tell_supervisor("READY=1");
    io.run();
  }
  started->reset();
  log::info("stopped");
  return {};
}

}  // namespace yizhan::app
