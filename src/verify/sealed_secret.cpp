#include "verify/sealed_secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "verify/base64.h"
#include "verify/digest.h"
#include "verify/hex.h"

namespace yizhan::verify {
namespace {

constexpr std::string_view kKeyPrefix = "yzmk_";
constexpr std::string_view kIdContext = "yizhan-master-key:";
constexpr std::size_t kIdDigits = 8;
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

std::string_view view_of(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail("secret_not_opened",
              fmt::format("the sealed secret {}: put it in again, with 'yizhan secrets seal'", what));
}

std::string ids_of(const MasterKeys& keys) {
  std::string ids;
  for (const MasterKey& key : keys) ids += (ids.empty() ? "" : ", ") + key.id();
  return ids;
}

}  // namespace

MasterKey::MasterKey(const Aes256Key& bytes) : bytes_(bytes) {
  const std::array pieces{kIdContext, view_of(bytes_)};
  append_hex(id_, sha256(pieces));
  id_.resize(kIdDigits);
}

MasterKey MasterKey::make() {
  Aes256Key bytes{};
  fill_random(bytes);
  return MasterKey(bytes);
}

Result<MasterKey> MasterKey::parse(std::string_view text) {
  const auto bytes = text.starts_with(kKeyPrefix) ? decode_base64(text.substr(kKeyPrefix.size())) : std::nullopt;
  const auto key = bytes ? aes_256_key(view_of(*bytes)) : std::nullopt;
  if (!key) {
    return fail("master_key_invalid", fmt::format("a master key is {} and base64 of {} bytes, as 'yizhan secrets "
                                                  "master-key' makes one; this text has {} characters",
                                                  kKeyPrefix, kAes256KeySize, text.size()));
  }
  return MasterKey(*key);
}

std::string MasterKey::text() const {
  std::string text(kKeyPrefix);
  append_base64(text, bytes_);
  return text;
}

bool is_sealed(std::string_view text) {
  return text.starts_with(kSealedPrefix);
}

std::string_view sealing_key_id(std::string_view sealed) {
  if (!is_sealed(sealed)) return {};
  const std::string_view rest = sealed.substr(kSealedPrefix.size());
  const std::string_view id = rest.substr(0, rest.find(':'));
  const bool is_id =
      id.size() == kIdDigits && rest.size() > kIdDigits && id.find_first_not_of(kHexDigits) == std::string_view::npos;
  return is_id ? id : std::string_view{};
}

std::string seal_secret(const MasterKeys& keys, std::string_view secret) {
  const MasterKey& key = keys.front();
  std::array<unsigned char, kGcmNonceSize> nonce{};
  fill_random(nonce);
  std::string sealed = fmt::format("{}{}:", kSealedPrefix, key.id());
  std::string bytes(view_of(nonce));
  bytes += encrypt_aes_256_gcm(key.bytes(), view_of(nonce), sealed, secret);
  append_base64(sealed, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
  return sealed;
}

Result<std::string> open_secret(const MasterKeys& keys, std::string_view sealed) {
  const std::string_view id = sealing_key_id(sealed);
  if (id.empty()) return damaged("has not the form sealed:v1:<key id>:<base64>");
  const auto key = std::ranges::find(keys, id, &MasterKey::id);
  if (key == keys.end()) {
    return fail("master_key_missing",
                keys.empty() ? fmt::format("it is sealed with the master key {}, and none is given: name its file in "
                                           "YIZHAN_MASTER_KEY_FILE",
                                           id)
                             : fmt::format("it is sealed with the master key {}, and given are: {}", id, ids_of(keys)));
  }
  const std::string_view head = sealed.substr(0, kSealedPrefix.size() + kIdDigits + 1);
  const auto bytes = decode_base64(sealed.substr(head.size()));
  if (!bytes || bytes->size() < kGcmNonceSize + kGcmTagSize) return damaged("is damaged");
  const std::span<const unsigned char> all(*bytes);
  auto opened = decrypt_aes_256_gcm(key->bytes(), view_of(all.first(kGcmNonceSize)), head, all.subspan(kGcmNonceSize));
  if (!opened) return damaged("is damaged, or was changed");
  return opened;
}

Result<Resealed> reseal_all(const MasterKeys& keys, std::string_view text) {
  Resealed resealed;
  for (;;) {
    const auto begin = text.find(kSealedPrefix);
    resealed.text += text.substr(0, begin);
    if (begin == std::string_view::npos) return resealed;
    text.remove_prefix(begin);
    const std::string_view id = sealing_key_id(text);
    const std::size_t head = kSealedPrefix.size() + id.size() + 1;
    const std::size_t end =
        id.empty() ? kSealedPrefix.size() : std::min(text.size(), text.find_first_not_of(kBase64, head));
    const std::string_view sealed = text.substr(0, end);
    text.remove_prefix(end);
    // A comment may speak of the form without being one.
    if (id.empty() || id == keys.front().id()) {
      resealed.text += sealed;
      continue;
    }
    const auto secret = open_secret(keys, sealed);
    if (!secret) return std::unexpected(secret.error());
    resealed.text += seal_secret(keys, *secret);
    ++resealed.count;
  }
}

}  // namespace yizhan::verify
