#include "store/postgres/failure.h"

#include <fmt/format.h>

namespace yizhan::store::postgres {

bool Failure::connection_lost() const {
  // 57P01–57P05: the server shuts down, crashed, is not ready, dropped the database, or ended an idle session.
  return sqlstate.empty() || sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25P03";
}

bool Failure::serialization() const {
  return sqlstate == "40001" || sqlstate == "40P01";
}

bool Failure::value_refused() const {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54");
}

bool Failure::violates(std::string_view constraint_name) const {
  return sqlstate.starts_with("23") && constraint == constraint_name;
}

bool Failure::taken_meanwhile() const {
  return violates(kIdempotencyConstraint) || violates("inbound_idempotency_pkey") || violates("pay_refunds_pkey") ||
         violates("ux_platform_express_tracking_events_key");
}

Error to_error(const Failure& failure) {
  if (failure.connection_lost()) {
    return {"store_unavailable",
            fmt::format("PostgreSQL cannot be reached: {}; nothing was changed, try again", failure.message)};
  }
  // 25006: read-only, as a standby is. 53: no room, memory or connections. 57014: cancelled, or over its time. 58: I/O.
  if (failure.serialization() || failure.lock_timeout() || failure.sqlstate == "25006" || failure.sqlstate == "57014" ||
      failure.sqlstate.starts_with("53") || failure.sqlstate.starts_with("58")) {
    return {"store_unavailable",
            fmt::format("PostgreSQL did not do it: {} (SQLSTATE {}); nothing was changed, try again", failure.message,
                        failure.sqlstate)};
  }
  if (failure.sqlstate == "XX001" || failure.sqlstate == "XX002") {
    return {"store_corrupt",
            fmt::format("PostgreSQL reports damaged data: {}; restore the database from a backup", failure.message)};
  }
  if (failure.violates(kIdempotencyConstraint)) {
    return {"idempotency_conflict", failure.message + "; repeat that event unchanged, or use a new key"};
  }
  if (failure.value_refused()) {
    return {"value_refused", fmt::format("PostgreSQL refuses a value: {}", failure.message)};
  }
  if (failure.sqlstate == "42P01" || failure.sqlstate == "42883" || failure.sqlstate == "42703") {
    return {"sql_error", fmt::format("{} (SQLSTATE {}); if it is one of the service's own tables or functions, run "
                                     "`yizhan migrate`",
                                     failure.message, failure.sqlstate)};
  }
  return {"sql_error", fmt::format("{} (SQLSTATE {})", failure.message, failure.sqlstate)};
}

}  // namespace yizhan::store::postgres
