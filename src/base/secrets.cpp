#include "base/secrets.h"

#include <algorithm>
#include <functional>

#include "base/json_text.h"

namespace yizhan {

void Secrets::add(std::string_view secret) {
  if (secret.empty()) return;
  std::string quoted;
  append_json_string(quoted, secret);
  for (const std::string& text : {std::string(secret), quoted.substr(1, quoted.size() - 2)}) {
    if (std::ranges::find(texts_, text) == texts_.end()) texts_.push_back(text);
  }
  std::ranges::sort(texts_, std::greater{}, &std::string::size);
}

std::string Secrets::hide(std::string_view text) const {
  std::string hidden(text);
  for (const std::string& secret : texts_) {
    for (std::size_t at = hidden.find(secret); at != std::string::npos; at = hidden.find(secret, at)) {
      hidden.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return hidden;
}

}  // namespace yizhan
