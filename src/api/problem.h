// Every error that the API answers, in one table: the documentation and `GET /api/v1/problems` are made from it.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/problem.h"

namespace yizhan::api {

/// The API's own problems followed by the server's, by status and code.
std::vector<http::Problem> all_problems();

/// The problem of a code; `internal_error` for one that is not in the table.
const http::Problem& problem_of(std::string_view code);

/// The answer to an error. An error whose code is not in the table is a defect: it is logged and its text is kept back.
/// Those of status 503 say Retry-After, those of status 401 WWW-Authenticate.
http::ServerResponse answer_error(const Error& error, std::string_view path);

}  // namespace yizhan::api
