#include "cli/context.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "app/master_keys.h"

namespace yizhan::cli {

std::string_view Context::variable(std::string_view name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

Result<config::Inputs> Context::config_inputs(Purpose purpose) const {
  config::Inputs inputs;
  if (!options.config_file.empty()) inputs.file = options.config_file;
  inputs.variables = environment;
  inputs.open_secret = app::secret_opener(environment);
  inputs.flags = flags;
  inputs.serving = purpose == Purpose::kServe;
  if (!options.data_dir.empty()) inputs.flags.push_back({"data_dir", options.data_dir, "--data-dir"});
  if (!options.store_url.empty()) inputs.flags.push_back({"store.url", options.store_url, "--store"});
  for (const std::string& setting : options.settings) {
    auto flag = config::parse_set_flag(setting);
    if (!flag) return std::unexpected(flag.error());
    inputs.flags.push_back(std::move(*flag));
  }
  return inputs;
}

Result<config::Loaded> Context::load_config(Purpose purpose) const {
  const auto inputs = config_inputs(purpose);
  if (!inputs) return std::unexpected(inputs.error());
  auto loaded = config::load(*inputs);
  if (!loaded) {
    if (loaded.error().size() == 1) return std::unexpected(loaded.error().front());
    std::string text = fmt::format("the configuration has {} problems:\n", loaded.error().size());
    text += config::to_text(loaded.error());
    while (text.ends_with('\n')) text.pop_back();
    return fail("config_invalid", std::move(text));
  }
  return std::move(*loaded);
}

Result<OpenedStore> Context::open_store(store::OpenMode mode) const {
  const auto loaded = load_config();
  if (!loaded) return std::unexpected(loaded.error());
  return open_store(loaded->config, mode);
}

Result<OpenedStore> Context::open_store(const config::Config& config, store::OpenMode mode) {
  const auto url = store::parse_store_url(config.store.url);
  if (!url) return std::unexpected(url.error());
  std::error_code unreadable;
  if (url->engine == store::StoreUrl::Engine::kSqlite && !std::filesystem::exists(url->text, unreadable)) {
    return fail(
        "store_missing",
        fmt::format("there is no store at {} yet: start the service with 'yizhan serve', make an empty store with "
                    "'yizhan migrate', or name another one with --store or --data-dir",
                    url->text));
  }
  auto factory = store::open_store(*url, mode);
  if (!factory) return std::unexpected(factory.error());
  auto opened = (*factory)->open_reader();
  if (!opened) return std::unexpected(opened.error());
  return OpenedStore{std::move(*factory), std::move(*opened)};
}

}  // namespace yizhan::cli
