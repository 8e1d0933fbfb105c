// The text that a scheme signs, described as a template: `{id}.{timestamp}.{body}`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace yizhan::verify {

class SignedText {
 public:
  /// `{id}`, `{timestamp}` (Unix seconds) and `{body}` stand for themselves, everything else is literal. Refuses an
  /// unknown or unclosed placeholder and a text without `{body}`. Code `signing_options_invalid`.
  static Result<SignedText> parse(std::string_view text);

  bool has_id() const { return has(Part::Kind::kId); }
  bool has_timestamp() const { return has(Part::Kind::kTimestamp); }

  /// The pieces, in `out`, which is emptied first. They are views of the arguments and of this.
  void fill(std::string_view id, std::string_view timestamp, std::string_view body,
            std::vector<std::string_view>& out) const;

 private:
  struct Part {
    enum class Kind { kLiteral, kId, kTimestamp, kBody } kind = Kind::kLiteral;
    std::string literal;
  };
  bool has(Part::Kind kind) const;

  std::vector<Part> parts_;
};

}  // namespace yizhan::verify
