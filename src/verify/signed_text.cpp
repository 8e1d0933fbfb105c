#include "verify/signed_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::verify {

Result<SignedText> SignedText::parse(std::string_view text) {
  SignedText parsed;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t brace = rest.find('{');
    if (brace != 0) parsed.parts_.push_back({Part::Kind::kLiteral, std::string(rest.substr(0, brace))});
    if (brace == std::string_view::npos) break;
    rest.remove_prefix(brace);
    const std::size_t end = rest.find('}');
    const std::string_view placeholder = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    if (placeholder == "{id}") {
      parsed.parts_.push_back({Part::Kind::kId, {}});
    } else if (placeholder == "{timestamp}") {
      parsed.parts_.push_back({Part::Kind::kTimestamp, {}});
    } else if (placeholder == "{body}") {
      parsed.parts_.push_back({Part::Kind::kBody, {}});
    } else {
      return fail("signing_options_invalid",
                  fmt::format("The signed text '{}' has '{}'; only {{id}}, {{timestamp}} and {{body}} are known.", text,
                              placeholder));
    }
    rest.remove_prefix(placeholder.size());
  }
  if (!parsed.has(Part::Kind::kBody)) {
    return fail("signing_options_invalid",
                fmt::format("The signed text '{}' leaves the body unsigned; put {{body}} into it.", text));
  }
  return parsed;
}

void SignedText::fill(std::string_view id, std::string_view timestamp, std::string_view body,
                      std::vector<std::string_view>& out) const {
  out.clear();
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Part::Kind::kLiteral:
        out.emplace_back(part.literal);
        break;
      case Part::Kind::kId:
        out.push_back(id);
        break;
      case Part::Kind::kTimestamp:
        out.push_back(timestamp);
        break;
      case Part::Kind::kBody:
        out.push_back(body);
        break;
    }
  }
}

bool SignedText::has(Part::Kind kind) const {
  return std::ranges::any_of(parts_, [kind](const Part& part) { return part.kind == kind; });
}

}  // namespace yizhan::verify
