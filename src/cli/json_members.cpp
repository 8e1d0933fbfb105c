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
    } else if (value.kind == json::Kind::kBoolean || value.kind == json::Kind::kNumber) {
      members.emplace(key, value.text);
    }
  }
}

std::vector<std::string> array_elements(std::string_view document, std::string_view name) {
  std::vector<std::string> elements;
  const auto whole = json::read_document(document);
  if (!whole || whole->kind != json::Kind::kObject) return elements;
  json::ObjectReader members(whole->text);
  while (true) {
    const auto member = members.next();
    if (!member || !*member) return elements;
    if ((*member)->key != name || (*member)->value.kind != json::Kind::kArray) continue;
    json::ArrayReader array((*member)->value.text);
    while (true) {
      const auto element = array.next();
      if (!element || !*element) return elements;
      elements.emplace_back((*element)->text);
    }
  }
}

}  // namespace yizhan::cli
