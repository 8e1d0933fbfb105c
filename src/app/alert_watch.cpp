#include "app/alert_watch.h"

#include <algorithm>
#include <utility>

#include "app/alert_sampling.h"
#include "base/ids.h"
#include "base/log.h"

namespace yizhan::app {
namespace {

/// Certificates end by the day.
constexpr Seconds kReadCertificates{600};

/// What the store knows, read in one go.
struct Found {
  alert::Observed observed;  ///< the store's part of it
  std::vector<store::AlertEpisode> open;
};

Result<Found> look(store::Store& store, Seconds window, UtcTime now) {
  Found found;
  const auto into = [](auto& part, auto read) -> Result<void> {
    if (!read) return std::unexpected(std::move(read.error()));
    part = std::move(*read);
    return {};
  };
  alert::Observed& seen = found.observed;
  Result<void> done = into(seen.disabled, store.disabled_endpoints());
  if (done) done = into(seen.backlog, store::backlog(store, now));
  if (done) done = into(seen.failures, store::failure_causes(store, now - window));
  if (done) done = into(seen.dead_letters, store::dead_letter_causes(store, now - window));
  if (done) done = into(seen.sources, store::source_activity(store));
  if (done) done = into(found.open, store::open_alerts(store));
  if (!done) return std::unexpected(std::move(done.error()));
  return found;
}

void log_alert(const alert::Alert& told) {
  const std::string raised_at = to_rfc3339(told.raised_at);
  const std::initializer_list<log::Field> fields{
      {"alert", told.id}, {"cause", told.cause}, {"title", told.title}, {"count", told.count}, {"raisedAt", raised_at}};
  switch (told.state) {
    case alert::Alert::State::kRaised:
      log::warning("alert_raised", fields);
      break;
    case alert::Alert::State::kContinues:
      log::warning("alert_continues", fields);
      break;
    case alert::Alert::State::kCleared:
      log::info("alert_cleared", fields);
      break;
  }
}

std::vector<store::AlertEvent> events_of(const alert::Alert& told, const std::vector<std::string>& platforms,
                                         IdMaker& ids, UtcTime now) {
  std::vector<store::AlertEvent> events;
  for (const std::string& platform : platforms) {
    events.push_back({.id = ids.make(now),
                      .platform = platform,
                      .event_type = alert::event_type(told),
                      .payload = alert::write_alert(told)});
  }
  return events;
}

}  // namespace

struct AlertWatch::State : std::enable_shared_from_this<State> {
  using Done = std::move_only_function<void(StepResult)>;

  State(Parts given, AlertWatchOptions chosen)
      : parts(std::move(given)), options(std::move(chosen)), started_at(utc_now()), history(started_at) {}

  void step(Done done) {
    const UtcTime now = utc_now();
    history.add(parts.tallies(now), options.rules.failures_window);
    tell_of_channels();
    const bool read_certificates = now >= certificates_due;
    if (read_certificates) certificates_due = now + kReadCertificates;
    const auto finish = std::make_shared<Done>(std::move(done));
    const bool taken =
        parts.reads.run([self = shared_from_this(), now, window = options.rules.failures_window,
                         files = read_certificates ? options.certificates : std::vector<CertificateFile>(),
                         read_certificates, finish](store::Store& store) {
          auto found = look(store, window, now);
          auto read = watched_certificates(files);
          http::asio::post(self->parts.io, [self, now, found = std::move(found), read_certificates,
                                            read = std::move(read), finish]() mutable {
            if (read_certificates) self->certificates = std::move(read);
            if (found) return self->judge(std::move(*found), now, finish);
            log::warning("alert_watch_failed", {{"code", found.error().code}, {"message", found.error().message}});
            (*finish)({});
          });
        });
    if (!taken) (*finish)({});
  }

