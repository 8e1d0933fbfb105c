// Carriers' callbacks for the tests of the contract, and what became of their parcels.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "inbound_calls.h"

namespace yizhan::store::contract {

/// A step without an id of its own.
ExpressStep step(std::string tracking_no, std::string status_code, UtcTime event_time, std::string event_text = "");

/// A callback of source `carrier` under this key that tells of these steps.
ReceiveCall express(Node& node, std::string key, std::vector<ExpressStep> steps);

/// A waybill by SQL, with its number alone.
void add_waybill(Node& node, std::string_view tracking_no);

/// `status_code` and `status_time` to the second, with a blank between them; empty where nothing was heard.
std::string waybill_state(Node& node, std::string_view tracking_no);

/// Of one parcel by time: its steps' codes, `late` after those that are, `told` after those that are queued.
std::vector<std::string> tracking_events(Node& node, std::string_view tracking_no);

}  // namespace yizhan::store::contract
