// OpenSSL's state of a digest or of a signature in the making.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "verify/openssl_check.h"

namespace yizhan::verify {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

inline DigestContext new_digest_context() {
  DigestContext context(EVP_MD_CTX_new());
  require_openssl(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

}  // namespace yizhan::verify
