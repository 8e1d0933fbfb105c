// What a certificate says of itself (X.509, RFC 5280): whose it is and until when it counts. For watching expiry; trust
// is decided by the TLS library.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace yizhan::verify {

struct Certificate {
  std::string subject;  ///< `CN=pay.example.com,O=Example`, as RFC 2253 writes it
  UtcTime not_after{};
};

/// Those of a PEM text, in its order; keys and other blocks are passed over. Code `certificate_invalid` when it has no
/// certificate, or one that cannot be read.
Result<std::vector<Certificate>> read_certificates(std::string_view pem);

}  // namespace yizhan::verify
