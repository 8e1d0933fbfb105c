// Errors and results. Every error carries a stable code, which the documentation, the API and the log share, and a
// sentence that says what is wrong and what to do. Codes are lower-case words joined by underscores.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace yizhan {

struct Error {
  /// Stable, from a string literal: programs compare it, documents index it.
  std::string_view code;
  /// For a person: what is wrong, with the value, and what to do about it. Never holds a secret.
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string_view code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace yizhan
