#include <memory>
#include <ostream>
#include <string>

#include "app/serve.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/serve_options.h"

namespace yizhan::cli {
namespace {

Result<ExitStatus> run(Context& context, const ServeOptions& options) {
  context.flags = options.flags();
  const auto loaded = context.load_config(Context::Purpose::kServe);
  if (!loaded) return std::unexpected(loaded.error());
  for (const std::string& warning : loaded->warnings) context.terminal.err << "yizhan: warning: " << warning << '\n';
  context.terminal.err.flush();
  const auto inputs = context.config_inputs(Context::Purpose::kServe);
  if (!inputs) return std::unexpected(inputs.error());
  const auto served = app::serve(loaded->config, *inputs, context.out());
  if (!served) return std::unexpected(served.error());
  return ExitStatus::kOk;
}

}  // namespace

void add_serve(Command parent, Context& context) {
  const Command command = add_command(
      parent, "serve", "run the service",
      "Without any configuration it runs everything on an embedded store in ./yizhan-data: the API on 127.0.0.1:7401, "
      "receivers on 7201, the push server on 7301. Prints 'yizhan ready' with the addresses when it accepts; logs JSON "
      "lines to standard error. SIGTERM or Ctrl-C stops it in order: what is in flight is finished or given back. "
      "SIGHUP, or 'yizhan reload', reads the configuration again.",
      {{"yizhan serve", "everything, embedded"},
       {"yizhan serve --config /etc/yizhan.toml", "as that file says"},
       {"YIZHAN_STORE=postgresql://yizhan@db/yizhan yizhan serve --roles receive,dispatch",
        "one of several nodes on one PostgreSQL"}});
  command.group(kRunGroup);
  auto options = std::make_shared<ServeOptions>(command);
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli
