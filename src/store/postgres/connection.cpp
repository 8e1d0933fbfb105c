#include "store/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/log.h"

namespace yizhan::store::postgres {
namespace {

constexpr int kOldestServer = 130000;  // pg_current_xact_id(), gen_random_uuid()

/// The server ends a statement of the writer after 30 s and one of a reader after 5 minutes; some seconds later we stop
/// waiting for a server that does not answer at all.
constexpr Seconds kWriterDeadline{40};
constexpr Seconds kReaderDeadline{310};

// A time zone and date style of our own: `yizhan sql` shows times in UTC, whatever the server's default is.
constexpr std::string_view kSessionSettings =
    "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET client_min_messages = "
    "warning;"
    "SET jit = off;";

// The writer's statements all go through an index. Its plans are made once, perhaps while the tables are empty and a
// sequential scan or a hash of the whole table looks cheap; so these are ruled out. A lock that somebody holds by hand
// is waited for briefly: the batch is then written around it. If this process is stopped in mid-transaction, the server
// ends the transaction, so that other nodes do not wait.
constexpr std::string_view kWriterSettings =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;"
    "SET enable_mergejoin = off; SET enable_bitmapscan = off; SET statement_timeout = '30s'; SET lock_timeout = '1s';"
    "SET idle_in_transaction_session_timeout = '10s';";

// A report takes one processor, whatever it reads: with parallel workers a count of some minutes takes them all, and
// live traffic waits.
constexpr std::string_view kReaderSettings = "SET statement_timeout = '5min'; SET max_parallel_workers_per_gather = 0;";

constexpr std::string_view kBackend = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()";

std::string one_line(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string field(const PGresult* result, int code) {
  const char* value = PQresultErrorField(result, code);
  return value == nullptr ? "" : value;
}

Failure failure_of(const PGresult* result) {
  Failure failure;
  failure.sqlstate = field(result, PG_DIAG_SQLSTATE);
  failure.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  for (const char code : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT}) {
    const std::string more = field(result, code);
    // A detail of a constraint quotes the row: it may be long, and hold what is nobody's business.
    if (!more.empty() && !failure.value_refused()) failure.message += ". " + more;
  }
  failure.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  if (failure.message.empty()) failure.message = one_line(PQresultErrorMessage(result));
  return failure;
}

bool is_error(ExecStatusType status) {
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_PIPELINE_ABORTED;
}

/// Warnings of the server that say something about durability, such as a cancelled wait for a standby.
void log_notice(void*, const PGresult* notice) {
  log::warning("postgres_notice", {{"message", field(notice, PG_DIAG_MESSAGE_PRIMARY)},
                                   {"detail", field(notice, PG_DIAG_MESSAGE_DETAIL)}});
}

}  // namespace

// ---- opening
// ---------------------------------------------------------------------------------------------------------

Outcome<Connection> Connection::open(const std::string& url, Purpose purpose) {
  // What stands before the URL is a default that it may override; what stands after it is ours to say. Dead peers are
  // noticed within half a minute: the operating system would take hours.
  const std::array keywords{"application_name",    "keepalives_idle",
                            "keepalives_interval", "keepalives_count",
                            "tcp_user_timeout",    "target_session_attrs",
                            "connect_timeout",     "dbname",
                            "client_encoding",     static_cast<const char*>(nullptr)};
  const std::array values{"yizhan",     "15", "5",         "3",    "30000",
                          "read-write", "5",  url.c_str(), "UTF8", static_cast<const char*>(nullptr)};
  Connection connection(PQconnectdbParams(keywords.data(), values.data(), 1), purpose);
  if (!connection.connection_) return std::unexpected(Failure{"", "out of memory", ""});
  if (PQstatus(connection.raw()) != CONNECTION_OK) {
    return std::unexpected(Failure{"", one_line(PQerrorMessage(connection.raw())), ""});
  }
  PQsetNoticeReceiver(connection.raw(), log_notice, nullptr);
  PQsetnonblocking(connection.raw(), 1);
  if (const auto ready = connection.set_up(); !ready) return std::unexpected(ready.error());
  return connection;
}

Outcome<void> Connection::set_up() {
  if (const int version = PQserverVersion(raw()); version < kOldestServer) {
    return std::unexpected(Failure{
        "0A000", fmt::format("the server is PostgreSQL {}.{}; 13 or newer is needed", version / 10000, version % 10000),
        ""});
  }
  const char* encoding = PQparameterStatus(raw(), "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return std::unexpected(Failure{"0A000",
                                   fmt::format("the database's encoding is {}; create it with ENCODING 'UTF8'",
                                               encoding == nullptr ? "unknown" : encoding),
                                   ""});
  }
  const auto settings = purpose_ == Purpose::kWriter ? kWriterSettings : kReaderSettings;
  const auto done = execute(fmt::format("{}{}{}", kSessionSettings, settings, kBackend));
  if (!done) return std::unexpected(done.error());
  backend_ = {.pid = done->back().text(0, 0), .started = done->back().text(0, 1)};
  return {};
}

