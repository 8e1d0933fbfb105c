#include "receive/xml_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace yizhan::receive {
namespace {

// Everything is kept in the tree, so that nothing is passed over unseen: what has no place in a notice is refused
// below, where pugixml itself would skip it. Escapes are decoded here: pugixml leaves those that it does not know as
// they are.
constexpr unsigned kParseOptions = pugi::parse_minimal | pugi::parse_cdata | pugi::parse_eol | pugi::parse_ws_pcdata |
                                   pugi::parse_fragment | pugi::parse_pi | pugi::parse_comments |
                                   pugi::parse_declaration | pugi::parse_doctype;

std::unexpected<Error> invalid(std::string_view what) {
  return fail("xml_invalid", fmt::format("The XML {}.", what));
}

// Production 2 of XML 1.0, beyond what UTF-8 excludes.
bool is_xml_character(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xfffe && code != 0xffff && (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// What stands between `&` and `;`: one of the five entities or a character reference. False for anything else.
bool append_reference(std::string& out, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [entity, character] : kEntities) {
    if (name == entity) {
      out += character;
      return true;
    }
  }
  if (!name.starts_with('#')) return false;
  const bool is_hex = name.starts_with("#x");
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() || !is_xml_character(code)) return false;
  append_utf8(out, code);
  return true;
}

bool append_text(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t begin = text.find('&');
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return true;
    const std::size_t end = text.find(';', begin);
    if (end == std::string_view::npos || !append_reference(out, text.substr(begin + 1, end - begin - 1))) return false;
    text.remove_prefix(end + 1);
  }
}

// The document's own children: perhaps the declaration, the root, blanks.
Result<pugi::xml_node> find_root(const pugi::xml_document& document, std::string_view name) {
  pugi::xml_node root;
  for (const pugi::xml_node node : document.children()) {
    if (node.type() == pugi::node_pcdata && is_blank(node.value())) continue;
    if (node.type() == pugi::node_declaration && node == document.first_child()) {
      const std::string_view encoding = node.attribute("encoding").value();
      if (!encoding.empty() && encoding != "UTF-8" && encoding != "utf-8") {
        return invalid("declares an encoding that is not UTF-8");
      }
      continue;
    }
    if (node.type() != pugi::node_element || root) return invalid("holds more than one element: no DTD, no comments");
    root = node;
  }
  if (!root || root.name() != name) return invalid(fmt::format("has no root element {}", name));
  if (root.first_attribute()) return invalid("has attributes");
  return root;
}

Result<std::string> read_value(const pugi::xml_node& field) {
  if (field.first_attribute()) return invalid("has attributes");
  std::string value;
  for (const pugi::xml_node node : field.children()) {
    if (node.type() == pugi::node_cdata) {
      value += node.value();
    } else if (node.type() != pugi::node_pcdata) {
      return invalid("has something other than text inside a field");
    } else if (!append_text(value, node.value())) {
      return invalid("has an & that begins none of the five entities and no reference to a character");
    }
  }
  return value;
}

// False for a NUL, too, at which pugixml would take the text to end.
bool has_only_xml_characters(std::string_view text) {
  return is_utf8(text) && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
         });
}

}  // namespace

Result<Fields> read_xml_fields(std::string_view text, std::string_view root) {
  if (text.size() > kMaxXmlBytes) return invalid(fmt::format("is longer than {} bytes", kMaxXmlBytes));
  if (!has_only_xml_characters(text)) return invalid("is not UTF-8, or has control characters in it");

  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size(), kParseOptions, pugi::encoding_utf8);
  if (!parsed) return invalid(fmt::format("is not well-formed at byte {}: {}", parsed.offset, parsed.description()));
  const auto root_element = find_root(document, root);
  if (!root_element) return std::unexpected(root_element.error());

  Fields fields;
  for (const pugi::xml_node node : root_element->children()) {
    if (node.type() == pugi::node_pcdata && is_blank(node.value())) continue;
    if (node.type() != pugi::node_element) return invalid("has something other than fields inside its root");
    if (fields.size() == kMaxFields) return invalid(fmt::format("has more than {} fields", kMaxFields));
    auto value = read_value(node);
    if (!value) return std::unexpected(std::move(value.error()));
    if (!fields.add(node.name(), std::move(*value))) return invalid("has two fields of one name");
  }
  return fields;
}

}  // namespace yizhan::receive
