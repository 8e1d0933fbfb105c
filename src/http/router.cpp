#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/utf8.h"
#include "http/percent_encoding.h"
#include "http/problem.h"

namespace yizhan::http {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

/// Takes the next segment off a path that begins with `/`.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Whether `path` fits, and how many of the segments are literal.
bool fits(const std::vector<std::string>& segments, std::string_view path, std::size_t& literal) {
  literal = 0;
  for (const std::string& segment : segments) {
    if (path.empty()) return false;
    const std::string_view given = take_segment(path);
    if (is_parameter(segment)) {
      if (given.empty()) return false;
    } else if (given == segment) {
      ++literal;
    } else {
      return false;
    }
  }
  return path.empty();
}

}  // namespace

std::string_view PathParameters::operator[](std::string_view name) const {
  for (const auto& [parameter, value] : values_) {
    if (parameter == name) return value;
  }
  return {};
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  routes_.push_back({std::string(method), std::string(pattern)});
  auto known = std::ranges::find(patterns_, pattern, &Pattern::text);
  if (known == patterns_.end()) {
    Pattern added{.text = std::string(pattern), .segments = {}, .methods = {}};
    for (std::string_view rest = pattern; !rest.empty();) added.segments.emplace_back(take_segment(rest));
    if (std::ranges::none_of(added.segments, is_parameter)) literal_patterns_[added.text] = patterns_.size();
    patterns_.push_back(std::move(added));
    known = patterns_.end() - 1;
  }
  if (std::ranges::find(known->methods, method, &Method::name) != known->methods.end()) {
    throw std::logic_error(fmt::format("two handlers for {} {}", method, pattern));
  }
  known->methods.push_back({std::string(method), std::move(handler)});
}

const Router::Pattern* Router::match(std::string_view path, PathParameters* parameters) const {
  if (const auto literal = literal_patterns_.find(path); literal != literal_patterns_.end()) {
    return &patterns_[literal->second];
  }
  if (!path.starts_with('/')) return nullptr;
  const Pattern* best = nullptr;
  std::size_t most_literal = 0;
  for (const Pattern& pattern : patterns_) {
    std::size_t literal = 0;
    if (!fits(pattern.segments, path, literal)) continue;
    if (best != nullptr && literal <= most_literal) continue;
    best = &pattern;
    most_literal = literal;
  }
  if (best == nullptr || parameters == nullptr) return best;
  for (const std::string& segment : best->segments) {
    const std::string_view given = take_segment(path);
    if (!is_parameter(segment)) continue;
    auto value = percent_decode(given, false);
    if (!value) return nullptr;
    parameters->add(std::string_view(segment).substr(1, segment.size() - 2), std::move(*value));
  }
  return best;
}

void Router::handle(ServerRequest& request, Responder responder) const {
  PathParameters parameters;
  const Pattern* pattern = match(request.path, &parameters);
  if (pattern == nullptr) {
    return responder.answer(problem_response(server_problem("not_found"), "", request.path));
  }
  std::string allowed;
  const Method* get = nullptr;
  for (const Method& method : pattern->methods) {
    if (method.name == request.method) return method.handler(request, parameters, std::move(responder));
    if (method.name == "GET") get = &method;
    allowed += method.name == "GET" ? "GET, HEAD, " : method.name + ", ";
  }
  if (get != nullptr && request.method == "HEAD") return get->handler(request, parameters, std::move(responder));
  allowed += "OPTIONS";
  ServerResponse response;
  if (request.method == "OPTIONS") {
    response.status = 204;
  } else {
    response = problem_response(server_problem("method_not_allowed"),
                                fmt::format("{} is not among {}", request.method, allowed), request.path);
  }
  response.extra_header_lines = fmt::format("Allow: {}\r\n", allowed);
  responder.answer(response);
}

std::vector<Router::Route> Router::routes() const {
  return routes_;
}

std::string_view Router::pattern_of(std::string_view path) const {
  const Pattern* pattern = match(path, nullptr);
  return pattern == nullptr ? std::string_view{} : std::string_view(pattern->text);
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  auto decoded = percent_decoded_bytes(text, plus_is_space);
  if (!decoded || decoded->contains('\0')) {
    return fail("percent_encoding_invalid", fmt::format("'{}' is not percent-encoded properly", text));
  }
  if (!is_utf8(*decoded)) return fail("percent_encoding_invalid", fmt::format("'{}' is not UTF-8 when decoded", text));
  return std::move(*decoded);
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> values;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(part.substr(std::min(part.size(), equals + 1)), true);
    if (!name) return std::unexpected(std::move(name.error()));
    if (!value) return std::unexpected(std::move(value.error()));
    values.emplace_back(std::move(*name), std::move(*value));
  }
  return values;
}

}  // namespace yizhan::http
