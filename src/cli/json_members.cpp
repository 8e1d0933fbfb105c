#include "cli/json_members.h"

#include "base/json_scan.h"

namespace yizhan::cli {

std::map<std::string, std::string, std::less<>> simple_members(std::string_view document) {
  std::map<std::string, std::string, std::less<>> members;
  const auto whole = json::read_document(document);
  if (!whole || whole->kind != json::Kind::kObject) return members;
  json::ObjectReader reader(whole->text);
  while (true) {
    const auto member = reader.next();
    if (!member) return {};
    if (!*member) return members;
    const auto& [key, value] = **member;
    if (value.kind == json::Kind::kString) {
      if (auto text = json::read_string(value)) members.emplace(key, std::move(*text));
    } else if (value.kind == json::Kind::kBoolean) {
      members.emplace(key, value.text);
    }
  }
}

}  // namespace yizhan::cli
