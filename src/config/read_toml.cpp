// The TOML file: top-level settings, [section], [platforms.NAME], [sources.NAME], [[routes]],
// [[notify_templates]] and [alert_channels.NAME].
#include <fmt/format.h>

#include <algorithm>

#include "config/draft.h"
#include "config/toml_document.h"

namespace yizhan::config {
namespace {

class TomlReader {
 public:
  TomlReader(Draft& draft, const std::string& file) : draft_(draft), file_(file) {}

  void read(const std::vector<TomlNode>& root) {
    const std::vector<std::string> sections = section_names();
    for (const TomlNode& node : root) {
      if (is_entries(node)) continue;
      const bool is_section = std::ranges::find(sections, node.key) != sections.end();
      if (is_section && node.is_table) {
        for (const TomlNode& child : node.children) read_setting(node.key, child);
      } else if (const auto* setting = find_setting(node.key)) {
        draft_.assign(*setting, given(node));
      } else if (is_section) {
        draft_.refuse("config_value_invalid", fmt::format("{} ({}): must be a table.", node.key, where(node)));
      } else {
        std::vector<std::string> known = keys_of_section("");
        known.insert(known.end(), sections.begin(), sections.end());
        for_each_table([&]<class Owner>(std::type_identity<Owner>) { known.emplace_back(Table<Owner>::kName); });
        refuse_key("", node, known);
      }
    }
  }

 private:
  void read_setting(const std::string& section, const TomlNode& node) {
    if (const auto* setting = find_setting(section + "." + node.key)) {
      draft_.assign(*setting, given(node));
    } else {
      refuse_key(section + ".", node, keys_of_section(section));
    }
  }

  /// Reads the tables of which there may be several; false when the node is something else.
  bool is_entries(const TomlNode& node) {
    bool found = false;
    for_each_table([&]<class Owner>(std::type_identity<Owner>) {
      if (node.key != Table<Owner>::kName) return;
      found = true;
      if (node.is_table || (Table<Owner>::kIsList && node.is_list_of_tables)) {
        for (const TomlNode& entry : node.children) read_entry<Owner>(entry);
      } else {
        draft_.refuse("config_value_invalid",
                      fmt::format("{} ({}): must be a {}.", node.key, where(node),
                                  Table<Owner>::kIsList
                                      ? fmt::format("list of tables: write [[{}]] for each", Table<Owner>::kName)
                                      : "table"));
      }
    });
    return found;
  }

  template <class Owner>
  void read_entry(const TomlNode& node) {
    using Words = Table<Owner>;
    if (!node.is_table) {
      draft_.refuse("config_value_invalid", fmt::format("{}.{} ({}): must be a table of the {}'s settings.",
                                                        Words::kName, in_quotes(node.key), where(node), Words::kOne));
      return;
    }
    Owner* entry = draft_.entry<Owner>(node.key, where(node));
    if (entry == nullptr) return;
    for (const TomlNode& child : node.children) {
      const TableMatch<Owner> match = find_table_setting<Owner>(child.key);
      if (match.setting != nullptr) {
        Given value = given(child);
        value.single = match.single;
        draft_.assign(*entry, *match.setting, value);
      } else {
        refuse_key(fmt::format("{}.{}.", Words::kName, node.key), child, table_setting_keys<Owner>());
      }
    }
  }

  void refuse_key(const std::string& prefix, const TomlNode& node, const std::vector<std::string>& known) {
    draft_.refuse("config_key_unknown",
                  fmt::format("{}{} ({}): there is no such setting. {}", prefix, in_quotes(node.key), where(node),
                              suggestion_or_list(node.key, known)));
  }

  std::string where(const TomlNode& node) const { return fmt::format("{}:{}", file_, node.line); }
  Given given(const TomlNode& node) const {
    return {.value = node.value, .origin = {Origin::Kind::kFile, where(node)}};
  }

  Draft& draft_;
  const std::string& file_;
};

}  // namespace

void read_toml(Draft& draft, std::string_view text, const std::string& file) {
  const auto document = parse_toml_document(text, file);
  if (!document) {
    draft.refuse(document.error().code, document.error().message);
    return;
  }
  TomlReader(draft, file).read(*document);
}

}  // namespace yizhan::config
