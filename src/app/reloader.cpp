#include "app/reloader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <utility>

#include "app/service.h"
#include "app/supervisor.h"
#include "base/log.h"
#include "config/change.h"

namespace yizhan::app {
namespace {

/// Source: sd_notify(3), "RELOADING=1": with the time of the monotonic clock, so that the READY=1 that follows is told
/// from an earlier one.
void tell_reloading() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  tell_supervisor(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", std::chrono::duration_cast<Microseconds>(now).count()));
}

}  // namespace

Reloader::Reloader(http::asio::io_context& io, Service& service, const config::Inputs& inputs)
    : io_(io), service_(service), inputs_(inputs) {}

void Reloader::reload() {
  if (stopping_) return;
  again_ = std::exchange(reading_, true);
  if (again_) return;
  tell_reloading();
  reader_ = std::jthread(
      [this] { http::asio::post(io_, [this, loaded = config::load(inputs_)]() mutable { read(std::move(loaded)); }); });
}

void Reloader::read(std::expected<config::Loaded, config::Problems> loaded) {
  if (stopping_) return;
  if (loaded) {
    put_in_force(std::move(*loaded));
  } else {
    refuse(loaded.error());
  }
  reading_ = false;
  if (again_) reload();
}

void Reloader::put_in_force(config::Loaded loaded) {
  const config::Change change = config::prepare_change(service_.in_force(), loaded.config);
  if (const auto done = service_.reload(loaded.config); !done) return refuse({done.error()});
  for (const std::string& warning : loaded.warnings) log::warning("config_warning", {{"warning", warning}});
  const std::string changed = fmt::format("{}", fmt::join(change.changed, ", "));
  const std::string waits = fmt::format("{}", fmt::join(change.needs_restart, ", "));
  log::info("reloaded", {{"file", loaded.file}, {"changed", changed}});
  if (!waits.empty()) log::warning("reload_needs_restart", {{"settings", waits}});

  std::vector<std::string> lines{changed.empty() ? "no setting differs; secrets and certificates were read again"
                                                 : "changed: " + changed};
  if (!waits.empty()) lines.push_back("needs a restart: " + waits);
  finish(true, std::move(lines));
}

void Reloader::refuse(const config::Problems& problems) {
  std::vector<std::string> lines;
  for (const Error& problem : problems) {
    log::error("reload_refused", {{"code", problem.code}, {"message", problem.message}});
    lines.push_back(fmt::format("{} [{}]", problem.message, problem.code));
  }
  finish(false, std::move(lines));
}

void Reloader::finish(bool done, std::vector<std::string> lines) {
  const ReloadOutcome outcome{.number = ++number_, .at = utc_now(), .done = done, .lines = std::move(lines)};
  service_.note_reload(done ? "done" : "reload_refused", outcome.lines);
  if (file_ != nullptr) file_->write(outcome);
  tell_supervisor(fmt::format("READY=1\nSTATUS={}", done ? "reloaded" : "a reload was refused; see the log"));
}

}  // namespace yizhan::app
