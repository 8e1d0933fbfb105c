#include "verify/sorted_fields.h"

#include <algorithm>
#include <vector>

namespace yizhan::verify {

std::string sorted_fields_text(const Fields& fields, std::initializer_list<std::string_view> without,
                               EmptyValues empty_values) {
  std::vector<const ReceivedField*> chosen;
  chosen.reserve(fields.size());
  std::size_t size = 0;
  for (const ReceivedField& field : fields) {
    if (empty_values == EmptyValues::kDropped && field.value.empty()) continue;
    if (std::ranges::find(without, field.name) != without.end()) continue;
    chosen.push_back(&field);
    size += field.name.size() + field.value.size() + 2;
  }
  // std::string compares as unsigned bytes.
  std::ranges::sort(chosen, {}, [](const ReceivedField* field) -> const std::string& { return field->name; });

  std::string text;
  text.reserve(size);
  for (const ReceivedField* field : chosen) {
    if (!text.empty()) text += '&';
    text += field->name;
    text += '=';
    text += field->value;
  }
  return text;
}

}  // namespace yizhan::verify
