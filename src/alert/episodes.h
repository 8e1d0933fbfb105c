// From what is wrong now to what operators are told: pure. An episode lasts from the moment at which a condition begins
// to hold until it has not held for a while.
//
//   a cause begins to hold       one alert, raised
//   … and holds on               one alert a window, continues, with the count so far
//   … comes and goes             nothing: shorter than clear_after it is one episode
//   it has not held for a while  one alert, cleared
//
// Several nodes fold into the same rows (store/alerts.h), each what it sees: a cause holds as long as one of them says
// so.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alert/alert.h"
#include "store/alerts.h"

namespace yizhan::alert {

/// Something that is wrong now, as a rule (rules.h) found it.
struct Condition {
  Rule rule = Rule::kTest;
  std::string subject;
  std::string title;  ///< one line
  Facts facts;
  /// What happened since this process last looked: each node counts its own. 0 of a state that merely lasts, and of
  /// what every node sees.
  std::int64_t occurrences = 0;
  /// How many times it is known to have happened of late: what an episode begins with.
  std::int64_t known = 1;
};

struct FoldSettings {
  Seconds window{1800};      ///< from one alert of an episode to the next
  Seconds clear_after{300};  ///< not held for so long: over
  /// Since when this process looks: what was so before it began cannot be said to be over until it has looked for
  /// clear_after itself.
  UtcTime watching_since{};
};

/// An episode as it is from now on. `alert` is what has to be told; empty where only its counts changed.
struct Fold {
  store::AlertEpisode episode;
  std::optional<Alert> alert;
};

/// `<rule>:<subject>`.
std::string cause_of(const Condition& condition);

/// `open`: the episodes that the store has; `holding`: what holds now, at most one of a cause; `make_id`: a fresh id.
/// Answers the episodes that change.
std::vector<Fold> fold(const std::vector<store::AlertEpisode>& open, const std::vector<Condition>& holding,
                       const FoldSettings& settings, UtcTime now, const std::function<std::string()>& make_id);

/// The alert that an episode's row stands for, for lists: as it was told last.
Alert alert_of(const store::AlertEpisode& episode);

}  // namespace yizhan::alert
