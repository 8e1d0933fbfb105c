// What every call of OpenSSL needs: its kind of bytes, and what to do when it fails where it can only fail for want of
// memory or of a basic algorithm.
#pragma once

#include <string_view>

namespace yizhan::verify {

/// Ends the process, naming the call and OpenSSL's reason, unless `ok`: a callback must not go out with a wrong
/// signature.
void require_openssl(bool ok, const char* call);

/// The same bytes, as OpenSSL takes them.
inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace yizhan::verify
