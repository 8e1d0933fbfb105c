#include "receive/field_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "receive/amount.h"
#include "receive/beijing_time.h"
#include "receive/json_field.h"

namespace yizhan::receive {
namespace {

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7f;
}

Result<std::string> text_of(std::string_view name, const json::Value& value) {
  switch (value.kind) {
    case json::Kind::kNull:
      return std::string();
    case json::Kind::kNumber:
    case json::Kind::kBoolean:
      return std::string(value.text);
    case json::Kind::kString:
      if (auto text = json::read_string(value)) return text;
      break;
    case json::Kind::kArray:
    case json::Kind::kObject:
      break;
  }
  return fail("field_invalid", fmt::format("The field {} holds neither text nor a number.", name));
}

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= kLongestIdentifier && is_utf8(text) && std::ranges::none_of(text, is_control);
}

FieldReader::FieldReader(const Fields& fields)
    : lookup_([&fields](std::string_view name) { return std::string(fields[name]); }), what_("field") {}

FieldReader::FieldReader(const http::ServerRequest& request)
    : lookup_([&request](std::string_view name) { return std::string(request.header(name)); }), what_("header") {}

FieldReader::FieldReader(const json::Value& document)
    : lookup_([text = document.text](std::string_view name) -> Result<std::string> {
        const auto value = find_field(split_path(name), text);
        return value ? text_of(name, *value) : Result<std::string>{};
      }),
      what_("field") {}

std::string FieldReader::get(std::string_view name) {
  if (error_) return {};
  auto text = lookup_(name);
  if (text) return std::move(*text);
  error_ = std::move(text.error());
  return {};
}

std::string FieldReader::identifier(std::string_view name, Needed needed) {
  std::string text = get(name);
  if (text.empty()) {
    if (needed == Needed::kYes) missing(name);
    return {};
  }
  if (is_identifier(text)) return text;
  invalid(name, "at most 128 bytes of UTF-8 without control characters");
  return {};
}

std::string FieldReader::text(std::string_view name) {
  std::string text = get(name);
  if (text.empty()) missing(name);
  return text;
}

template <class T>
T FieldReader::read(std::string_view name, std::optional<T> (*parse)(std::string_view), std::string_view due) {
  const std::string text = get(name);
  if (text.empty()) {
    missing(name);
    return {};
  }
  const std::optional<T> value = parse(text);
  if (!value) invalid(name, due);
  return value.value_or(T{});
}

std::int64_t FieldReader::fen(std::string_view name) {
  return read(name, &parse_fen, "an amount as a whole number of fen");
}

std::int64_t FieldReader::yuan(std::string_view name) {
  return read(name, &parse_yuan, "an amount in yuan with at most two decimals");
}

UtcTime FieldReader::time(std::string_view name) {
  return read(name, &parse_beijing_time, "a time like 2014-10-30 13:35:25 or RFC 3339's");
}

UtcTime FieldReader::compact_time(std::string_view name) {
  return read(name, &parse_compact_beijing_time, "a time like 20141030133525");
}

void FieldReader::missing(std::string_view name) {
  if (error_) return;
  error_ = Error{"field_missing", fmt::format("The {} {} is missing or empty.", what_, name)};
}

void FieldReader::invalid(std::string_view name, std::string_view due) {
  if (error_) return;
  error_ = Error{"field_invalid", fmt::format("The {} {} must hold {}.", what_, name, due)};
}

}  // namespace yizhan::receive
