#include "receive/charset.h"

#include <iconv.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "http/ascii_case.h"

namespace yizhan::receive {
namespace {

struct CloseConverter {
  void operator()(iconv_t converter) const { iconv_close(converter); }
};
using Converter = std::unique_ptr<std::remove_pointer_t<iconv_t>, CloseConverter>;

bool is_chinese(std::string_view charset) {
  constexpr std::array<std::string_view, 3> kNames{"gbk", "gb2312", "gb18030"};
  for (const std::string_view name : kNames) {
    if (http::equals_ignoring_case(charset, name)) return true;
  }
  return false;
}

std::optional<std::string> convert(iconv_t converter, std::string_view text) {
  std::string converted(2 * text.size(), '\0');  // two bytes become three at most
  std::string from(text);
  char* in = from.data();
  char* out = converted.data();
  std::size_t in_left = from.size();
  std::size_t out_left = converted.size();
  iconv(converter, nullptr, nullptr, nullptr, nullptr);  // from its first state
  if (iconv(converter, &in, &in_left, &out, &out_left) == static_cast<std::size_t>(-1)) return std::nullopt;
  converted.resize(converted.size() - out_left);
  return converted;
}

}  // namespace

Fields as_utf8(const Fields& fields, std::string_view charset) {
  if (!is_chinese(charset)) return fields;
  void* const opened = iconv_open("UTF-8", "GB18030");
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what the C library answers where it has no such charset.
  if (opened == reinterpret_cast<iconv_t>(-1)) return fields;
  const Converter converter(opened);
  Fields converted;
  for (const ReceivedField& field : fields) {
    // Names were different, and stay so.
    static_cast<void>(converted.add(field.name, convert(converter.get(), field.value).value_or(field.value)));
  }
  return converted;
}

}  // namespace yizhan::receive
