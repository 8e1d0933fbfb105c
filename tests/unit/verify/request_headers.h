// A received request's headers, as the verifiers look them up; and a signer's header lines read back into one.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/header_text.h"
#include "verify/signing.h"

namespace yizhan::verify {

struct RequestHeaders {
  std::vector<std::pair<std::string, std::string>> fields;

  std::string_view find(std::string_view name) const {
    for (const auto& [known, value] : fields) {
      if (same_header_name(known, name)) return value;
    }
    return {};
  }

  void set(std::string_view name, std::string value) {
    for (auto& [known, old_value] : fields) {
      if (same_header_name(known, name)) {
        old_value = std::move(value);
        return;
      }
    }
    fields.emplace_back(name, std::move(value));
  }

  void erase(std::string_view name) {
    std::erase_if(fields, [name](const auto& field) { return same_header_name(field.first, name); });
  }

  HeaderLookup lookup() const {
    return [this](std::string_view name) { return find(name); };
  }
};

/// Fails the test where a line is not exactly `Name: value\r\n`.
inline RequestHeaders parse_header_lines(std::string_view lines) {
  RequestHeaders headers;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::size_t colon = lines.find(": ");
    if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) {
      ADD_FAILURE() << "not a header line: " << lines;
      break;
    }
    headers.fields.emplace_back(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
    lines.remove_prefix(end + 2);
  }
  return headers;
}

inline RequestHeaders sign(const SigningOptions& options, const MessageToSign& message) {
  const auto signer = make_signer(options);
  if (!signer) {
    ADD_FAILURE() << signer.error().message;
    return {};
  }
  std::string lines;
  (*signer)->append_header_lines(lines, message);
  return parse_header_lines(lines);
}

/// The code of the refusal; empty when it was accepted.
inline std::string_view refusal(const SigningOptions& options, const RequestHeaders& headers, std::string_view body,
                                std::int64_t now_seconds) {
  const auto verifier = make_verifier(options);
  if (!verifier) {
    ADD_FAILURE() << verifier.error().message;
    return verifier.error().code;
  }
  const auto verdict =
      (*verifier)->verify({.header = headers.lookup(), .body = body, .now = UtcTime{Seconds{now_seconds}}});
  return verdict ? std::string_view{} : verdict.error().code;
}

}  // namespace yizhan::verify
