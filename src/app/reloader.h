// Reads the configuration again and puts it in force: at SIGHUP. All of it or nothing; the service goes on with the one
// that it has where the new one is not valid.
//
// The files are read on a thread of its own, so that a slow disk holds nobody up; the rest happens on the I/O thread.
// What comes of it: the log (`reloaded`, `reload_refused`, `reload_needs_restart`), the audit trail (config.reload),
// the service's file (app/service_file.h) and the supervisor.
#pragma once

#include <expected>
#include <functional>
#include <thread>

#include "app/service_file.h"
#include "config/load.h"
#include "http/asio.h"

namespace yizhan::app {

class Service;

class Reloader {
 public:
  /// All outlive this.
  Reloader(http::asio::io_context& io, Service& service, const config::Inputs& inputs);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  /// `file` outlives what runs on the io_context.
  void report_to(const ServiceFile& file) { file_ = &file; }

  /// One at a time: asked again meanwhile, it reads once more when it has finished.
  void reload();
  /// What is being read is not put in force any more.
  void stop() { stopping_ = true; }

 private:
  void read(std::expected<config::Loaded, config::Problems> loaded);
  void put_in_force(config::Loaded loaded);
  void refuse(const config::Problems& problems);
  void finish(bool done, std::vector<std::string> lines);

  http::asio::io_context& io_;
  Service& service_;
  const config::Inputs& inputs_;
  const ServiceFile* file_ = nullptr;
  std::int64_t number_ = 0;
  bool reading_ = false;
  bool again_ = false;
  bool stopping_ = false;
  std::jthread reader_;
};

}  // namespace yizhan::app
