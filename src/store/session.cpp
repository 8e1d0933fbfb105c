#include "store/session.h"

namespace yizhan::store {

std::string session_text(std::string_view text, SessionEngine engine, std::string_view each) {
  const std::string_view own = engine == SessionEngine::kSqlite ? "sqlite|" : "postgres|";
  std::string out;
  out.reserve(text.size() + each.size());
  while (true) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    const std::string_view part = text.substr(open + 1, close - open - 1);
    if (part == "each") {
      out += each;
    } else if (part.starts_with(own)) {
      out += part.substr(own.size());
    }
    text.remove_prefix(close + 1);
  }
  const auto first = out.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : out;
}

}  // namespace yizhan::store
