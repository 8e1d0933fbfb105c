// The verifiers on a hostile request, and the reading of secrets and templates. Input: one byte chooses what is tried,
// then lines: signature header, timestamp header, id header; what is left is the body (or the second text).
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/secret_maker.h"
#include "verify/signing.h"

namespace {

using namespace yizhan;
using namespace yizhan::verify;

// Where the fuzzer's clock stands; its seeds use timestamps near it.
constexpr UtcTime kNow{Seconds{1777777777}};

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

std::shared_ptr<const Verifier> verifier(const SigningOptions& options) {
  auto made = make_verifier(options);
  if (!made) std::abort();
  return *made;
}

void verify_request(std::size_t which, std::string_view rest) {
  // The secrets are random and new in every run, so no input can carry a good signature: whatever is accepted is a bug.
  static const std::shared_ptr<const Verifier> kVerifiers[] = {
      verifier({.scheme = SigningScheme::kXCs, .secrets = {make_hmac_secret(), make_hmac_secret()}}),
      verifier({.scheme = SigningScheme::kStandardWebhooks, .secrets = {make_hmac_secret()}}),
      verifier({.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {make_signing_key_pair().public_key}}),
      verifier({.scheme = SigningScheme::kWebhookSignature, .secrets = {make_hmac_secret()}}),
      verifier({.scheme = SigningScheme::kHmac,
                .secrets = {make_hmac_secret()},
                .prefix = "sha1=",
                .encoding = HmacEncoding::kBase64,
                .algorithm = HmacAlgorithm::kSha1}),
  };
  const std::string_view signature = take_line(rest);
  const std::string_view timestamp = take_line(rest);
  const std::string_view id = take_line(rest);
  const HeaderLookup header = [&](std::string_view name) {
    if (name.ends_with("id")) return id;
    return name.ends_with("imestamp") ? timestamp : signature;
  };
  const auto verdict = kVerifiers[which % std::size(kVerifiers)]->verify({.header = header, .body = rest, .now = kNow});
  if (verdict || verdict.error().code.empty()) std::abort();
}

void make_from_text(std::size_t which, std::string_view rest) {
  constexpr SigningScheme kSchemes[] = {SigningScheme::kXCs, SigningScheme::kStandardWebhooks,
                                        SigningScheme::kStandardWebhooksV1a, SigningScheme::kHmac};
  SigningOptions options{.scheme = kSchemes[which % std::size(kSchemes)]};
  options.secrets = {std::string(take_line(rest))};
  if (options.scheme == SigningScheme::kHmac) {
    options.signature_header = take_line(rest);
    options.prefix = take_line(rest);
    options.timestamp_header = "X-Timestamp";
    options.signed_text = rest;
  }
  const auto signer = make_signer(options);
  if (!signer) return;
  // What can be made signs, in whole header lines and no more of them than it says.
  std::string lines;
  (*signer)->append_header_lines(lines, {.id = rest, .timestamp_seconds = 1777777777, .body = rest});
  std::size_t ends = 0;
  for (std::size_t at = lines.find("\r\n"); at != std::string::npos; at = lines.find("\r\n", at + 2)) ++ends;
  if (ends != (*signer)->header_names().size() || !lines.ends_with("\r\n")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t which = data[0] >> 1;
  if ((data[0] & 1) == 0) {
    verify_request(which, rest);
  } else {
    make_from_text(which, rest);
  }
  return 0;
}
