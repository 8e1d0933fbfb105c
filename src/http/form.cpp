#include "http/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "http/percent_encoding.h"

namespace yizhan::http {
namespace {

std::unexpected<Error> bad_field(std::size_t position, std::string_view what) {
  return fail("form_invalid", fmt::format("Field {} of the form {}.", position, what));
}

// Of a name or a value.
std::optional<std::string> decode(std::string_view text) {
  auto decoded = percent_decoded_bytes(text, true);
  if (decoded && decoded->contains('\0')) return std::nullopt;
  return decoded;
}

}  // namespace

Result<Fields> decode_form(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t position = fields.size() + 1;
    if (position > kMaxFields) {
      return fail("form_invalid", fmt::format("The form has more than {} fields.", kMaxFields));
    }
    const std::size_t equals = std::min(part.find('='), part.size());
    auto name = decode(part.substr(0, equals));
    auto value = decode(part.substr(std::min(part.size(), equals + 1)));
    if (!name || !value) {
      return bad_field(position, "is not percent-encoded properly, or has a NUL in it");
    }
    if (name->empty()) return bad_field(position, "has no name");
    if (!fields.add(std::move(*name), std::move(*value))) {
      return bad_field(position, "has the name of one before it, so that it cannot be told which is meant");
    }
  }
  return fields;
}

}  // namespace yizhan::http
