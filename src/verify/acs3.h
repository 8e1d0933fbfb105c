// ACS3-HMAC-SHA256, by which Alibaba Cloud's OpenAPI (SMS among it) knows who calls.
// Source: Alibaba Cloud, "V3 request structure and signature".
//
//   canonical   method "\n" path "\n" query "\n" (name ":" value "\n")* "\n" names "\n" hex(SHA-256(body))
//                 the query's parameters sorted by name, both sides percent-encoded; the headers that are signed in
//                 lower case, sorted, their values trimmed; names: the same, joined by ";"
//   signed      "ACS3-HMAC-SHA256" "\n" hex(SHA-256(canonical))
//   signature   hex(HMAC-SHA256(access key secret, signed))
//   header      Authorization: ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<names>,Signature=<signature>
//
// Signed are host, content-type where there is one, and every x-acs-*: action, content-sha256, date (UTC, within 15
// minutes of the service's clock), signature-nonce (once), version.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yizhan::verify {

struct Acs3Request {
  std::string_view method = "POST";
  std::string_view path = "/";
  std::string_view canonical_query;                          ///< as it stands in the URL, sorted and encoded
  std::vector<std::pair<std::string, std::string>> headers;  ///< the signed ones; lower case, any order
  std::string_view body;
};

/// The value of Authorization. `access_key_secret`: not empty.
std::string acs3_authorization(std::string_view access_key_id, std::string_view access_key_secret,
                               const Acs3Request& request);

}  // namespace yizhan::verify
