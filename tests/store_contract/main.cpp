// The conformance suite of the store: every engine, really running, passes the same tests. With `--act` the program is
// a process to be killed instead (actor.h).
#include <gtest/gtest.h>

#include <string_view>

#include "actor.h"
#include "base/log.h"

int main(int argc, char** argv) {
  yizhan::log::set_level(yizhan::log::Level::kOff);
  if (argc == 4 && std::string_view(argv[1]) == "--act") return yizhan::store::contract::act(argv[2], argv[3]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
