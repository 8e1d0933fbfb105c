#include "receive/json_field.h"

#include <charconv>

namespace yizhan::receive {
namespace {

std::optional<json::Value> find_member(const json::Value& object, std::string_view key) {
  std::optional<json::Value> found;
  json::ObjectReader reader(object.text, object.offset);
  while (true) {
    const auto member = reader.next();
    if (!member) return std::nullopt;
    if (!*member) return found;
    if ((*member)->key == key) found = (*member)->value;
  }
}

std::optional<json::Value> find_element(const json::Value& array, std::string_view segment) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  if (error != std::errc{} || end != segment.data() + segment.size()) return std::nullopt;
  json::ArrayReader reader(array.text, array.offset);
  for (std::size_t i = 0;; ++i) {
    const auto element = reader.next();
    if (!element || !*element) return std::nullopt;
    if (i == index) return *element;
  }
}

}  // namespace

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (true) {
    const std::size_t dot = path.find('.');
    segments.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return segments;
    path.remove_prefix(dot + 1);
  }
}

std::optional<json::Value> find_field(const std::vector<std::string>& path, std::string_view document) {
  const auto whole = json::read_document(document);
  std::optional<json::Value> value = whole ? std::optional(*whole) : std::nullopt;
  for (const std::string& segment : path) {
    if (!value) return std::nullopt;
    if (value->kind == json::Kind::kObject) {
      value = find_member(*value, segment);
    } else if (value->kind == json::Kind::kArray) {
      value = find_element(*value, segment);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace yizhan::receive