Outcome<void> Connection::prepare(const std::vector<const Statement*>& statements) {
  start_pipeline();
  for (const Statement* statement : statements) {
    sent(PQsendPrepare(raw(), statement->name, statement->text.c_str(), static_cast<int>(statement->types.size()),
                       statement->types.data()),
         {});
  }
  return finish();
}

// ---- the pipeline
// ----------------------------------------------------------------------------------------------------

void Connection::start_pipeline() {
  if (PQpipelineStatus(raw()) == PQ_PIPELINE_OFF) PQenterPipelineMode(raw());
}

void Connection::sent(int accepted, OnResult on_result) {
  // A refusal means that the connection is gone, which finish() finds by itself.
  if (accepted == 1) waiting_.push_back(std::move(on_result));
}

void Connection::send(const Statement& statement, const Parameters& parameters, OnResult on_result) {
  start_pipeline();
  sent(PQsendQueryPrepared(raw(), statement.name, parameters.count(), parameters.values(), parameters.lengths(),
                           parameters.formats(), 1),
       std::move(on_result));
}

void Connection::send_text(const std::string& text, const std::vector<Oid>& types, const Parameters& parameters,
                           OnResult on_result) {
  start_pipeline();
  std::vector<Oid> all = types;
  all.resize(static_cast<std::size_t>(parameters.count()), InvalidOid);
  sent(PQsendQueryParams(raw(), text.c_str(), parameters.count(), all.data(), parameters.values(), parameters.lengths(),
                         parameters.formats(), 1),
       std::move(on_result));
}

void Connection::send_remembered(const std::string& text, const std::vector<Oid>& types, const Parameters& parameters,
                                 OnResult on_result) {
  std::string key = text;
  for (const Oid type : types) key += fmt::format("\x1f{}", type);
  const auto found = remembered_.try_emplace(std::move(key)).first;
  Remembered& remembered = found->second;  // stays where it is
  if (remembered.name.empty()) remembered.name = fmt::format("text_{}", remembered_.size());
  start_pipeline();
  if (!remembered.is_prepared && !remembered.is_in_pipeline) {
    remembered.is_in_pipeline = true;
    preparing_.push_back(&remembered);
    sent(PQsendPrepare(raw(), remembered.name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data()),
         [&remembered](const ResultSet&) { remembered.is_prepared = true; });
  }
  sent(PQsendQueryPrepared(raw(), remembered.name.c_str(), parameters.count(), parameters.values(),
                           parameters.lengths(), parameters.formats(), 1),
       std::move(on_result));
}

void Connection::begin() {
  constexpr Seconds kLongestInterval{300};
  send_remembered("BEGIN", {}, Parameters());
  const SteadyTime now = std::chrono::steady_clock::now();
  if (purpose_ != Purpose::kWriter || now < plan_again_at_) return;
  send_text("DISCARD PLANS", {}, Parameters());
  plan_interval_ = std::min(plan_interval_ * 2, kLongestInterval);
  plan_again_at_ = now + plan_interval_;
}

void Connection::push() {
  // What goes wrong here, finish() finds again.
  if (connection_) static_cast<void>(flush(deadline()));
}

Outcome<void> Connection::finish() {
  const SteadyTime until = deadline();
  std::vector<OnResult> handlers = std::exchange(waiting_, {});
  done_ = 0;
  for (Remembered* remembered : std::exchange(preparing_, {})) remembered->is_in_pipeline = false;
  start_pipeline();
  if (PQpipelineSync(raw()) != 1) return std::unexpected(lost(one_line(PQerrorMessage(raw()))));
  if (const auto flushed = flush(until); !flushed) return flushed;
  std::optional<Failure> failure;
  for (OnResult& handler : handlers) {
    auto result = next_result(until);
    if (!result) return std::unexpected(result.error());
    const ResultSet rows(*result);
    if (is_error(PQresultStatus(rows.raw()))) {
      if (!failure) failure = failure_of(rows.raw());
      if (failure->connection_lost()) {
        lost(failure->message);
        return std::unexpected(*std::move(failure));
      }
    } else if (!failure) {
      ++done_;
      if (handler) handler(rows);
    }
    const auto end = next_result(until);
    if (!end) return std::unexpected(end.error());
  }
  const auto synced = next_result(until);
  if (!synced) return std::unexpected(synced.error());
  PQclear(*synced);
  PQexitPipelineMode(raw());
  if (failure) return std::unexpected(*std::move(failure));
  return {};
}

