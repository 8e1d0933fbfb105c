// Secrets sealed with a master key, so that they can lie in a file that others may read. The format is described in
// docs/secrets.md, for other implementations:
//
//   sealed:v1:<key id>:<base64 of nonce (12 bytes), ciphertext, tag (16 bytes)>
//
// AES-256-GCM; the associated data is what stands before the base64, `sealed:v1:<key id>:`. The name of the setting is
// not part of it, so that a secret can be moved; whoever may write the file could change more than places anyway.
//
// A master key is `yzmk_` and base64 of 32 random bytes; its id is the first 8 hexadecimal digits of the SHA-256 of
// `yizhan-master-key:` and these bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "verify/aes.h"

namespace yizhan::verify {

class MasterKey {
 public:
  static MasterKey make();
  /// Code `master_key_invalid`; the message does not repeat the text.
  static Result<MasterKey> parse(std::string_view text);

  /// The key itself: to be kept secret.
  std::string text() const;
  const std::string& id() const { return id_; }
  const Aes256Key& bytes() const { return bytes_; }

 private:
  explicit MasterKey(const Aes256Key& bytes);
  Aes256Key bytes_;
  std::string id_;
};

/// The first one seals, each of them opens.
using MasterKeys = std::vector<MasterKey>;

inline constexpr std::string_view kSealedPrefix = "sealed:v1:";
bool is_sealed(std::string_view text);
/// The id of the key that sealed it; empty where the text has not the form.
std::string_view sealing_key_id(std::string_view sealed);

/// With a new nonce: the same secret twice gives two texts. `keys`: at least one.
std::string seal_secret(const MasterKeys& keys, std::string_view secret);

/// Codes: `master_key_missing` (none is given, or not the one that sealed it), `secret_not_opened` (the text is damaged
/// or was changed).
Result<std::string> open_secret(const MasterKeys& keys, std::string_view sealed);

/// `text` with all sealed secrets in it sealed anew by the first key; those that are already stay as they are. `count`
/// says how many were. Codes of open_secret().
struct Resealed {
  std::string text;
  int count = 0;
};
Result<Resealed> reseal_all(const MasterKeys& keys, std::string_view text);

}  // namespace yizhan::verify
