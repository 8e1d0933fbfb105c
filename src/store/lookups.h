// The part of a store that is the same on both engines: looking, and the small tables of endpoints, API keys and
// orders. An engine adds how a statement is run.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "store/express_tables.h"
#include "store/ledger_sql.h"
#include "store/query.h"
#include "store/selection_sql.h"
#include "store/store.h"

namespace yizhan::store {

class Lookups : public ExpressTables {
 public:
  Result<std::vector<CauseCount>> count_by_cause(const Selection& selection) final;
  Result<std::int64_t> count(const Selection& selection) final;

  Result<void> disable_endpoint(const DisabledEndpoint& endpoint) final;
  Result<bool> enable_endpoint(std::int64_t endpoint_key) final;
  Result<std::vector<DisabledEndpoint>> disabled_endpoints() final;

  Result<void> add_api_key(const ApiKey& key) final;
  Result<std::vector<ApiKey>> api_keys() final;
  Result<bool> revoke_api_key(std::string_view id, UtcTime now) final;

  Result<std::optional<EventView>> find_event(std::string_view id, bool with_payload) final;
  Result<Rows<EventView>> list_events(const Selection& selection, const Page& page) final;
  Result<std::vector<AttemptView>> attempts(std::string_view event_id, int limit) final;
  Result<Rows<DeadLetterView>> list_dead_letters(const Selection& selection, const Page& page) final;
  Result<Ledger> ledger(const LedgerRange& range, bool by_minute) final;
  Result<bool> count_on(LedgerCount& count) final;
  Result<LedgerPiece> ledger_piece(std::int64_t after, std::int64_t until, int most) final;
  Result<std::int64_t> newest_event() final;

  Result<std::optional<CallbackView>> find_callback(std::int64_t id, bool with_body) final;
  Result<Rows<CallbackView>> list_callbacks(const CallbackSelection& selection, const Page& page) final;
  Result<CreatedOrder> create_pay_order(const PayOrder& order) final;
  Result<std::optional<PayOrder>> find_pay_order(std::string_view out_trade_no) final;
  Result<std::optional<PayOrder>> close_pay_order(std::string_view out_trade_no, UtcTime now) final;

 protected:
  /// Runs one statement in a transaction of its own, calls `reader` for each row (it may be empty), and answers how
  /// many rows an INSERT, UPDATE or DELETE changed (0 for a SELECT).
  virtual Result<std::int64_t> query(const Query& statement, const RowReader& reader) = 0;
  virtual const Dialect& dialect() const = 0;

 private:
  using StretchQuery = std::function<Query(const Stretch&)>;
  /// What tells where a stretch of a selection ends that has `most` events; empty where it is not searched for.
  std::optional<Query> end_of(const Selection& selection, const Stretch& stretch, int most) const;
  /// Runs the statement on a stretch that begins at `stretch.after` and ends where `end` says; sets `stretch.through`.
  Result<void> look_at_stretch(const std::optional<Query>& end, Stretch& stretch, const StretchQuery& statement,
                               const RowReader& reader);
  Result<void> look_at_all(const Selection& selection, const StretchQuery& statement, const RowReader& reader);
  template <class Row, class Statement, class Read>
  Result<Rows<Row>> list(const Selection& selection, const Page& page, Statement statement, Read read);

  /// Runs one piece of a long look. The log of an embedded file begins anew only while nobody reads: whoever writes has
  /// as long as the piece before took, when that has just ended.
  template <class Piece>
  auto paced(Piece piece) {
    leave_writers_time();
    const SteadyTime began = std::chrono::steady_clock::now();
    auto done = piece();
    const SteadyTime ended = std::chrono::steady_clock::now();
    writers_time_ends_ = ended + (ended - began);
    return done;
  }
  void leave_writers_time();

  Result<std::int64_t> number_of(std::string_view statement);
  Result<Ledger> lines_of(const Query& statement);
  Result<LedgerPiece> piece_of(const LedgerCount& count);
  Result<void> read_keys(std::vector<CallbackView>& views);

  SteadyTime writers_time_ends_{};
  std::int64_t writes_of_others_ = 0;
};

/// Takes one row into a page. The statement gives one row more than the page holds: it only says that another page
/// follows. `last` is the number of the row before.
template <class Row>
void take_into_page(Rows<Row>& page, const Page& asked, std::int64_t& last, std::int64_t sequence, Row row) {
  if (page.rows.size() == static_cast<std::size_t>(asked.limit)) {
    page.next = last;
    return;
  }
  last = sequence;
  page.rows.push_back(std::move(row));
}

}  // namespace yizhan::store
