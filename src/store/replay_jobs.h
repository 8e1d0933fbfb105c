// Replays that are released bit by bit: jobs in the store, worked on by whichever node dispatches
// (app/replay_runner.h).
//
//               pause               every event was released and has ended
//   running ◀──────────▶ paused          running ───────▶ done
//      │       resume      │
//      └────── cancel ─────┴───▶ cancelled            running ───▶ failed: it cannot go on (last_error says why)
//
// A job belongs to one platform. A step releases some of its events, notes each in `replay_job_events` and moves the
// job's position past them, all in one transaction: nothing is released twice or passed over, whoever dies. An event
// that has left the selection's statuses meanwhile is left alone.
//
// Errors as in store.h, and `replay_not_found`, `replay_ended`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/audit.h"
#include "store/store.h"

namespace yizhan::store {

/// Key under which StoreFactory::open_news() tells of a job that was begun or resumed.
inline constexpr std::int64_t kReplayNews = 3;

enum class ReplayState { kRunning, kPaused, kCancelled, kDone, kFailed };
inline constexpr std::array kAllReplayStates{ReplayState::kRunning, ReplayState::kPaused, ReplayState::kCancelled,
                                             ReplayState::kDone, ReplayState::kFailed};
/// `running`, `paused`, `cancelled`, `done`, `failed`.
std::string_view to_string(ReplayState state);
std::optional<ReplayState> parse_replay_state(std::string_view name);

struct ReplayRequest {
  Selection selection;     ///< of one platform, with statuses and, unless it names ids, created_until
  std::string actor;       ///< as in AuditEntry
  std::string reason;      ///< may be empty
  std::int64_t rate = 0;   ///< events a second; 0: as the endpoint bears it
  std::string new_target;  ///< callback_target that the events get; empty: each keeps its own
  SigningSecret secret = SigningSecret::kCurrent;  ///< which signs them
  std::int64_t matching = 0;                       ///< how many events the selection has now
};

struct ReplayJob {
  std::int64_t id = 0;
  ReplayState state = ReplayState::kRunning;
  ReplayRequest request;
  std::int64_t position = 0;    ///< sequence up to which events were looked at
  bool exhausted = false;       ///< the selection has no more
  std::int64_t released = 0;    ///< set back to pending by this job
  std::int64_t left_alone = 0;  ///< changed by others before their turn came
  std::int64_t delivered = 0;   ///< of those released
  std::int64_t dead = 0;        ///< likewise: dead letters again
  std::int64_t ended = 0;       ///< likewise: discarded, deleted
  std::int64_t pace = 0;        ///< events a second at its last step
  std::string last_error;       ///< why it waits or failed
  UtcTime created_at{};
  UtcTime updated_at{};
  std::optional<UtcTime> finished_at;
  bool held_by_other = false;  ///< by another runner than the one that asks; set by look_at_replays()

  std::int64_t still_open() const { return released - delivered - dead - ended; }
  std::int64_t to_release() const { return std::max<std::int64_t>(0, request.matching - released - left_alone); }
};

// ---- what operators do
// ---------------------------------------------------------------------------------------------------

/// How the newest attempts of a platform went, at most 1,000: what an estimate stands on.
struct RecentAttempts {
  std::int64_t attempts = 0;
  std::int64_t delivered = 0;
  std::int64_t mean_duration_ms = 0;
};
Result<RecentAttempts> recent_attempts(Store& store, std::string_view platform);

/// A request for each platform that the selection, counted by cause, has events of.
std::vector<ReplayRequest> by_platform(const ReplayRequest& request, const std::vector<CauseCount>& causes);

/// Begins a job, with its entry `replay.start` in the audit trail.
Result<ReplayJob> start_replay(Store& store, const ReplayRequest& request, AuditOrigin origin, UtcTime now);

enum class ReplayAction { kPause, kResume, kCancel };
/// The job as it is then; asked for what it is already, it stays so. Its entry (`replay.pause`, …) in the audit trail
/// comes with it. `replay_ended` for one that is done, failed or cancelled.
Result<ReplayJob> control_replay(Store& store, std::int64_t id, ReplayAction action, AuditEntry entry);

/// Newest first; Page::after is the id of the last one.
Result<Rows<ReplayJob>> list_replays(Store& store, const Page& page);
Result<std::optional<ReplayJob>> find_replay(Store& store, std::int64_t id);

/// One release of one event.
struct ReplayOfEvent {
  std::int64_t job_id = 0;
  std::string actor;
  std::string reason;
  UtcTime released_at{};
  std::string former_target;  ///< where it was given another address
  bool moved = false;         ///< whether it was
  SigningSecret secret = SigningSecret::kCurrent;
  std::string outcome;  ///< `open`, `delivered`, `dead`, `ended`
};
/// Oldest first.
Result<std::vector<ReplayOfEvent>> find_replays_of_event(Store& store, std::string_view event_id);

// ---- what the runner does
// ---------------------------------------------------------------------------------------------------

struct ReplayLook {
  std::vector<ReplayJob> running;              ///< oldest first
  std::map<std::int64_t, int> open;            ///< released and not ended, by endpoint, of every job
  std::map<ReplayState, std::int64_t> states;  ///< jobs by state
};
Result<ReplayLook> look_at_replays(Store& store, std::string_view lease_token);

struct ReplayPick {
  std::string event_id;
  std::int64_t sequence = 0;
  std::int64_t endpoint_key = 0;
};

/// What is done to one job in a pass.
struct ReplayStep {
  std::int64_t job_id = 0;
  std::vector<EventStatus> statuses;  ///< of the selection: an event in another one is left alone
  std::string new_target;
  SigningSecret secret = SigningSecret::kCurrent;
  std::int64_t position = 0;      ///< where the job must stand now; otherwise another runner was at it
  std::int64_t new_position = 0;  ///< where it stands then
  std::vector<ReplayPick> picks;  ///< events between the two that are to be released
  std::int64_t passed_over = 0;   ///< events between the two that are not
  bool exhausted = false;
  std::int64_t pace = 0;
  std::string last_error;
  bool failed = false;  ///< it ends as kFailed, with last_error
};

struct ReplayPassed {
  std::int64_t released = 0;
  std::int64_t delivered = 0;  ///< of what was released before, ended since the last pass
  std::int64_t dead = 0;
  std::int64_t ended = 0;
  std::vector<std::int64_t> lost;  ///< jobs whose step was not made: another runner has them, or they do not run
};

/// One transaction: notes what has ended of everything that was released, makes the steps under the runner's lease,
/// ends the jobs that are through. On PostgreSQL leases are judged by the server's clock.
Result<ReplayPassed> pass_replays(Store& store, const std::vector<ReplayStep>& steps, std::string_view lease_token,
                                  Milliseconds lease, UtcTime now);

/// The runner stops: whoever comes next need not wait for its leases to end.
Result<void> leave_replays(Store& store, std::string_view lease_token);

}  // namespace yizhan::store
