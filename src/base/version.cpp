#include "base/version.h"

namespace yizhan {

std::string_view version() {
  return YIZHAN_VERSION;
}

}  // namespace yizhan
