#include "verify/openssl_check.h"

#include <openssl/err.h>

#include <array>
#include <cstdlib>

#include "base/log.h"

namespace yizhan::verify {

void require_openssl(bool ok, const char* call) {
  if (ok) return;
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  log::error("openssl_failed", {{"call", call}, {"reason", reason.data()}});
  std::abort();
}

}  // namespace yizhan::verify
