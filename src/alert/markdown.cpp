#include "alert/markdown.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace yizhan::alert {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kReplacements{{
    {"://", ":\u2060//"},  // word joiner
    {"[", "［"},
    {"]", "］"},
    {"<", "＜"},
    {">", "＞"},
    {"@", "＠"},
    {"*", "＊"},
    {"`", "｀"},
    {"\\", "＼"},
    {"&", "＆"},
    {"~", "～"},
    {"\n", " "},
}};

}  // namespace

std::string without_markup(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    std::size_t taken = 1;
    std::string_view written = text.substr(0, 1);
    for (const auto& [meaning, plain] : kReplacements) {
      if (!text.starts_with(meaning)) continue;
      taken = meaning.size();
      written = plain;
      break;
    }
    shown += written;
    text.remove_prefix(taken);
  }
  return shown;
}

std::string markdown(const Words& words) {
  std::string text = fmt::format("### {}\n\n", without_markup(words.title()));
  // Two blanks before a line's end: DingTalk joins lines that have none.
  for (const auto& [label, value] : words.lines) {
    text += fmt::format("**{}**: {}  \n", without_markup(label), without_markup(value));
  }
  if (!words.next.empty()) text += fmt::format("\n**{}**: {}  \n", words.next_label, without_markup(words.next));
  return text;
}

}  // namespace yizhan::alert
