#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

Result<ExitStatus> run(const Context& context) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto url = store::parse_store_url(loaded->config.store.url);
  if (!url) return std::unexpected(url.error());
  auto factory = store::open_store(*url, store::OpenMode::kServe);
  if (!factory) return std::unexpected(factory.error());
  const auto ran = (*factory)->migrate();
  if (!ran) return std::unexpected(ran.error());
  if (*ran > 0) {
    auto writer = (*factory)->open_writer();
    if (!writer) return std::unexpected(writer.error());
    store::AuditEntry entry = audit_entry(context, "migrate");
    entry.count = *ran;
    if (auto noted = store::append_audit(**writer, entry); !noted) return std::unexpected(noted.error());
  }
  const auto schema = (*factory)->schema_version();
  if (!schema) return std::unexpected(schema.error());
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .number("migrations_run", *ran)
                         .number("schema_version", *schema)
                         .end_object()
                         .take()
                  << '\n';
  } else if (*ran == 0) {
    context.out() << fmt::format("Nothing to do: the schema is at version {}.\n", *schema);
  } else {
    context.out() << fmt::format("Ran {}: the schema is at version {}.\n", counted(*ran, "migration", "migrations"),
                                 *schema);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_migrate(Command parent, Context& context) {
  const Command command =
      add_command(parent, "migrate", "bring the store's schema to this version, or make an empty store",
                  "'yizhan serve' does it at every start; this is for doing it before, with another database role. "
                  "Each migration is "
                  "one transaction. An embedded store that a service has open is left alone.",
                  {{"yizhan migrate", "the configured store"},
                   {"yizhan migrate --store postgresql://owner@db/yizhan", "with the role that owns the tables"}});
  command.group(kSetUpGroup);
  on_run(command, context, [&context] { return run(context); });
}

}  // namespace yizhan::cli
