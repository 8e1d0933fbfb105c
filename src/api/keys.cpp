#include "api/keys.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/random.h"
#include "verify/hex.h"

namespace yizhan::api {
namespace {

constexpr std::string_view kPrefix = "yz_";
constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kSecretDigits = 64;

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::kEventsWrite:
      return "events:write";
    case Scope::kEventsRead:
      return "events:read";
    case Scope::kOrdersWrite:
      return "orders:write";
    case Scope::kOrdersRead:
      return "orders:read";
    case Scope::kCallbacksRead:
      return "callbacks:read";
    case Scope::kPushRegister:
      return "push:register";
    case Scope::kPushWrite:
      return "push:write";
    case Scope::kPushRead:
      return "push:read";
    case Scope::kAdmin:
      return "admin";
  }
  return "";
}

std::string scope_names() {
  std::string names;
  for (const Scope scope : kAllScopes) {
    if (!names.empty()) names += ", ";
    names += to_string(scope);
  }
  return names;
}

std::string Scopes::to_text() const {
  std::string text;
  for (const Scope scope : kAllScopes) {
    if ((bits_ & static_cast<unsigned>(scope)) == 0) continue;
    if (!text.empty()) text += ' ';
    text += to_string(scope);
  }
  return text;
}

Result<Scopes> parse_scopes(std::string_view text) {
  Scopes scopes;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find_first_of(" ,"));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    if (name.empty()) continue;
    bool known = false;
    for (const Scope scope : kAllScopes) {
      if (name != to_string(scope)) continue;
      scopes.add(scope);
      known = true;
    }
    if (!known) {
      return fail("scope_unknown", fmt::format("'{}' is no scope; there are {}", name, scope_names()));
    }
  }
  if (scopes.empty()) return fail("scope_unknown", fmt::format("a key needs a scope: one of {}", scope_names()));
  return scopes;
}

NewApiKey make_api_key(std::string name, Scopes scopes, UtcTime now) {
  NewApiKey made;
  made.record.id = random_hex(kIdDigits / 2);
  made.record.name = std::move(name);
  made.record.scopes = scopes.to_text();
  made.record.created_at = now;
  const std::string secret = random_hex(kSecretDigits / 2);
  verify::append_hex(made.record.hash, hash_secret(secret));
  made.text = fmt::format("{}{}_{}", kPrefix, made.record.id, secret);
  return made;
}

std::optional<PresentedKey> parse_api_key(std::string_view text) {
  if (text.size() != kPrefix.size() + kIdDigits + 1 + kSecretDigits || !text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  if (text[kIdDigits] != '_') return std::nullopt;
  const PresentedKey key{text.substr(0, kIdDigits), text.substr(kIdDigits + 1)};
  if (!is_hexadecimal(key.id) || !is_hexadecimal(key.secret)) return std::nullopt;
  return key;
}

SecretHash hash_secret(std::string_view secret) {
  // Looked up once: OpenSSL's one-shot function looks the algorithm up at every call, which costs more than the hash.
  static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Deleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static thread_local std::unique_ptr<EVP_MD_CTX, Deleter> context(EVP_MD_CTX_new());
  SecretHash hash{};
  unsigned int length = 0;
  EVP_DigestInit_ex2(context.get(), kAlgorithm, nullptr);
  EVP_DigestUpdate(context.get(), secret.data(), secret.size());
  EVP_DigestFinal_ex(context.get(), hash.data(), &length);
  return hash;
}

std::optional<SecretHash> parse_secret_hash(std::string_view hex) {
  SecretHash hash{};
  const auto bytes = verify::decode_hex(hex);
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

}  // namespace yizhan::api
