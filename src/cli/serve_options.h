// The options by which `serve` and `up` take single settings: --roles, --api-listen and so on, as the configuration
// declares them.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "config/load.h"

namespace yizhan::cli {

class ServeOptions {
 public:
  /// Adds them to the command, which must outlive this.
  explicit ServeOptions(Command command);

  /// Those that were given.
  std::vector<config::Flag> flags() const;

 private:
  struct Option {
    std::string key;
    std::string flag;
    std::string value;
  };
  Command command_;
  std::list<Option> options_;  // the command line keeps references into it
};

}  // namespace yizhan::cli
