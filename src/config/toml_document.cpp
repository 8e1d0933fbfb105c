#include "config/toml_document.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>

namespace yizhan::config {
namespace {

// [platforms.NAME.headers], and the entries of [[routes]]
constexpr int kDepth = 3;

// The library parses `a.a.a.…` by recursion and bounds only values that are nested, not keys: a long chain of dots
// would overflow the stack. No setting has more than four parts.
constexpr int kMostPointsInLine = 1000;

template <class Item>
std::optional<Value> list_of_items(const toml::array& array) {
  std::vector<Item> items;
  for (const auto& node : array) {
    const auto item = node.value_exact<Item>();
    if (!item) return std::nullopt;
    items.push_back(*item);
  }
  return Value(std::move(items));
}

std::optional<Value> table_of_texts(const toml::table& table) {
  TextTable texts;
  for (const auto& [key, node] : table) {
    const auto text = node.value_exact<std::string>();
    if (!text) return std::nullopt;
    texts.emplace_back(std::string(key.str()), *text);
  }
  return Value(std::move(texts));
}

std::optional<Value> value_of_node(const toml::node& node) {
  if (const auto flag = node.value_exact<bool>()) return Value(*flag);
  if (const auto whole = node.value_exact<std::int64_t>()) return Value(*whole);
  if (const auto real = node.value_exact<double>()) return Value(*real);
  if (const auto text = node.value_exact<std::string>()) return Value(*text);
  if (const auto* table = node.as_table()) return table_of_texts(*table);
  if (const auto* array = node.as_array()) {
    // An empty list is one of texts.
    if (auto texts = list_of_items<std::string>(*array)) return texts;
    return list_of_items<std::int64_t>(*array);
  }
  return std::nullopt;
}

std::vector<TomlNode> children_of(const toml::table& table, int depth);

TomlNode tree_of(std::string key, const toml::node& node, int depth) {
  TomlNode tree{.key = std::move(key),
                .is_table = node.is_table(),
                .is_list_of_tables = node.is_array_of_tables(),
                .value = value_of_node(node),
                .children = {},
                .line = static_cast<unsigned>(node.source().begin.line),
                .column = static_cast<unsigned>(node.source().begin.column)};
  if (depth <= 1) return tree;
  if (tree.is_table) tree.children = children_of(*node.as_table(), depth - 1);
  if (tree.is_list_of_tables) {
    for (const toml::node& item : *node.as_array()) {
      tree.children.push_back(tree_of(fmt::to_string(tree.children.size() + 1), item, depth - 1));
    }
  }
  return tree;
}

std::vector<TomlNode> children_of(const toml::table& table, int depth) {
  std::vector<TomlNode> children;
  for (const auto& [key, node] : table) children.push_back(tree_of(std::string(key.str()), node, depth));
  std::ranges::sort(children, {}, [](const TomlNode& node) { return std::tuple(node.line, node.column, node.key); });
  return children;
}

/// The first line with too many points; 0 when there is none.
unsigned overlong_key_line(std::string_view text) {
  unsigned line = 1;
  int points = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      points = 0;
    } else if (c == '.' && ++points > kMostPointsInLine) {
      return line;
    }
  }
  return 0;
}

}  // namespace

Result<std::vector<TomlNode>> parse_toml_document(std::string_view text, const std::string& name) {
  if (const unsigned line = overlong_key_line(text); line != 0) {
    return fail("config_file_invalid",
                fmt::format("{}:{}: more than {} points in one line.", name, line, kMostPointsInLine));
  }
  try {
    return children_of(toml::parse(text, name), kDepth);
  } catch (const toml::parse_error& error) {
    return fail("config_file_invalid", fmt::format("{}:{}: this is not valid TOML: {}.", name,
                                                   error.source().begin.line, error.description()));
  }
}

}  // namespace yizhan::config
