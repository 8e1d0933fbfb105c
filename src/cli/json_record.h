// One JSON object on one line, written field by field in the order of the calls: what --json prints. Times are
// RFC 3339 in UTC; text that is not UTF-8 has U+FFFD where it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace yizhan::cli {

class JsonRecord {
 public:
  JsonRecord& text(std::string_view name, std::string_view value);
  /// null when empty.
  JsonRecord& text_or_null(std::string_view name, std::string_view value);
  JsonRecord& number(std::string_view name, std::int64_t value);
  JsonRecord& boolean(std::string_view name, bool value);
  JsonRecord& time(std::string_view name, UtcTime value);
  JsonRecord& time_or_null(std::string_view name, std::optional<UtcTime> value);
  /// `json` is a JSON text already.
  JsonRecord& raw(std::string_view name, std::string_view json);

  std::string str() const { return text_ + '}'; }

 private:
  void begin_field(std::string_view name);
  std::string text_ = "{";
};

/// `[a,b]`, of JSON texts.
std::string json_array(const std::vector<std::string>& items);
std::string json_string(std::string_view text);

std::string base64(std::string_view bytes);

/// `bytes` as field `name` where it is UTF-8, else as `<name>_base64`: bytes are never lost.
void add_bytes(JsonRecord& record, std::string_view name, std::string_view bytes);

}  // namespace yizhan::cli
