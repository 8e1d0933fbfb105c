#include "receive/signed_source.h"

#include "receive/answers.h"
#include "receive/verify_request.h"

namespace yizhan::receive {

Result<std::variant<Notice, Reply>> SignedSource::read(const Request& request) const {
  if (auto reply = answer_probe(request)) return *std::move(reply);
  if (auto good = verify_request(*verifier_, request, tolerance_); !good) {
    return std::unexpected(std::move(good.error()));
  }
  return read_verified(request);
}

Reply SignedSource::answer(const Outcome& outcome) const {
  return json_answer(outcome);
}

}  // namespace yizhan::receive
