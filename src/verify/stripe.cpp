#include "verify/stripe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "verify/hmac.h"
#include "verify/keys_in_force.h"
#include "verify/received_signature.h"
#include "verify/scheme.h"
#include "verify/timestamp.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kHeader = "Stripe-Signature";
constexpr std::size_t kSignatureSize = 32;

std::unexpected<Error> malformed(std::string_view what) {
  return fail("signature_malformed", fmt::format("The {} header {}.", kHeader, what));
}

struct ReadHeader {
  std::string_view timestamp;
  std::vector<std::vector<unsigned char>> signatures;
};

Result<ReadHeader> read_header(std::string_view header) {
  ReadHeader read;
  while (!header.empty()) {
    const std::string_view entry = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), entry.size() + 1));
    if (entry.starts_with("t=")) {
      if (!read.timestamp.empty()) return malformed("has two times, t=…");
      read.timestamp = entry.substr(2);
    } else if (entry.starts_with("v1=")) {
      if (read.signatures.size() == kMaxSignatures) return malformed("holds too many signatures");
      auto raw = decode_signature(HmacEncoding::kHex, entry.substr(3), kSignatureSize);
      if (raw) read.signatures.push_back(std::move(*raw));
    }
  }
  if (read.timestamp.empty()) return malformed("has no time, t=…");
  if (read.signatures.empty()) return malformed(kWrongForm);
  return read;
}

class StripeVerifier final : public Verifier {
 public:
  explicit StripeVerifier(std::vector<std::unique_ptr<SigningKey>> keys) : keys_(std::move(keys)) {}

  Result<void> verify(const MessageToVerify& message) const override {
    const std::string_view header = message.header(kHeader);
    if (header.empty()) return fail("signature_missing", fmt::format("The request has no {} header.", kHeader));
    const auto read = read_header(header);
    if (!read) return std::unexpected(read.error());
    if (auto good = check_timestamp(kHeader, read->timestamp, message.now, message.tolerance); !good) {
      return good;
    }
    const std::array<std::string_view, 3> text{read->timestamp, ".", message.body};
    for (const auto& key : keys_) {
      for (const auto& signature : read->signatures) {
        if (key->verifies(text, signature)) return {};
      }
    }
    return fail("signature_mismatch",
                fmt::format("No secret in force made the signature in {}: the secret of another endpoint (each has its "
                            "own, and test mode another), or a body that was changed.",
                            kHeader));
  }

 private:
  std::vector<std::unique_ptr<SigningKey>> keys_;
};

}  // namespace

Result<std::shared_ptr<const Verifier>> make_stripe_verifier(const std::vector<std::string>& secrets) {
  if (auto good = check_secret_count("Stripe", secrets.size()); !good) return std::unexpected(std::move(good.error()));
  auto keys = hmac_keys_of_text(HmacAlgorithm::kSha256, secrets);
  if (!keys) return std::unexpected(std::move(keys.error()));
  return std::make_shared<StripeVerifier>(std::move(*keys));
}

}  // namespace yizhan::verify
