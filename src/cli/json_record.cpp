#include "cli/json_record.h"

#include "base/json_text.h"
#include "base/utf8.h"
#include "verify/base64.h"

namespace yizhan::cli {

void JsonRecord::begin_field(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  append_json_string(text_, name);
  text_ += ':';
}

JsonRecord& JsonRecord::text(std::string_view name, std::string_view value) {
  begin_field(name);
  append_json_string(text_, value);
  return *this;
}

JsonRecord& JsonRecord::text_or_null(std::string_view name, std::string_view value) {
  return value.empty() ? raw(name, "null") : text(name, value);
}

JsonRecord& JsonRecord::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonRecord& JsonRecord::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

JsonRecord& JsonRecord::time(std::string_view name, UtcTime value) {
  return text(name, to_rfc3339(value));
}

JsonRecord& JsonRecord::time_or_null(std::string_view name, std::optional<UtcTime> value) {
  return value ? time(name, *value) : raw(name, "null");
}

JsonRecord& JsonRecord::raw(std::string_view name, std::string_view json) {
  begin_field(name);
  text_ += json;
  return *this;
}

std::string json_array(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    out += item;
  }
  return out + ']';
}

std::string base64(std::string_view bytes) {
  std::string out;
  verify::append_base64(out, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  return out;
}

void add_bytes(JsonRecord& record, std::string_view name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    record.text(name, bytes);
  } else {
    record.text(std::string(name) + "_base64", base64(bytes));
  }
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace yizhan::cli
