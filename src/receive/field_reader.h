// Reading what a source needs out of a notice, whichever form it came in: a form's or XML document's fields, a JSON
// document's by their paths, a request's headers. The first error stays and what is read after it means nothing, so
// that a source reads all of its fields and asks once:
//
//   FieldReader read(fields);
//   const PaymentEffect payment{.out_trade_no = read.identifier("out_trade_no"), .total_fee = read.fen("total_fee")};
//   if (read.failed()) return read.error();
//
// Errors: `field_missing`, `field_invalid`; which field, and what is due in it, never its value.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/fields.h"
#include "base/json_scan.h"
#include "http/server.h"

namespace yizhan::receive {

inline constexpr std::size_t kLongestIdentifier = 128;

/// Whether it can be searched for and put on record under a name: 1 to kLongestIdentifier bytes of UTF-8 without
/// control characters.
bool is_identifier(std::string_view text);

class FieldReader {
 public:
  // What is read from has to outlive the reader.

  explicit FieldReader(const Fields& fields);
  /// Of its headers.
  explicit FieldReader(const http::ServerRequest& request);
  /// Of a document that json::read_document() has checked. A string is what it says, a number or boolean its text, null
  /// is absent; an object or array is `field_invalid`.
  explicit FieldReader(const json::Value& document);

  /// A field without value counts as missing, here and below.
  bool has(std::string_view name) { return !get(name).empty(); }

  /// See is_identifier().
  std::string identifier(std::string_view name) { return identifier(name, Needed::kYes); }
  std::string optional_identifier(std::string_view name) { return identifier(name, Needed::kNo); }
  /// Any text, of which there is some.
  std::string text(std::string_view name);
  std::string optional_text(std::string_view name) { return get(name); }

  /// A whole number of fen.
  std::int64_t fen(std::string_view name);
  /// Yuan in decimals, at most two of them: `88.8` is 8880 fen.
  std::int64_t yuan(std::string_view name);
  /// Local time of UTC+8, or what names its offset: beijing_time.h.
  UtcTime time(std::string_view name);
  /// `20141030133525`, UTC+8.
  UtcTime compact_time(std::string_view name);

  bool failed() const { return error_.has_value(); }
  /// Only after failed().
  std::unexpected<Error> error() const { return std::unexpected(*error_); }

 private:
  using Lookup = std::function<Result<std::string>(std::string_view name)>;
  enum class Needed { kYes, kNo };

  std::string get(std::string_view name);
  std::string identifier(std::string_view name, Needed needed);
  template <class T>
  T read(std::string_view name, std::optional<T> (*parse)(std::string_view), std::string_view due);
  void missing(std::string_view name);
  void invalid(std::string_view name, std::string_view due);

  Lookup lookup_;
  std::string_view what_;  // `field`, `header`
  std::optional<Error> error_;
};

}  // namespace yizhan::receive
