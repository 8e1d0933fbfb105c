// The options by which `serve` and `up` take single settings: --roles, --api-listen and so on, as the configuration
// declares them.
#pragma once

#include <CLI/CLI.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "config/load.h"

namespace yizhan::cli {

class ServeOptions {
 public:
  /// Adds them to the command, which must outlive this.
  explicit ServeOptions(CLI::App& command);

  /// Those that were given.
  std::vector<config::Flag> flags() const;

 private:
  struct Option {
    std::string key;
    std::string flag;
    std::string value;
  };
  CLI::App& command_;
  std::list<Option> options_;  // the command line keeps references into it
};

}  // namespace yizhan::cli
