// Errors over HTTP: application/problem+json (RFC 9457) with a stable code, written in one way by the server, the
// router and everything that stands on them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/server.h"

namespace yizhan::http {

/// One kind of error. Programs compare `code`; documentation is made from the tables that list them.
struct Problem {
  int status;
  std::string_view code;
  std::string_view title;   ///< the same for every occurrence
  std::string_view advice;  ///< for the documentation: when it happens and what to do
};

/// What the server and the router themselves answer.
std::span<const Problem> server_problems();
/// One of them; the code must be in the table.
const Problem& server_problem(std::string_view code);

/// `{"type","title","status","code","detail","instance"}`. `detail` is about this occurrence, `instance` the path of
/// the request; both may be empty and are then left out.
ServerResponse problem_response(const Problem& problem, std::string_view detail, std::string_view instance = {});

}  // namespace yizhan::http