  void judge(Found found, UtcTime now, const std::shared_ptr<Done>& finish) {
    looked_at = now;
    found.observed.tallies = history;
    found.observed.breakers = parts.breakers();
    found.observed.mismatches = parts.mismatches();
    found.observed.certificates = certificates;
    found.observed.space = parts.space();
    auto holding = alert::judge(found.observed, options.rules, now);
    count_raised(found.open);
    const alert::FoldSettings settings{.window = options.window,
                                       // Others may look a little later than this node.
                                       .clear_after = std::max(options.clear_after, 2 * options.interval),
                                       .watching_since = started_at};
    const auto fold = [settings, now, holding = std::move(holding),
                       ids = std::make_shared<IdMaker>()](const std::vector<store::AlertEpisode>& open) {
      return alert::fold(open, holding, settings, now, [&] { return ids->make(now); });
    };
    if (fold(found.open).empty()) return (*finish)({});
    parts.commits.run(
        [self = shared_from_this(), now, fold, platforms = options.platforms, finish](store::Store& store) {
          std::vector<alert::Alert> told;
          IdMaker ids;
          const auto changed = store::fold_alerts(
              store,
              [&](const std::vector<store::AlertEpisode>& open) {
                told.clear();
                std::vector<store::AlertChange> changes;
                for (alert::Fold& change : fold(open)) {
                  store::AlertChange& next = changes.emplace_back(store::AlertChange{std::move(change.episode)});
                  if (!change.alert) continue;
                  next.events = events_of(*change.alert, platforms, ids, now);
                  told.push_back(std::move(*change.alert));
                }
                return changes;
              },
              now);
          auto open = store::open_alerts(store);
          http::asio::post(self->parts.io,
                           [self, changed = changed ? Result<void>() : std::unexpected(changed.error()),
                            told = std::move(told), open = std::move(open), events = platforms.size(), finish] {
                             self->folded(changed, told, events);
                             if (open) self->count_raised(*open);
                             (*finish)({});
                           });
        });
  }

  void folded(const Result<void>& changed, const std::vector<alert::Alert>& told, std::size_t channels) {
    if (!changed) {
      log::warning("alert_watch_failed", {{"code", changed.error().code}, {"message", changed.error().message}});
      return;
    }
    for (const alert::Alert& each : told) log_alert(each);
    counters.events += told.size() * channels;
    if (!told.empty() && channels > 0) parts.events_made();
  }

  void count_raised(const std::vector<store::AlertEpisode>& open) {
    counters.raised.clear();
    for (const alert::Rule rule : alert::kAllRules) {
      if (rule != alert::Rule::kTest) counters.raised[std::string(to_string(rule))] = 0;
    }
    for (const store::AlertEpisode& episode : open) ++counters.raised[episode.rule];
  }

  /// Nobody is told by an alert that a channel does not take alerts.
  void tell_of_channels() {
    for (const auto& [platform, count] : history.within_window(&alert::Tallies::dead_letters)) {
      const std::int64_t more = history.added_last(&alert::Tallies::dead_letters, platform);
      if (more == 0 || !alert::is_alert_platform(platform)) continue;
      log::error("alert_undelivered", {{"platform", platform}, {"count", more}});
    }
  }

  Parts parts;
  AlertWatchOptions options;
  UtcTime started_at;
  alert::TallyHistory history;
  UtcTime certificates_due{};
  std::vector<alert::WatchedCertificate> certificates;
  UtcTime looked_at = started_at;  ///< and the store was reached
  api::AlertCounters counters;
};

AlertWatch::AlertWatch(Parts parts, AlertWatchOptions options)
    : state_(std::make_shared<State>(std::move(parts), std::move(options))),
      loop_(
          state_->parts.io, [state = state_](auto done) { state->step(std::move(done)); }, state_->options.interval) {}

AlertWatch::~AlertWatch() = default;

void AlertWatch::replace(AlertWatchOptions options) {
  state_->options = std::move(options);
  state_->certificates_due = {};
  wake();
}

const api::AlertCounters& AlertWatch::counters() const {
  return state_->counters;
}

bool AlertWatch::looking(UtcTime now) const {
  return now - state_->looked_at <= 3 * state_->options.interval + Seconds{5};
}

}  // namespace yizhan::app
