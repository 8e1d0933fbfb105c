// XML as anybody may send it in place of WeChat Pay's (faults 37, 38): what is read is flat, UTF-8 and within the
// limits, and written out again it reads the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "receive/xml_fields.h"

namespace {

using namespace yizhan;

void require(bool holds) {
  if (!holds) std::abort();
}

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '\r':
        out += "&#13;";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view root : {"xml", "root"}) {
    const auto fields = receive::read_xml_fields(text, root);
    if (!fields) {
      require(fields.error().code == "xml_invalid" && is_utf8(fields.error().message));
      continue;
    }
    require(is_utf8(text) && text.size() <= receive::kMaxXmlBytes && fields->size() <= kMaxFields);
    std::string again = "<xml>";
    for (const ReceivedField& field : *fields) {
      require(!field.name.empty() && is_utf8(field.name) && is_utf8(field.value) && !field.value.contains('\0'));
      again += "<" + field.name + ">";
      append_escaped(again, field.value);
      again += "</" + field.name + ">";
    }
    again += "</xml>";
    if (again.size() <= receive::kMaxXmlBytes) require(receive::read_xml_fields(again) == *fields);
  }
  return 0;
}
