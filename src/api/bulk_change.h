// Replays or discards many events in steps, so that the writer's other work goes on in between.
//
// Each step reads the next page of the selection by age and changes exactly those events: one that is delivered or
// fails again in the meantime is not taken twice, and events that come in later are not taken at all.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/dispatching.h"
#include "http/asio.h"
#include "store/group_commit.h"

namespace yizhan::api {

class BulkChange : public std::enable_shared_from_this<BulkChange> {
 public:
  /// How many events were changed, or why it stopped; those before stay changed.
  using Done = std::move_only_function<void(Result<std::int64_t>)>;
  /// On the writer's thread: changes the selected events, at most `limit`; answers how many.
  using Change = std::function<Result<std::int64_t>(store::Store&, const store::Selection&, int limit)>;

  static constexpr int kStep = 500;

  BulkChange(http::asio::io_context& io, store::GroupCommit& commits, store::ReadThread& reads,
             Dispatching& dispatching, store::Selection selection, Change change);

  /// Once. `done` is called on the I/O thread.
  void start(Done done);

 private:
  void read_page();
  void change_page(Result<store::Rows<store::EventView>> page);
  void finish(Result<std::int64_t> result);

  http::asio::io_context& io_;
  store::GroupCommit& commits_;
  store::ReadThread& reads_;
  Dispatching& dispatching_;
  store::Selection selection_;
  Change change_;
  Done done_;
  std::int64_t after_ = 0;
  std::int64_t changed_ = 0;
};

}  // namespace yizhan::api
