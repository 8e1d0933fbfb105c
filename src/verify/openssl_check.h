// What to do when OpenSSL fails where it can only fail for want of memory or of a basic algorithm.
#pragma once

namespace yizhan::verify {

/// Ends the process, naming the call and OpenSSL's reason, unless `ok`: a callback must not go out with a wrong
/// signature.
void require_openssl(bool ok, const char* call);

}  // namespace yizhan::verify
