// A source: who sends callbacks to us, and how its callbacks are checked, read and answered. START HERE to add one: a
// file that implements Source, a line in the table of sources (sources.h), and nothing else.
//
//   request ─▶ Receiver (limits, which source) ─▶ Source::read: verify on the raw bytes, read what is needed
//                                                   │ Notice                          │ error: rejected, on record
//                                                   ▼                                 ▼
//                        Routes: who gets it ─▶ GroupCommit::receive ─▶ Source::answer in its own dialect
//
// A source is immutable and knows no store, no clock and no network: read() and answer() are functions of their
// arguments. Everything runs on the I/O thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

namespace yizhan::receive {

struct Request {
  const http::ServerRequest& http;         ///< method, headers, query, raw body
  const http::PathParameters& parameters;  ///< `account` and whatever else its pattern has
  UtcTime now{};
};

/// An event that a callback causes for a platform of the source's own, beside what routes say.
struct CausedEvent {
  std::string event_type;  ///< `payment.succeeded`, `message.received`
  std::string payload;
};

/// What a source made of a request whose signature is good.
struct Notice {
  std::string event_type;       ///< as the source calls it: `TRANSACTION.SUCCESS`, `push`, `express.status`
  std::string idempotency_key;  ///< never empty; the same for every repetition, at most 255 bytes
  std::vector<store::CallbackKey> keys;
  store::Effect effect;
  /// Goes to the source's platform (SourceOptions::platform) when the effect is applied; without an effect, always.
  std::optional<CausedEvent> caused;
  /// What routes pass on where it is not the raw body: decrypted, or made JSON out of a form or of XML.
  std::optional<std::string> clear_body;
  std::string result_code;  ///< `SUCCESS`, `TRADE_FINISHED`, a carrier's state; for the log
  std::string reason;       ///< odd, though it is accepted: `signature_invalid_let_through`
};

/// What goes back at once, with nothing to put on record: probes and challenges.
struct Reply {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";  ///< of static storage
  std::string body{};
  std::string extra_header_lines{};  ///< each `Name: value\r\n`
};

/// How it ended, for the answer.
struct Outcome {
  enum class Kind {
    kAccepted,
    kDuplicate,    ///< answered like kAccepted by every source that repeats until it hears success
    kRejected,     ///< `error` says why; also an unfit effect that is to be sent again
    kUnavailable,  ///< not stored, or not in time: the source has to send it again
  };
  Kind kind = Kind::kAccepted;
  const Error* error = nullptr;               ///< of kRejected and kUnavailable; its message is fit for strangers
  const Notice* notice = nullptr;             ///< null where it could not be read
  const store::Received* received = nullptr;  ///< of kAccepted and kDuplicate
  UtcTime now{};
  /// What is answered, for a source that hears two dialects; its body may have been moved from. Null: not known.
  const http::ServerRequest* request = nullptr;
};

class Source {
 public:
  virtual ~Source() = default;

  /// Verifies and reads. An error rejects the callback; its code is the reason on record: those of verify/signing.h,
  /// `json_invalid`, `xml_invalid`, `form_invalid`, `field_missing`, `field_invalid`, and the source's own.
  virtual Result<std::variant<Notice, Reply>> read(const Request& request) const = 0;

  /// In the source's dialect: what it takes as success, what makes it send again. The status depends on the kind
  /// (and on the error's code) alone, so that it is known before the callback is stored: the receiver asks for it once,
  /// with an empty notice. The notice has handed on its bodies (`caused`, `clear_body`) by now.
  virtual Reply answer(const Outcome& outcome) const = 0;

  /// Where it listens, as patterns of the router: `/notify/wxpay/{account}` with the account put in.
  virtual std::vector<std::string> paths() const = 0;

  /// Headers whose values never go on record: tokens, signatures that could be replayed are kept, secrets are not.
  virtual std::vector<std::string> secret_headers() const { return {}; }
  /// The sender gives up waiting after this; an answer that would come later is kUnavailable.
  virtual Milliseconds answer_within() const { return Milliseconds{9000}; }
};

/// What holds for a source whatever its kind. What is the kind's own is in its file.
struct SourceOptions {
  std::string name;          ///< as configured; on record with every callback
  std::string platform;      ///< gets the events that its callbacks cause; empty: none are made
  bool reject_unfit = true;  ///< an unknown order or a wrong amount is answered with failure, to be sent again
  double rate = 0;           ///< callbacks a second that are taken; 0: no limit
  double burst = 0;          ///< at once, above the rate
};

}  // namespace yizhan::receive
