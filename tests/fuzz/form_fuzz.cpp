// Forms as anybody may send them (faults 37, 38): what is read has each name once, none empty and no NUL; written out
// again it reads the same; and it is what the reader of queries makes of it, where that one takes it too.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/form.h"
#include "http/router.h"

namespace {

using namespace yizhan;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fields = http::decode_form(text);
  if (!fields) {
    require(fields.error().code == "form_invalid");
    return 0;
  }
  require(fields->size() <= kMaxFields);

  std::string again;
  for (const ReceivedField& field : *fields) {
    require(!field.name.empty() && !field.name.contains('\0') && !field.value.contains('\0'));
    require((*fields)[field.name] == field.value);
    again += encoded(field.name) + "=" + encoded(field.value) + "&";
  }
  require(http::decode_form(again) == *fields);

  if (const auto query = http::parse_query(text)) {
    require(std::ranges::equal(*query, *fields, [](const auto& pair, const ReceivedField& field) {
      return pair.first == field.name && pair.second == field.value;
    }));
  }
  return 0;
}
