// The TOML file: top-level settings, [section] and [platforms.NAME].
#include <fmt/format.h>

#include <algorithm>

#include "config/draft.h"
#include "config/toml_document.h"

namespace yizhan::config {
namespace {

class TomlSource {
 public:
  TomlSource(Draft& draft, const std::string& file) : draft_(draft), file_(file) {}

  void read(const std::vector<TomlNode>& root) {
    const std::vector<std::string> sections = section_names();
    for (const TomlNode& node : root) {
      if (node.key == "platforms" && node.is_table) {
        for (const TomlNode& platform : node.children) read_platform(platform);
      } else if (std::ranges::find(sections, node.key) != sections.end() && node.is_table) {
        for (const TomlNode& child : node.children) read_setting(node.key, child);
      } else if (const auto* setting = find_setting(node.key)) {
        draft_.assign(*setting, given(node));
      } else if (node.key == "platforms" || std::ranges::find(sections, node.key) != sections.end()) {
        draft_.refuse("config_value_invalid", fmt::format("{} ({}): must be a table.", node.key, where(node)));
      } else {
        std::vector<std::string> known = keys_of_section("");
        known.insert(known.end(), sections.begin(), sections.end());
        known.emplace_back("platforms");
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

  void read_platform(const TomlNode& node) {
    if (!node.is_table) {
      draft_.refuse("config_value_invalid",
                    fmt::format("platforms.{} ({}): must be a table of the platform's settings.", in_quotes(node.key),
                                where(node)));
      return;
    }
    Platform* platform = draft_.platform(node.key, where(node));
    if (platform == nullptr) return;
    for (const TomlNode& child : node.children) {
      const PlatformMatch match = find_platform_setting(child.key);
      if (match.setting != nullptr) {
        Given value = given(child);
        value.single = match.single;
        draft_.assign(*platform, *match.setting, value);
      } else {
        refuse_key("platforms." + node.key + ".", child, platform_setting_keys());
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
  TomlSource(draft, file).read(*document);
}

}  // namespace yizhan::config
