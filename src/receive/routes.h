// Routes: which platforms get which callbacks of which source, as the configuration's [[routes]] say. A pure function
// of the source's name and the notice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace yizhan::receive {

/// `resource.amount.total > 100`: a field of the JSON that is passed on, by its path.
struct FieldCondition {
  enum class Operator { kEquals, kDiffers, kContains, kStartsWith, kExists, kGreater, kLess };
  std::vector<std::string> path;  ///< members, or indices of arrays
  Operator compare = Operator::kEquals;
  std::string value;  ///< compared as text; kGreater and kLess compare numbers
};
/// `field = value`, `field != value`, `field ~ value` (contains), `field ^ value` (starts with), `field exists`,
/// `field > 5`, `field < 5`; a value may stand in double quotes. Code `condition_invalid`.
Result<FieldCondition> parse_condition(std::string_view text);

struct Route {
  std::string source;      ///< its name; `*`: every source
  std::string event_type;  ///< a pattern: `*` stands for any characters, the rest for itself; empty: every type
  std::vector<FieldCondition> conditions;  ///< all must hold; what is no JSON, or lacks the field, does not match
  std::string platform;                    ///< gets it
  std::string rename;                      ///< the event type it is given; empty: `<source>.<event type>`
};

/// One event to be made.
struct Destination {
  std::string platform;
  std::string event_type;
};

class Routes {
 public:
  Routes() = default;
  explicit Routes(std::vector<Route> routes) : routes_(std::move(routes)) {}

  /// In the order of the routes; a platform that several routes name with the same event type gets it once. `body` is
  /// read only where a condition asks for a field.
  std::vector<Destination> match(std::string_view source, std::string_view event_type, std::string_view body) const;

  const std::vector<Route>& all() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace yizhan::receive
