// Every command registers itself with one of these. A command adds its sub-command to `parent`, with its options, its
// help and its examples, and sets Context::action when it is the one that was named.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace yizhan::cli {

void add_serve(CLI::App& parent, Context& context);
void add_up(CLI::App& parent, Context& context);
void add_down(CLI::App& parent, Context& context);
void add_status(CLI::App& parent, Context& context);
void add_reload(CLI::App& parent, Context& context);
void add_emit(CLI::App& parent, Context& context);
void add_sink(CLI::App& parent, Context& context);
void add_send_test(CLI::App& parent, Context& context);
void add_push_test(CLI::App& parent, Context& context);

void add_events(CLI::App& parent, Context& context);
void add_trace(CLI::App& parent, Context& context);
void add_callbacks(CLI::App& parent, Context& context);
void add_attempts(CLI::App& parent, Context& context);
void add_dead_letters(CLI::App& parent, Context& context);
void add_ledger(CLI::App& parent, Context& context);
void add_notifications(CLI::App& parent, Context& context);
void add_alerts(CLI::App& parent, Context& context);
void add_doctor(CLI::App& parent, Context& context);
void add_export(CLI::App& parent, Context& context);
void add_sql(CLI::App& parent, Context& context);
void add_audit(CLI::App& parent, Context& context);

void add_replay(CLI::App& parent, Context& context);
void add_replays(CLI::App& parent, Context& context);
void add_discard(CLI::App& parent, Context& context);
void add_endpoints(CLI::App& parent, Context& context);
void add_orders(CLI::App& parent, Context& context);
void add_waybills(CLI::App& parent, Context& context);
void add_devices(CLI::App& parent, Context& context);
void add_retention(CLI::App& parent, Context& context);
void add_keys(CLI::App& parent, Context& context);

void add_config(CLI::App& parent, Context& context);
void add_secrets(CLI::App& parent, Context& context);
void add_migrate(CLI::App& parent, Context& context);
void add_completion(CLI::App& parent, Context& context);
void add_version(CLI::App& parent, Context& context);

/// All of them, in the order of the help.
void add_commands(CLI::App& root, Context& context);

}  // namespace yizhan::cli
