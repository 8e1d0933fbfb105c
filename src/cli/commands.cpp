#include "cli/commands.h"

namespace yizhan::cli {

void add_commands(Command root, Context& context) {
  add_serve(root, context);
  add_up(root, context);
  add_down(root, context);
  add_status(root, context);
  add_reload(root, context);
  add_emit(root, context);
  add_sink(root, context);
  add_send_test(root, context);
  add_push_test(root, context);

  add_trace(root, context);
  add_callbacks(root, context);
  add_events(root, context);
  add_attempts(root, context);
  add_dead_letters(root, context);
  add_ledger(root, context);
  add_notifications(root, context);
  add_alerts(root, context);
  add_doctor(root, context);
  add_export(root, context);
  add_sql(root, context);
  add_audit(root, context);

  add_replay(root, context);
  add_replays(root, context);
  add_discard(root, context);
  add_endpoints(root, context);
  add_orders(root, context);
  add_waybills(root, context);
  add_devices(root, context);
  add_retention(root, context);

  add_config(root, context);
  add_secrets(root, context);
  add_keys(root, context);
  add_migrate(root, context);
  add_completion(root, context);
  add_version(root, context);
}

}  // namespace yizhan::cli
