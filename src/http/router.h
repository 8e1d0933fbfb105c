// Which handler answers which method and path. A pattern is a path whose segments are literal or a `{parameter}`;
// literal segments win over parameters, so `/events/discard` and `/events/{id}` stand side by side.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "http/server.h"

namespace yizhan::http {

/// The values of a pattern's parameters, percent-decoded.
class PathParameters {
 public:
  /// Empty when the pattern has no such parameter.
  std::string_view operator[](std::string_view name) const;
  void add(std::string_view name, std::string value) { values_.emplace_back(name, std::move(value)); }

 private:
  std::vector<std::pair<std::string_view, std::string>> values_;
};

class Router {
 public:
  using Handler = std::function<void(ServerRequest&, const PathParameters&, Responder)>;

  struct Route {
    std::string method;
    std::string pattern;
  };

  /// GET answers HEAD too. The same method and pattern twice is a defect of the program and ends it.
  void add(std::string_view method, std::string_view pattern, Handler handler);

  /// Calls the handler, or answers `not_found`, `method_not_allowed` (with Allow), or 204 with Allow to OPTIONS.
  void handle(ServerRequest& request, Responder responder) const;

  /// The routes in the order in which they were added.
  std::vector<Route> routes() const;
  /// The pattern that the path matches, for metrics; empty when none does.
  std::string_view pattern_of(std::string_view path) const;

 private:
  struct Method {
    std::string name;
    Handler handler;
  };
  struct Pattern {
    std::string text;
    std::vector<std::string> segments;  ///< `{name}` for a parameter
    std::vector<Method> methods;
  };

  const Pattern* match(std::string_view path, PathParameters* parameters) const;

  std::vector<Pattern> patterns_;
  /// Patterns without parameters, so that the paths most in demand are found at once.
  std::map<std::string, std::size_t, std::less<>> literal_patterns_;
  std::vector<Route> routes_;
};

/// Decodes `%hh`; with `plus_is_space` also `+`, as in a query. Code `percent_encoding_invalid`, also for a NUL and for
/// what is not UTF-8.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// A query's names and values, decoded, in order. Code `percent_encoding_invalid`.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace yizhan::http
