// Answers that several sources share. Nothing that a stranger sent goes into one without being escaped.
#pragma once

#include <optional>
#include <string_view>

#include "receive/source.h"

namespace yizhan::receive {

inline constexpr std::string_view kJsonType = "application/json; charset=utf-8";
inline constexpr std::string_view kTextType = "text/plain; charset=utf-8";

/// GET and HEAD find out whether somebody is there: 200 and a line of text, nothing on record. Other methods: empty.
std::optional<Reply> answer_probe(const Request& request);

/// Accepted, or stored before.
bool is_success(const Outcome& outcome);

/// The status that says how it ended, where the sender goes by that: 200; 401 when it is not signed as it has to be,
/// 400 for all else that is rejected; 503.
int status_of(const Outcome& outcome);

/// The error's code; `rejected` or `unavailable` where there is none.
std::string_view reason_code(const Outcome& outcome);
/// The error's sentence; never empty.
std::string_view reason_message(const Outcome& outcome);

/// The dialect of those who read text alone: `success` or `fail`, and 200, for what is rejected, too: their answer is
/// the text. 503 when it could not be stored.
Reply success_or_fail(const Outcome& outcome);

/// The dialect of senders that go by the status:
///
///   {"ok":true,"id":17,"duplicate":false}                     id: of the callback on record
///   {"ok":false,"code":"signature_mismatch","message":"…"}
Reply json_answer(const Outcome& outcome);

}  // namespace yizhan::receive
