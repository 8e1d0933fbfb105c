// One connection to PostgreSQL: libpq with deadlines, pipelines and binary values. Not thread-safe.
//
// Statements are sent without waiting and answered together (pipeline mode): a whole transaction costs one or two round
// trips. No call waits longer than its deadline; one that runs into it closes the connection, because what the server
// still answers could no longer be told apart.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "store/postgres/binary.h"
#include "store/postgres/failure.h"

namespace yizhan::store::postgres {

/// A statement that a connection prepares once and runs under its name.
struct Statement {
  const char* name;
  std::string text;
  std::vector<Oid> types;  ///< of $1, $2, …
};

/// The server's process of a connection, as pg_stat_activity has it: its number, and the moment of its start, as
/// numbers are used again. Not the number that libpq knows, which may be a pooler's.
struct Backend {
  std::string pid;
  std::string started;
};

class Connection {
 public:
  /// What the connection is for; decides how statements are planned and how long they may take.
  enum class Purpose {
    kWriter,  ///< few known statements, planned once and always through an index
    kReader,  ///< everything else
    /// Likewise, of a schema of any version (OpenMode::kExamine).
    kExaminer,
  };

  /// Connects, within about five seconds for each address that the URL names, and checks that the server is one we can
  /// work with.
  static Outcome<Connection> open(const std::string& url, Purpose purpose);

  using OnResult = std::move_only_function<void(const ResultSet&)>;

  /// Prepares the statements, in one round trip.
  Outcome<void> prepare(const std::vector<const Statement*>& statements);

  /// Adds a statement to the pipeline. `on_result` is called by the finish() that follows, unless something failed.
  void send(const Statement& statement, const Parameters& parameters = {}, OnResult on_result = {});
  /// The same with a text of its own, for which the server finds out the types that are not given.
  void send_text(const std::string& text, const std::vector<Oid>& types, const Parameters& parameters,
                 OnResult on_result = {});
  /// The same with a text that comes again and again: prepared when it comes first, with these types.
  void send_remembered(const std::string& text, const std::vector<Oid>& types, const Parameters& parameters,
                       OnResult on_result = {});
  /// BEGIN into the pipeline. A writer's plans are made once; one that was made while a table was empty must not last,
  /// so now and then they are made anew: after 1 s, 2 s, 4 s … up to 5 min. The server then sees how large a table is,
  /// whether or not anybody has counted its rows since.
  void begin();
  /// Hands over to the server what was sent so far, so that it begins and this side need not keep it all in memory.
  void push();
  /// Waits until everything that was sent is done, and calls the handlers in order. When a statement failed, those
  /// after it were skipped and no handler of it or of them was called.
  Outcome<void> finish();
  /// Statements that wait for finish().
  std::size_t waiting() const { return waiting_.size(); }
  /// Of those that the last finish() waited for, how many the server has said to be done.
  std::size_t done() const { return done_; }

  /// Several statements as one text, without parameters, in text format (`yizhan sql`, SET, migrations). The results in
  /// order; with an error, those of a text before it are lost with its implicit transaction.
  Outcome<std::vector<ResultSet>> execute(const std::string& text);

  /// False once it is lost: it has to be opened anew. Notices a server that ended the connection while it was idle.
  bool usable();
  bool in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

  const Backend& backend() const { return backend_; }
  /// For LISTEN: the socket, and what came in on it.
  int socket() const { return PQsocket(connection_.get()); }
  PGconn* raw() const { return connection_.get(); }

 private:
  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  Connection(PGconn* connection, Purpose purpose) : connection_(connection), purpose_(purpose) {}

  Outcome<void> set_up();
  /// A text that the server knows under a name, or will when the pipeline has come to it.
  struct Remembered {
    std::string name;
    bool is_prepared = false;
    bool is_in_pipeline = false;
  };

  void start_pipeline();
  void sent(int accepted, OnResult on_result);
  /// The next result of libpq, waiting for it at most until `deadline`; null at the end of one statement's results.
  Outcome<PGresult*> next_result(SteadyTime deadline);
  Outcome<void> wait_for_socket(SteadyTime deadline, bool to_write);
  Outcome<void> flush(SteadyTime deadline);
  Failure lost(std::string message);
  SteadyTime deadline() const;

  std::unique_ptr<PGconn, Close> connection_;
  Purpose purpose_;
  Backend backend_;
  Seconds plan_interval_{1};
  SteadyTime plan_again_at_ = std::chrono::steady_clock::now() + plan_interval_;
  std::vector<OnResult> waiting_;  // one for each statement in the pipeline
  std::size_t done_ = 0;
  std::unordered_map<std::string, Remembered> remembered_;  // by the text, and its types behind it
  std::vector<Remembered*> preparing_;                      // those of them that the pipeline prepares
};

}  // namespace yizhan::store::postgres
