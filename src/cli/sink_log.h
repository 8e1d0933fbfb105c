// What the sink makes of the callbacks it receives: who sent them, whether their signatures hold, how often each event
// came, and how that is printed and recorded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/sink_server.h"
#include "cli/terminal.h"
#include "verify/signing.h"

namespace yizhan::cli {

/// One way in which callbacks may be signed.
struct NamedVerifier {
  std::string name;  ///< of the platform; may be empty
  std::shared_ptr<const verify::Verifier> verifier;
};

struct SinkOptions {
  std::vector<NamedVerifier> verifiers;  ///< none: signatures are not checked
  SinkBehaviour default_behaviour;       ///< for paths that name none
  std::string event_id_header;           ///< empty: `webhook-id`, `X-Yizhan-Event-Id`, `X-Event-Id`, whichever is there
  std::string event_type_header;         ///< empty: `X-Yizhan-Event-Type`, else `type` of a JSON body
};

/// One callback, told.
struct SinkEntry {
  SinkRequest request;
  std::string event_id;  ///< empty when no header carried one
  std::string event_type;
  int attempt = 0;  ///< how often this event came, this time included; 0 without an id
  enum class Signature { kUnchecked, kValid, kInvalid } signature = Signature::kUnchecked;
  std::string signature_detail;  ///< which platform's, or why not
  std::string signature_code;    ///< of the error; empty when valid
  std::string answer;            ///< `200`, `hang`, …
};

class SinkJudge {
 public:
  explicit SinkJudge(SinkOptions options) : options_(std::move(options)) {}

  /// Fills everything in and decides the answer.
  SinkAnswer judge(SinkEntry& entry);

  std::int64_t callbacks() const { return callbacks_; }
  std::int64_t answered_well() const { return answered_well_; }
  std::int64_t invalid_signatures() const { return invalid_signatures_; }

 private:
  void check_signature(SinkEntry& entry) const;

  SinkOptions options_;
  std::map<std::string, int, std::less<>> attempts_;  ///< by event id
  std::int64_t callbacks_ = 0;
  std::int64_t answered_well_ = 0;
  std::int64_t invalid_signatures_ = 0;
};

/// One line for people, without '\n'.
std::string sink_line(const SinkEntry& entry, bool color);
/// One JSON object; `with_content` adds headers and the body, in base64.
std::string sink_json(const SinkEntry& entry, bool with_content);

}  // namespace yizhan::cli
