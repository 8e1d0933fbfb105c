// Changing many events by hand: count first, ask, then go through them in chunks, at a rate, until done or Ctrl-C.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/context.h"
#include "store/store.h"

namespace yizhan::cli {

struct BulkOptions {
  bool preview = false;        ///< only the count
  bool yes = false;            ///< do not ask
  double rate_per_second = 0;  ///< 0: as fast as the store takes them
};
/// Adds --preview, --yes and --rate.
void add_bulk_options(Command command, BulkOptions& options);

/// The words of one kind of change.
struct BulkWords {
  std::string_view verb;         ///< `Replay`
  std::string_view in_progress;  ///< `replaying`
  std::string_view done;         ///< `Replayed`
  std::string_view json_field;   ///< `replayed`
};

/// `3 events would be replayed (platform crm).`, with its line end.
std::string would_change(std::int64_t total, const store::Selection& selection, const BulkWords& words);
/// Whether confirm() will ask.
bool asks(const Context& context, const BulkOptions& options);
/// Asks, where somebody is there to answer. Code `not_confirmed`.
Result<void> confirm(const Context& context, const BulkOptions& options, std::int64_t total,
                     const store::Selection& selection, const BulkWords& words);

/// Changes the given events, at most kPageRows ids in one call; answers how many it changed.
using BulkChange = std::function<Result<std::int64_t>(store::Store& store, const store::Selection& chunk)>;

/// `selection` must have its statuses set. Each event is changed once, however often it comes to match again while
/// this runs (a replayed event may fail again meanwhile), and none that was accepted after the start. Status kFailed
/// when the answer was no, kInterrupted after Ctrl-C.
Result<ExitStatus> change_events(const Context& context, store::Store& store, store::Selection selection,
                                 const BulkOptions& options, const BulkWords& words, const BulkChange& change);

}  // namespace yizhan::cli