Outcome<std::vector<ResultSet>> Connection::execute(const std::string& text) {
  const SteadyTime until = deadline();
  if (PQsendQuery(raw(), text.c_str()) != 1) return std::unexpected(lost(one_line(PQerrorMessage(raw()))));
  if (const auto flushed = flush(until); !flushed) return std::unexpected(flushed.error());
  std::vector<ResultSet> results;
  std::optional<Failure> failure;
  while (true) {
    const auto result = next_result(until);
    if (!result) return std::unexpected(result.error());
    if (*result == nullptr) break;
    ResultSet rows(*result);
    const ExecStatusType status = PQresultStatus(rows.raw());
    if (is_error(status)) {
      if (!failure) failure = failure_of(rows.raw());
    } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
      // There is nothing to copy from or to. Ending the connection is the one way out that always works.
      connection_.reset();
      return std::unexpected(Failure{"0A000", "COPY to or from the client is not possible here; use psql", ""});
    } else if (status != PGRES_EMPTY_QUERY) {
      results.push_back(std::move(rows));
    }
  }
  if (failure) return std::unexpected(*std::move(failure));
  return results;
}

bool Connection::usable() {
  if (connection_ == nullptr || PQstatus(raw()) != CONNECTION_OK) return false;
  pollfd waited{PQsocket(raw()), POLLIN, 0};
  // A server that ends an idle connection says why before it closes it.
  while (::poll(&waited, 1, 0) > 0) {
    if (PQconsumeInput(raw()) != 1 || PQisBusy(raw()) == 1 || PQstatus(raw()) != CONNECTION_OK) return false;
  }
  return true;
}

// ---- waiting
// ---------------------------------------------------------------------------------------------------------

SteadyTime Connection::deadline() const {
  return std::chrono::steady_clock::now() + (purpose_ == Purpose::kWriter ? kWriterDeadline : kReaderDeadline);
}

Outcome<PGresult*> Connection::next_result(SteadyTime deadline) {
  while (PQisBusy(raw()) == 1) {
    if (const auto ready = wait_for_socket(deadline, false); !ready) return std::unexpected(ready.error());
    if (PQconsumeInput(raw()) != 1) return std::unexpected(lost(one_line(PQerrorMessage(raw()))));
  }
  PGresult* result = PQgetResult(raw());
  // A connection that breaks shows as an error without SQLSTATE, or as one that announces it.
  if (result != nullptr && PQstatus(raw()) == CONNECTION_BAD) {
    const ResultSet last(result);
    Failure failure = lost(one_line(PQresultErrorMessage(last.raw())));
    if (const Failure announced = failure_of(last.raw()); announced.connection_lost()) failure = announced;
    return std::unexpected(std::move(failure));
  }
  if (result == nullptr && PQstatus(raw()) == CONNECTION_BAD) {
    return std::unexpected(lost(one_line(PQerrorMessage(raw()))));
  }
  return result;
}

Outcome<void> Connection::flush(SteadyTime deadline) {
  while (true) {
    const int left = PQflush(raw());
    if (left == 0) return {};
    if (left < 0) return std::unexpected(lost(one_line(PQerrorMessage(raw()))));
    if (const auto ready = wait_for_socket(deadline, true); !ready) return ready;
    // The server may be unable to read on before we have taken what it answers.
    if (PQconsumeInput(raw()) != 1) return std::unexpected(lost(one_line(PQerrorMessage(raw()))));
  }
}

Outcome<void> Connection::wait_for_socket(SteadyTime deadline, bool to_write) {
  pollfd waited{PQsocket(raw()), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::unexpected(lost("the server did not answer in time"));
    const int ready = ::poll(&waited, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return std::unexpected(lost("waiting for the server failed"));
  }
}

Failure Connection::lost(std::string message) {
  connection_.reset();
  waiting_.clear();
  return {"", message.empty() ? "the connection was lost" : std::move(message), ""};
}

}  // namespace yizhan::store::postgres
