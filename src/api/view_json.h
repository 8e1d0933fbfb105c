// How events, attempts, dead letters, ledgers and endpoints look in answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/dispatching.h"
#include "base/json_writer.h"
#include "domain/ledger.h"
#include "store/store.h"

namespace yizhan::api {

std::string to_base64(std::string_view bytes);

/// The members of an event into an object that is open.
void write_event_members(JsonWriter& writer, const store::EventView& view);
/// `payload` as it is where it is JSON, `payload_base64` otherwise.
void write_payload_members(JsonWriter& writer, std::string_view payload);
void write_attempt(JsonWriter& writer, const store::AttemptView& attempt);
void write_dead_letter(JsonWriter& writer, const store::DeadLetterView& letter);
/// The counts of a line, into an object that is open.
void write_ledger_members(JsonWriter& writer, const LedgerLine& line);
void write_ledger_line(JsonWriter& writer, const LedgerLine& line, bool with_platform);
void write_endpoint(JsonWriter& writer, const EndpointState& endpoint);

}  // namespace yizhan::api
