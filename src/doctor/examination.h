// One examination: what is given to the checks, the checks by name, and the report. Each check gathers facts (files,
// the store, the system; I/O, blocking) and has them judged by a pure function beside it: service_check.h,
// store_check.h, ….
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "doctor/finding.h"
#include "doctor/service_state.h"
#include "store/store.h"

namespace yizhan::doctor {

/// The installation that is examined, as its commands find it. What is referred to outlives the examination.
struct Installation {
  const config::Config& config;
  /// What a start would say of the configuration: its problems and its warnings, a sentence each.
  std::vector<std::string> problems{};
  std::vector<std::string> warnings{};
  ServiceState service{};
  /// Null where it could not be opened: `store_error` says why.
  store::Store* store = nullptr;
  std::optional<Error> store_error{};
  std::function<Result<std::vector<store::SchemaFinding>>()> examine_schema{};
  /// Whether requests may go out to the platforms.
  bool probe = false;
  UtcTime now{};
};

/// What one check could not look at, and why.
struct Skipped {
  std::string check;
  std::string reason;
};

struct Report {
  std::vector<Finding> findings;  ///< the heaviest first; of one weight in the order of the checks
  std::vector<Skipped> skipped;
  int checks = 0;  ///< that ran
};

/// What a check adds to.
class Notes {
 public:
  Notes(Report& report, std::string_view check) : report_(report), check_(check) {}
  void add(Finding finding) { report_.findings.push_back(std::move(finding)); }
  void add(std::vector<Finding> findings) {
    for (Finding& finding : findings) add(std::move(finding));
  }
  void skip(std::string reason) { report_.skipped.push_back({std::string(check_), std::move(reason)}); }
  /// False, and the check is skipped, where the store is not there.
  bool has_store(const Installation& installation);
  /// The value; nothing, and the reason is kept, where there is none.
  template <class T>
  std::optional<T> look(Result<T> result) {
    if (result) return std::move(*result);
    skip(result.error().message);
    return std::nullopt;
  }

 private:
  Report& report_;
  std::string_view check_;
};

struct Check {
  std::string_view name;
  std::string_view looks_at;  ///< a few words, for the help
  void (*run)(const Installation&, Notes&);
};
/// In the order in which they run.
std::span<const Check> all_checks();
/// Null when there is none of this name.
const Check* find_check(std::string_view name);

/// Runs the checks of these names, or all where there are none.
Report examine(const Installation& installation, std::span<const Check* const> chosen);

}  // namespace yizhan::doctor
