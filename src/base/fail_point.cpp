#include "base/fail_point.h"

#ifdef YIZHAN_FAIL_POINTS

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace yizhan {
namespace {

struct Armed {
  std::string name;
  std::atomic<long> passes_left{0};

  Armed() {
    const char* setting = std::getenv("YIZHAN_FAIL_POINT");
    if (setting == nullptr) return;
    const std::string text = setting;
    const auto colon = text.rfind(':');
    name = text.substr(0, colon);
    passes_left = colon == std::string::npos ? 1 : std::strtol(text.c_str() + colon + 1, nullptr, 10);
  }
};

}  // namespace

void fail_point(std::string_view name) {
  static Armed armed;
  if (name != armed.name) return;
  if (armed.passes_left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

}  // namespace yizhan

#endif
