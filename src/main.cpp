// The binary. Its sub-commands are in cli/; `serve` is wired together in app/.
#include "cli/cli.h"

int main(int argc, char** argv) {
  return yizhan::cli::run(argc, argv);
}
