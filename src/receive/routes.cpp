#include "receive/routes.h"

#include <algorithm>
#include <optional>

#include "base/json_scan.h"
#include "receive/field_condition.h"

namespace yizhan::receive {
namespace {

/// `*` in the pattern stands for any characters. Goes back to the last `*` only, which is enough: what an earlier one
/// could take, the last one can take as well. So the time is bounded by the product of the lengths.
bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, read = 0;
  std::size_t star = std::string_view::npos, taken_until = 0;
  while (read < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken_until = read;
    } else if (at < pattern.size() && pattern[at] == text[read]) {
      ++at;
      ++read;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      read = ++taken_until;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

std::string new_event_type(const Route& route, std::string_view source, std::string_view event_type) {
  if (!route.rename.empty()) return route.rename;
  std::string type(source);
  if (event_type.empty()) return type;
  type += '.';
  type += event_type;
  return type;
}

}  // namespace

std::vector<Destination> Routes::match(std::string_view source, std::string_view event_type,
                                       std::string_view body) const {
  std::vector<Destination> destinations;
  std::optional<bool> is_json;
  for (const Route& route : routes_) {
    if (route.source != "*" && route.source != source) continue;
    if (!route.event_type.empty() && !fits_pattern(route.event_type, event_type)) continue;
    if (!route.conditions.empty()) {
      if (!is_json) is_json = json::read_document(body).has_value();
      const auto holds_here = [&](const FieldCondition& condition) { return holds(condition, body); };
      if (!*is_json || !std::ranges::all_of(route.conditions, holds_here)) continue;
    }
    Destination destination{route.platform, new_event_type(route, source, event_type)};
    const auto same = [&](const Destination& other) {
      return other.platform == destination.platform && other.event_type == destination.event_type;
    };
    if (std::ranges::none_of(destinations, same)) destinations.push_back(std::move(destination));
  }
  return destinations;
}

}  // namespace yizhan::receive
