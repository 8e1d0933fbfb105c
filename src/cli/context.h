// What every command is given: the global options, the terminal, the configuration and the store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/exit_status.h"
#include "cli/terminal.h"
#include "config/load.h"
#include "store/store.h"

namespace yizhan::cli {

struct GlobalOptions {
  std::string config_file;
  std::string store_url;
  std::string data_dir;
  std::vector<std::string> settings;  ///< --set section.name=value
  bool json = false;
  bool no_color = false;
};

/// The configured store, opened beside whoever serves it.
struct OpenedStore {
  std::unique_ptr<store::StoreFactory> factory;
  std::unique_ptr<store::Store> store;

  store::Store* operator->() const { return store.get(); }
};

class Context {
 public:
  /// `terminal` must outlive the context.
  Context(Terminal& terminal_to_use, config::Variables variables)
      : terminal(terminal_to_use), environment(std::move(variables)) {}

  GlobalOptions options;
  Terminal& terminal;
  config::Variables environment;
  /// Settings that a command has options of its own for, as `serve --roles`; they count like --set.
  std::vector<config::Flag> flags;
  /// What the parsed command line asks for; set by the command that was named.
  std::function<Result<ExitStatus>()> action;

  /// The value of an environment variable; empty when it is not set.
  std::string_view variable(std::string_view name) const;

  /// What the configuration is for: a command that only works beside the service does without its secrets.
  enum class Purpose { kServe, kTool };
  /// One problem is the error; several are its message, one a line, with the code `config_invalid`.
  Result<config::Loaded> load_config(Purpose purpose = Purpose::kTool) const;
  /// What load_config() loads from.
  Result<config::Inputs> config_inputs(Purpose purpose) const;
  /// Code `store_missing` where an embedded store does not exist yet; and those of store.h.
  Result<OpenedStore> open_store(store::OpenMode mode = store::OpenMode::kTool) const;
  /// The store of a configuration that was loaded before.
  static Result<OpenedStore> open_store(const config::Config& config, store::OpenMode mode = store::OpenMode::kTool);

  std::ostream& out() const { return terminal.out; }
};

}  // namespace yizhan::cli
