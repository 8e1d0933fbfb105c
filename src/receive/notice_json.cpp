#include "receive/notice_json.h"

#include <algorithm>

#include "base/json_writer.h"

namespace yizhan::receive {

std::string fields_as_json(const Fields& fields, std::initializer_list<std::string_view> without) {
  JsonWriter out;
  out.begin_object();
  for (const ReceivedField& field : fields) {
    if (std::ranges::find(without, field.name) == without.end()) out.text(field.name, field.value);
  }
  return out.end_object().take();
}

}  // namespace yizhan::receive
