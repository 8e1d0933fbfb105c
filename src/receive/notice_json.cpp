#include "receive/notice_json.h"

#include <algorithm>

#include "base/json_text.h"

namespace yizhan::receive {

std::string fields_as_json(const Fields& fields, std::initializer_list<std::string_view> without) {
  std::string out = "{";
  for (const ReceivedField& field : fields) {
    if (std::ranges::find(without, field.name) != without.end()) continue;
    if (out.size() > 1) out += ',';
    append_json_string(out, field.name);
    out += ':';
    append_json_string(out, field.value);
  }
  out += '}';
  return out;
}

}  // namespace yizhan::receive
