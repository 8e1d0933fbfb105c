// JSON as anybody may send it (faults 37, 38): never more accepted than Boost.JSON accepts under the same rules, never
// a value that differs from it, and members that are slices of the text they were read from.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_scan.h"

namespace {

using namespace yizhan;

void require(bool holds) {
  if (!holds) std::abort();
}

/// `expected` is what Boost.JSON made of the same text, or null.
void read_members(std::string_view text, const boost::json::object* expected) {
  json::ObjectReader reader(text);
  std::vector<std::pair<std::string, json::Value>> members;
  while (true) {
    const auto member = reader.next();
    if (!member) return;
    if (!*member) break;
    const json::Value& value = (*member)->value;
    require(value.offset + value.text.size() <= text.size());
    require(text.substr(value.offset, value.text.size()) == value.text);
    require(json::read_document(value.text).has_value());
    (void)json::read_integer(value);
    (void)json::read_boolean(value);
    members.emplace_back((*member)->key, value);
  }
  if (expected == nullptr) return;
  require(members.size() == expected->size());
  for (const auto& [key, value] : members) {
    const auto* same = expected->if_contains(key);
    require(same != nullptr);
    if (const auto string = json::read_string(value)) {
      require(same->is_string() && std::string_view(same->as_string()) == *string);
    }
  }
}

void read_elements(std::string_view text) {
  json::ArrayReader reader(text);
  while (true) {
    const auto value = reader.next();
    if (!value || !*value) return;
    require(json::read_document((*value)->text).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = json::read_document(text);
  boost::json::parse_options options;
  options.max_depth = json::kMaxDepth;
  boost::json::error_code error;
  const auto expected = boost::json::parse(text, error, {}, options);
  // Boost refuses half a surrogate pair and numbers out of a double's range, which are only passed on here.
  if (!error) require(value.has_value());
  read_members(text, !error && expected.is_object() ? &expected.as_object() : nullptr);
  read_elements(text);
  return 0;
}
