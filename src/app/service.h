// The service, wired together: store, dispatcher, API, receiver, in this order, and stopped in reverse. The only place
// that sees the whole configuration and turns it into each part's own options.
//
// Everything but the store's threads runs on one io_context thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "http/asio.h"

namespace yizhan::app {

/// An address that the service listens on: `api`, `127.0.0.1:7401`; `receive`.
struct Listening {
  std::string name;
  std::string address;
};

class Service {
 public:
  /// Opens the store, brings its schema up to date, starts the threads and listens. Nothing is left behind when that
  /// fails. Codes of store.h, http/server.h, `credentials_required`, and those of make_platforms(), make_sources(),
  /// make_routes() and receive/receiver.h.
  static Result<std::unique_ptr<Service>> start(http::asio::io_context& io, const config::Config& config);
  /// Cuts off whatever stop() left. Call when the io_context does not run any more.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::vector<Listening> listening() const;

  /// What holds now.
  const config::Config& in_force() const;
  /// Takes on another configuration without ending a connection, an attempt or an event: all of it, or, with an error,
  /// nothing. Settings that need a restart must be as in in_force() (config/change.h). Codes of start().
  Result<void> reload(const config::Config& config);
  /// On the audit trail, as config.reload: `outcome` is `done`, or `reload_refused`.
  void note_reload(std::string_view outcome, const std::vector<std::string>& lines);

  /// Takes no more callbacks and no more requests, finishes those in hand and the attempts in flight, gives claimed
  /// events back. Calls `done` once, at the latest after `grace`. What was accepted is durable in any case.
  void stop(Milliseconds grace, std::function<void()> done);

 private:
  struct Parts;
  explicit Service(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace yizhan::app
