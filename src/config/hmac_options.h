// How the configurable HMAC scheme signs, for what leaves and for what comes in.
#pragma once

#include <string>

#include "domain/signing_scheme.h"

namespace yizhan::config {

/// For SigningScheme::kHmac and SourceKind::kHmac only.
struct HmacOptions {
  std::string prefix;  ///< before the encoded MAC: `sha256=`
  HmacEncoding encoding = HmacEncoding::kHex;
  HmacAlgorithm algorithm = HmacAlgorithm::kSha256;
  std::string timestamp_header;        ///< empty: there is no timestamp
  std::string signed_text = "{body}";  ///< `{timestamp}` (Unix seconds), `{id}` and `{body}` stand for themselves
};

}  // namespace yizhan::config
