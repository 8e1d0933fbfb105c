// Writes JSON documents (RFC 8259) member by member, without spaces, with the commas in the right places. Misuse (a
// value without a key inside an object) is not caught: the tests read what is written.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace yizhan {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::integral auto value) {
    separate();
    out_ += std::to_string(value);
    return *this;
  }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  /// Valid JSON, as it is.
  JsonWriter& raw(std::string_view json);

  /// Members.
  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  /// Empty texts are null.
  JsonWriter& text_or_null(std::string_view name, std::string_view value);
  JsonWriter& time(std::string_view name, UtcTime value) { return key(name).text(to_rfc3339(value)); }
  JsonWriter& time_or_null(std::string_view name, const std::optional<UtcTime>& value);
  JsonWriter& number(std::string_view name, std::integral auto value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& texts(std::string_view name, const std::vector<std::string>& values);
  JsonWriter& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  /// Before a value or a key: a comma unless it is the first.
  void separate();

  std::string out_;
};

}  // namespace yizhan
