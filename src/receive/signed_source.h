// What the sources share whose callbacks are signed in their headers over the raw body: probes are answered, the
// signature comes first, and the sender goes by the status of the answer (answers.h: json_answer()).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "receive/source.h"
#include "receive/source_path.h"
#include "verify/signing.h"

namespace yizhan::receive {

class SignedSource : public Source {
 public:
  using Verifier = std::shared_ptr<const verify::Verifier>;

  SignedSource(std::string path, Verifier verifier, Seconds tolerance = verify::MessageToVerify::kTolerance)
      : path_(std::move(path)), verifier_(std::move(verifier)), tolerance_(tolerance) {}

  Result<std::variant<Notice, Reply>> read(const Request& request) const final;
  Reply answer(const Outcome& outcome) const override;
  std::vector<std::string> paths() const final { return {path_}; }

 protected:
  /// Of a request whose signature is good.
  virtual Result<std::variant<Notice, Reply>> read_verified(const Request& request) const = 0;
  /// The notice of a body that is a JSON object with the event's type and its id, which never comes again for another
  /// event, in these members.
  static Result<std::variant<Notice, Reply>> read_event(const Request& request, std::string_view type_member,
                                                        std::string_view id_member);

 private:
  const std::string path_;
  const Verifier verifier_;
  const Seconds tolerance_;
};

/// The pattern's path and the verifier go into a new `Kind`, before `arguments`. Codes: `source_name_invalid`, those of
/// the verifier.
template <class Kind, class... Arguments>
Result<std::shared_ptr<const Source>> make_signed_source(std::string_view pattern, std::string_view name,
                                                         Result<SignedSource::Verifier> verifier,
                                                         Arguments&&... arguments) {
  auto path = source_path(pattern, name);
  if (!path) return std::unexpected(std::move(path.error()));
  if (!verifier) return std::unexpected(std::move(verifier.error()));
  return std::make_shared<Kind>(*std::move(path), *std::move(verifier), std::forward<Arguments>(arguments)...);
}

}  // namespace yizhan::receive
