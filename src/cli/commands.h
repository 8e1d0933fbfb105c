// Every command registers itself with one of these. A command adds its sub-command to `parent`, with its options, its
// help and its examples, and sets Context::action when it is the one that was named.
#pragma once

#include "cli/command.h"
#include "cli/context.h"

namespace yizhan::cli {

void add_serve(Command parent, Context& context);
void add_up(Command parent, Context& context);
void add_down(Command parent, Context& context);
void add_status(Command parent, Context& context);
void add_reload(Command parent, Context& context);
void add_emit(Command parent, Context& context);
void add_sink(Command parent, Context& context);
void add_send_test(Command parent, Context& context);
void add_push_test(Command parent, Context& context);

void add_events(Command parent, Context& context);
void add_trace(Command parent, Context& context);
void add_callbacks(Command parent, Context& context);
void add_attempts(Command parent, Context& context);
void add_dead_letters(Command parent, Context& context);
void add_ledger(Command parent, Context& context);
void add_notifications(Command parent, Context& context);
void add_alerts(Command parent, Context& context);
void add_doctor(Command parent, Context& context);
void add_export(Command parent, Context& context);
void add_sql(Command parent, Context& context);
void add_audit(Command parent, Context& context);

void add_replay(Command parent, Context& context);
void add_replays(Command parent, Context& context);
void add_discard(Command parent, Context& context);
void add_endpoints(Command parent, Context& context);
void add_orders(Command parent, Context& context);
void add_waybills(Command parent, Context& context);
void add_devices(Command parent, Context& context);
void add_retention(Command parent, Context& context);
void add_keys(Command parent, Context& context);

void add_config(Command parent, Context& context);
void add_secrets(Command parent, Context& context);
void add_migrate(Command parent, Context& context);
void add_completion(Command parent, Context& context);
void add_version(Command parent, Context& context);

/// All of them, in the order of the help.
void add_commands(Command root, Context& context);

}  // namespace yizhan::cli
