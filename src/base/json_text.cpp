#include "base/json_text.h"

#include <cstddef>

#include "base/plain_run.h"
#include "base/utf8.h"

namespace yizhan {
namespace {

void append_quoted(std::string& out, std::string_view plain) {
  const std::size_t before = out.size();
  const std::size_t after = before + plain.size() + 2;
  out.resize_and_overwrite(after, [&](char* text, std::size_t) {  // GCC 12 passes more than what was asked for
    text[before] = '"';
    plain.copy(text + before + 1, plain.size());
    text[after - 1] = '"';
    return after;
  });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  if (plain_json_run(text) == text.size()) return append_quoted(out, text);
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_json_run(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char character = text.front();
    const auto byte = static_cast<unsigned char>(character);
    std::size_t used = 1;
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (character == '\n') {
      out += "\\n";
    } else if (character == '\t') {
      out += "\\t";
    } else if (character == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else if (const std::size_t length = utf8_sequence_length(text); length > 0) {
      out += text.substr(0, length);
      used = length;
    } else {
      out += "\xef\xbf\xbd";
    }
    text.remove_prefix(used);
  }
  out += '"';
}

}  // namespace yizhan
