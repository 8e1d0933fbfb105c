// Talking to a running service's API from a command: one request, waited for.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"

namespace yizhan::cli {

struct ServiceAnswer {
  int status = 0;
  std::string body;
};

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

/// The URL of the API that this configuration serves; `0.0.0.0` and `::` become loopback.
Result<std::string> configured_api_url(const config::Config& config);

/// Whether anybody takes connections at a URL's address on this machine.
bool is_listening(const std::string& base_url);

}  // namespace yizhan::cli
