// Signing options that cannot work are refused when they are read, not when a callback is due.
#include <gtest/gtest.h>

#include "request_headers.h"
#include "verify/base64.h"
#include "verify/secret_maker.h"

namespace yizhan::verify {
namespace {

std::string base64_of(std::size_t size) {
  std::string text;
  append_base64(text, std::vector<unsigned char>(size, 0x5a));
  return text;
}

// The code with which a signer is refused; empty when it was made. No message may quote a secret.
std::string_view refusal_of(const SigningOptions& options) {
  const auto signer = make_signer(options);
  if (signer) return "";
  for (const std::string& secret : options.secrets) {
    if (secret.size() >= 8) {
      EXPECT_EQ(signer.error().message.find(secret), std::string::npos) << signer.error().message;
      EXPECT_EQ(signer.error().message.find(secret.substr(6)), std::string::npos) << signer.error().message;
    }
  }
  return signer.error().code;
}

std::string_view refusal_of_secret(SigningScheme scheme, std::string secret) {
  return refusal_of({.scheme = scheme, .secrets = {std::move(secret)}});
}

TEST(Secrets, AreNeededByEverySchemeButNone) {
  for (const SigningSchemeName& known : kSigningSchemeNames) {
    EXPECT_EQ(refusal_of({.scheme = known.scheme}), known.scheme == SigningScheme::kNone ? "" : "secret_invalid");
  }
}

TEST(Secrets, OfPlainTextMustNotHaveBlanksAtTheirEnds) {
  for (const auto scheme : {SigningScheme::kXCs, SigningScheme::kWebhookSignature, SigningScheme::kHmac}) {
    EXPECT_EQ(refusal_of_secret(scheme, "callback-secret"), "");
    EXPECT_EQ(refusal_of_secret(scheme, "a secret in words"), "");
    EXPECT_EQ(refusal_of_secret(scheme, ""), "secret_invalid");
    EXPECT_EQ(refusal_of_secret(scheme, "callback-secret\n"), "secret_invalid");
    EXPECT_EQ(refusal_of_secret(scheme, " callback-secret"), "secret_invalid");
  }
}

TEST(Secrets, OfStandardWebhooksAreBase64Of24To64Bytes) {
  const auto refused = [](const std::string& secret) {
    return refusal_of_secret(SigningScheme::kStandardWebhooks, secret);
  };
  EXPECT_EQ(refused("whsec_" + base64_of(24)), "");
  EXPECT_EQ(refused("whsec_" + base64_of(64)), "");
  EXPECT_EQ(refused("whsec_" + base64_of(23)), "secret_invalid");
  EXPECT_EQ(refused("whsec_" + base64_of(65)), "secret_invalid");
  EXPECT_EQ(refused(base64_of(32)), "secret_invalid") << "no prefix";
  EXPECT_EQ(refused("whsk_" + base64_of(32)), "secret_invalid") << "a key of the other scheme";
  EXPECT_EQ(refused("whsec_" + base64_of(32) + "\n"), "secret_invalid");
  EXPECT_EQ(refused("whsec_this is no base64, is it?"), "secret_invalid");
  EXPECT_EQ(refused("whsec_"), "secret_invalid");
}

TEST(Secrets, OfV1aArePrivateKeysWhereTheySign) {
  const auto refused = [](const std::string& secret) {
    return refusal_of_secret(SigningScheme::kStandardWebhooksV1a, secret);
  };
  const SigningKeyPair pair = make_signing_key_pair();
  EXPECT_EQ(refused(pair.private_key), "");
  EXPECT_EQ(refused("whsk_" + base64_of(32)), "") << "a seed alone";
  EXPECT_EQ(refused("whsk_" + base64_of(64)), "secret_invalid") << "the public half is of another seed";
  EXPECT_EQ(refused("whsk_" + base64_of(33)), "secret_invalid");
  EXPECT_EQ(refused(pair.public_key), "secret_invalid");
  EXPECT_EQ(refused("whsec_" + base64_of(32)), "secret_invalid");
  EXPECT_TRUE(make_verifier({.scheme = SigningScheme::kStandardWebhooksV1a, .secrets = {pair.public_key}}));
}

TEST(Secrets, AreNamedByTheirPosition) {
  const auto signer = make_signer({.scheme = SigningScheme::kXCs, .secrets = {"good", "", "good"}});
  ASSERT_FALSE(signer);
  EXPECT_EQ(signer.error().message, "Signing secret 2 is empty.");
}

TEST(Secrets, AreAtMostEight) {
  EXPECT_EQ(refusal_of({.scheme = SigningScheme::kXCs, .secrets = std::vector<std::string>(8, "secret")}), "");
  EXPECT_EQ(refusal_of({.scheme = SigningScheme::kXCs, .secrets = std::vector<std::string>(9, "secret")}),
            "secret_invalid");
}

TEST(HeaderNames, MustBeUsable) {
  const auto refused = [](const char* name) {
    return refusal_of({.scheme = SigningScheme::kXCs, .secrets = {"secret"}, .signature_header = name});
  };
  EXPECT_EQ(refused("X-Our-Signature"), "");
  EXPECT_EQ(refused("x_our.signature~1"), "");
  for (const char* name :
       {"X Signature", "X-Signature:", "X-Sig\r\nX-Other", "X-Signatür", "content-length", "Host", "x-cs-timestamp"}) {
    EXPECT_EQ(refused(name), "signing_options_invalid") << name;
  }
}

TEST(HeaderNames, OfStandardWebhooksAreFixed) {
  EXPECT_EQ(refusal_of({.scheme = SigningScheme::kStandardWebhooks,
                        .secrets = {make_hmac_secret()},
                        .signature_header = "X-Our-Signature"}),
            "signing_options_invalid");
}

TEST(SignedText, MustHaveTheBodyAndOnlyKnownPlaceholders) {
  const auto refused = [](const char* text) {
    return refusal_of({.scheme = SigningScheme::kHmac,
                       .secrets = {"secret"},
                       .timestamp_header = "X-Time",
                       .id_header = "X-Id",
                       .signed_text = text});
  };
  EXPECT_EQ(refused("{body}"), "");
  EXPECT_EQ(refused("{timestamp}\n{id}\n{body}\n"), "");
  EXPECT_EQ(refused("}{body}"), "") << "a closing brace alone is literal";
  for (const char* text : {"", "{timestamp}", "{nonce}{body}", "{body", "{body}{", "{{body}}"}) {
    EXPECT_EQ(refused(text), "signing_options_invalid") << text;
  }
}

TEST(SignedText, MustNotHaveWhatIsNotSent) {
  const auto refused = [](const char* text) {
    return refusal_of({.scheme = SigningScheme::kHmac, .secrets = {"secret"}, .signed_text = text});
  };
  EXPECT_EQ(refused("{timestamp}.{body}"), "signing_options_invalid");
  EXPECT_EQ(refused("{id}.{body}"), "signing_options_invalid");
}

TEST(Prefix, MustBeVisibleAscii) {
  const auto refused = [](const char* prefix) {
    return refusal_of({.scheme = SigningScheme::kHmac, .secrets = {"secret"}, .prefix = prefix});
  };
  EXPECT_EQ(refused("sha256="), "");
  EXPECT_EQ(refused("sha256 "), "signing_options_invalid");
  EXPECT_EQ(refused("a\r\nX-Other: b"), "signing_options_invalid");
}

}  // namespace
}  // namespace yizhan::verify
