#include "verify/signing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "verify/base64.h"
#include "verify/header_text.h"
#include "verify/hex.h"
#include "verify/received_signature.h"
#include "verify/scheme.h"
#include "verify/timestamp.h"

namespace yizhan::verify {
namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_encoded(std::string& out, HmacEncoding encoding, std::span<const unsigned char> signature) {
  if (encoding == HmacEncoding::kHex) {
    append_hex(out, signature);
  } else {
    append_base64(out, signature);
  }
}

std::vector<std::string> header_names_of(const Scheme& scheme) {
  std::vector<std::string> names;
  for (const std::string& name : {scheme.id_header, scheme.timestamp_header, scheme.signature_header}) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

class NoSigner final : public Signer {
 public:
  void append_header_lines(std::string&, const MessageToSign&) const override {}
  const std::vector<std::string>& header_names() const override { return names_; }

 private:
  std::vector<std::string> names_;
};

class SchemeSigner final : public Signer {
 public:
  explicit SchemeSigner(Scheme scheme) : scheme_(std::move(scheme)), names_(header_names_of(scheme_)) {}

  void append_header_lines(std::string& out, const MessageToSign& message) const override {
    std::string id;
    if (!scheme_.id_header.empty()) append_header_text(id, message.id);
    const fmt::format_int timestamp(message.timestamp_seconds);
    const std::string_view timestamp_text(timestamp.data(), timestamp.size());

    if (!scheme_.id_header.empty()) append_line(out, scheme_.id_header, id);
    if (!scheme_.timestamp_header.empty()) append_line(out, scheme_.timestamp_header, timestamp_text);

    // The pieces are kept by the thread: no allocation per message.
    thread_local std::vector<std::string_view> pieces;
    scheme_.signed_text.fill(id, timestamp_text, message.body, pieces);
    out += scheme_.signature_header;
    out += ':';
    const std::size_t signatures = scheme_.several_signatures ? scheme_.keys.size() : 1;
    for (std::size_t index = 0; index < signatures; ++index) {
      const SigningKey& key = *scheme_.keys[index];
      std::array<unsigned char, kLargestSignature> signature;
      key.sign(pieces, signature);
      out += ' ';
      out += scheme_.prefix;
      append_encoded(out, scheme_.encoding, std::span(signature).first(key.signature_size()));
    }
    out += "\r\n";
  }

  const std::vector<std::string>& header_names() const override { return names_; }

 private:
  Scheme scheme_;
  std::vector<std::string> names_;
};

class NoVerifier final : public Verifier {
 public:
  Result<void> verify(const MessageToVerify&) const override { return {}; }
};

class SchemeVerifier final : public Verifier {
 public:
  explicit SchemeVerifier(Scheme scheme) : scheme_(std::move(scheme)) {}

  Result<void> verify(const MessageToVerify& message) const override {
    const std::string_view header = message.header(scheme_.signature_header);
    if (header.empty()) {
      return fail("signature_missing", fmt::format("The request has no {} header.", scheme_.signature_header));
    }
    std::string_view timestamp;
    if (!scheme_.timestamp_header.empty()) {
      timestamp = message.header(scheme_.timestamp_header);
      if (auto good = check_timestamp(scheme_.timestamp_header, timestamp, message.now, message.tolerance); !good) {
        return good;
      }
    }
    std::string_view id;
    if (!scheme_.id_header.empty()) {
      id = message.header(scheme_.id_header);
      if (id.empty())
        return fail("message_id_missing", fmt::format("The request has no {} header.", scheme_.id_header));
    }

    const auto signatures = read_signatures(header);
    if (!signatures) return std::unexpected(signatures.error());
    std::vector<std::string_view> pieces;
    scheme_.signed_text.fill(id, timestamp, message.body, pieces);
    for (const auto& key : scheme_.keys) {
      for (const auto& signature : *signatures) {
        if (key->verifies(pieces, signature)) return {};
      }
    }
    return fail("signature_mismatch",
                fmt::format("No secret in force made the signature in {}: another secret, or a body that was changed.",
                            scheme_.signature_header));
  }

 private:
  using RawSignature = std::vector<unsigned char>;

  // The raw signatures in the header that have the scheme's prefix and the right size.
  Result<std::vector<RawSignature>> read_signatures(std::string_view header) const {
    std::vector<RawSignature> found;
    while (true) {
      const std::size_t end = scheme_.several_signatures ? header.find(' ') : std::string_view::npos;
      const std::string_view entry = header.substr(0, end);
      if (entry.starts_with(scheme_.prefix)) {
        if (found.size() == kMaxSignatures) return malformed("holds too many signatures");
        // Every key of a scheme makes signatures of one size.
        auto raw = decode_signature(scheme_.encoding, entry.substr(scheme_.prefix.size()),
                                    scheme_.keys.front()->signature_size());
        if (raw) found.push_back(std::move(*raw));
      }
      if (end == std::string_view::npos) break;
      header.remove_prefix(end + 1);
    }
    if (found.empty()) return malformed(kWrongForm);
    return found;
  }

  std::unexpected<Error> malformed(std::string_view what) const {
    return fail("signature_malformed", fmt::format("The {} header {}.", scheme_.signature_header, what));
  }

  Scheme scheme_;
};

Result<Scheme> describe(const SigningOptions& options) {
  switch (options.scheme) {
    case SigningScheme::kXCs:
      return describe_x_cs(options);
    case SigningScheme::kStandardWebhooks:
      return describe_standard_webhooks(options);
    case SigningScheme::kStandardWebhooksV1a:
      return describe_standard_webhooks_v1a(options);
    case SigningScheme::kWebhookSignature:
      return describe_webhook_signature(options);
    case SigningScheme::kHmac:
      return describe_configured_hmac(options);
    case SigningScheme::kNone:
      break;
  }
  return fail("signing_options_invalid", "This signing scheme is not known.");
}

std::unexpected<Error> bad_header(std::string_view name, std::string_view what) {
  return fail("signing_options_invalid", fmt::format("The header name '{}' {}.", name, what));
}

// What holds for every scheme: header names that can be sent, once each, and not in the way of HTTP itself.
Result<void> check_headers(const Scheme& scheme) {
  constexpr std::array<std::string_view, 6> kReserved{
      "Host", "Content-Length", "Connection", "Transfer-Encoding", "Content-Type", "Expect"};
  const std::vector<std::string> names = header_names_of(scheme);
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto is_same = [&](std::string_view other) { return same_header_name(*name, other); };
    if (!is_header_name(*name)) return bad_header(*name, "is not one: use letters, digits and hyphens");
    if (std::ranges::any_of(kReserved, is_same)) return bad_header(*name, "belongs to HTTP itself; choose another");
    if (std::any_of(std::next(name), names.end(), is_same)) return bad_header(*name, "is used twice; choose another");
  }
  std::string sent_prefix;
  append_header_text(sent_prefix, scheme.prefix);
  if (sent_prefix != scheme.prefix) {
    return fail("signing_options_invalid", "The signature's prefix may hold visible ASCII characters only.");
  }
  return {};
}

Result<Scheme> checked_scheme(const SigningOptions& options) {
  const std::string user = fmt::format("The signing scheme {}", to_string(options.scheme));
  if (auto good = check_secret_count(user, options.secrets.size()); !good) {
    return std::unexpected(std::move(good.error()));
  }
  auto scheme = describe(options);
  if (!scheme) return scheme;
  if (auto good = check_headers(*scheme); !good) return std::unexpected(std::move(good.error()));
  return scheme;
}

}  // namespace

Result<std::shared_ptr<const Signer>> make_signer(const SigningOptions& options) {
  if (options.scheme == SigningScheme::kNone) return std::make_shared<NoSigner>();
  auto scheme = checked_scheme(options);
  if (!scheme) return std::unexpected(std::move(scheme.error()));
  for (std::size_t position = 0; position < scheme->keys.size(); ++position) {
    if (!scheme->keys[position]->can_sign()) {
      return bad_secret(position, "is a public key (whpk_), which cannot sign; put the whsk_ one here");
    }
  }
  return std::make_shared<SchemeSigner>(std::move(*scheme));
}

Result<std::shared_ptr<const Verifier>> make_verifier(const SigningOptions& options) {
  if (options.scheme == SigningScheme::kNone) return std::make_shared<NoVerifier>();
  auto scheme = checked_scheme(options);
  if (!scheme) return std::unexpected(std::move(scheme.error()));
  return std::make_shared<SchemeVerifier>(std::move(*scheme));
}

}  // namespace yizhan::verify
