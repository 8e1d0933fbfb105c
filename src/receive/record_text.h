// What a request leaves on record beside its body: its headers and its target without secrets, and texts that strangers
// wrote, in a form that every store and every terminal takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace yizhan::receive {

/// Stands where a secret was.
inline constexpr std::string_view kRedacted = "[redacted]";

/// Appends `text` as UTF-8 without control characters: each byte that is neither becomes U+FFFD. Text that is fine
/// already, as nearly all is, is only copied.
void append_recordable(std::string& out, std::string_view text);

/// Likewise, and at most `limit` bytes, cut between characters.
std::string recordable(std::string_view text, std::size_t limit);

/// Whether append_recordable() would leave it as it is.
bool is_recordable(std::string_view text);

class HeaderRecord {
 public:
  /// `secret_headers`: the source's own, beside those that carry credentials for everybody (Authorization, Cookie and
  /// the like).
  explicit HeaderRecord(std::vector<std::string> secret_headers);

  /// `Name: value` lines, each ended by LF, in the order received.
  std::string text(const http::ServerRequest& request) const;

 private:
  bool is_secret(std::string_view name) const;

  std::vector<std::string> secret_headers_;
};

/// Path and query as received; values of parameters whose names say that they are secret (`token`, `api_key`,
/// `client_secret`, `password`…) are redacted. Signatures are kept: they are evidence, and prove nothing twice.
std::string target_record(const http::ServerRequest& request);

}  // namespace yizhan::receive
