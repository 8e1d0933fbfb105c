// Talking to a running service's API from a command: one request, waited for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/context.h"
#include "config/config.h"

namespace yizhan::cli {

struct ServiceAnswer {
  int status = 0;
  std::string body;
};

/// One request to wherever the operator said, private or not. `header_lines`: each `Name: value\r\n`. Codes
/// `url_invalid`, `service_unavailable`.
Result<ServiceAnswer> request_once(const std::string& base_url, std::string_view path, std::string_view method,
                                   std::string_view header_lines, std::string body,
                                   Milliseconds timeout = Milliseconds{15000});

/// Whether anybody takes connections at a URL's address on this machine.
bool is_listening(const std::string& base_url);

/// The URL of a listener of this machine's service, as configured; `0.0.0.0` and `::` become loopback. Code
/// `listen_address_invalid`.
Result<std::string> listener_url(const std::string& listen, bool tls);

class ServiceClient {
 public:
  /// `base_url`: `http://127.0.0.1:7401`. `api_key` may be empty.
  ServiceClient(std::string base_url, std::string api_key)
      : base_url_(std::move(base_url)), api_key_(std::move(api_key)) {}

  /// Any answer is an answer, whatever its status. Codes `url_invalid`, `service_unavailable` (no answer: what was
  /// asked may have been done all the same).
  Result<ServiceAnswer> request(std::string_view method, std::string_view path, std::string body) const;

  const std::string& base_url() const { return base_url_; }

 private:
  std::string base_url_;
  std::string api_key_;
};

/// The error that a problem document (RFC 9457) tells, with the service's own code; what else was answered where it is
/// none.
Error service_error(const ServiceAnswer& answer, const std::string& base_url);

/// Which service a command talks to.
struct ServiceOptions {
  std::string url;
  std::string api_key;
  bool direct = false;
};
/// Adds --url, --api-key and --direct. `scope`: what the key must allow.
void add_service_options(Command command, ServiceOptions& options, const std::string& scope);

/// The service that was named, or that listens at the configured API address of this machine; nothing when there is
/// none, or when the command line says --direct or names a store: whoever names a store means that store, not the one
/// that some service here writes to.
Result<std::optional<ServiceClient>> find_service(const Context& context, const config::Config& config,
                                                  const ServiceOptions& options);

}  // namespace yizhan::cli
