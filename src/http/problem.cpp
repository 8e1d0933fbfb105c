#include "http/problem.h"

#include <fmt/format.h>

#include <array>

#include "base/json_writer.h"

namespace yizhan::http {
namespace {

constexpr std::array kServerProblems{
    Problem{400, "request_malformed", "The request is not proper HTTP/1.1",
            "The connection is closed. Whoever wrote the request, or something between, does not keep to RFC 9112."},
    Problem{404, "not_found", "Nothing is served under this path", "Look the path up in /api/v1/openapi.json."},
    Problem{405, "method_not_allowed", "The path exists, but not for this method",
            "The header Allow lists the methods that it has."},
    Problem{408, "request_timeout", "The request did not arrive in time",
            "Send the head within 10 s and the body within 30 s, or raise the limits."},
    Problem{413, "body_too_large", "The request's body is larger than this server accepts",
            "Send fewer events at once; the limit is 1 MiB unless configured otherwise."},
    Problem{414, "target_too_long", "The request's path and query are too long", "The limit is 8 KiB."},
    Problem{417, "expectation_unknown", "Only 'Expect: 100-continue' is understood", "Leave the header Expect out."},
    Problem{431, "head_too_large", "The request's head is too large", "The limits are 16 KiB and 100 fields."},
    Problem{500, "internal_error", "The request was not answered", "A defect: the service's log has the details."},
    Problem{501, "transfer_coding_unsupported", "Only the transfer coding 'chunked' is understood",
            "Send the body without compressing it on the way."},
    Problem{503, "connection_limit", "Too many connections are open", "Try again later, and keep connections open."},
    Problem{503, "memory_limit", "More is coming in than there is memory for",
            "Try again later. What is small, as callbacks are, is still taken."},
    Problem{505, "version_unsupported", "Only HTTP/1.1 and HTTP/1.0 are spoken here", "Use HTTP/1.1."},
};

}  // namespace

std::span<const Problem> server_problems() {
  return kServerProblems;
}

const Problem& server_problem(std::string_view code) {
  for (const Problem& problem : kServerProblems) {
    if (problem.code == code) return problem;
  }
  return server_problem("internal_error");
}

ServerResponse problem_response(const Problem& problem, std::string_view detail, std::string_view instance) {
  ServerResponse response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  JsonWriter body;
  body.begin_object().text("type", fmt::format("urn:yizhan:problem:{}", problem.code)).text("title", problem.title);
  body.number("status", problem.status).text("code", problem.code);
  if (!detail.empty()) body.text("detail", detail);
  if (!instance.empty()) body.text("instance", instance);
  response.body = body.end_object().take() + '\n';
  return response;
}

}  // namespace yizhan::http
