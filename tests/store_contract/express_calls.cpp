#include "express_calls.h"

namespace yizhan::store::contract {

ExpressStep step(std::string tracking_no, std::string status_code, UtcTime event_time, std::string event_text) {
  return {.tracking_no = std::move(tracking_no),
          .status_code = status_code,
          .received_code = std::move(status_code),
          .event_time = event_time,
          .event_text = std::move(event_text),
          .location = {},
          .carrier_code = "SF",
          .event_id = {}};
}

ReceiveCall express(Node& node, std::string key, std::vector<ExpressStep> steps) {
  ReceiveCall call = callback(node, std::move(key));
  call.callback.source = "carrier";
  call.callback.event_type = "express.status";
  if (!steps.empty()) call.keys = {{"tracking_no", steps.front().tracking_no}};
  call.effect = ExpressEffect{std::move(steps)};
  return call;
}

void add_waybill(Node& node, std::string_view tracking_no) {
  node.sql("INSERT INTO platform_express_waybills (tracking_no) VALUES ('" + std::string(tracking_no) + "')");
}

std::string waybill_state(Node& node, std::string_view tracking_no) {
  const auto rows = node.sql("SELECT status_code, status_time FROM platform_express_waybills WHERE tracking_no = '" +
                             std::string(tracking_no) + "'")
                        .rows;
  if (rows.empty() || !rows[0][0]) return "";
  return *rows[0][0] + ' ' + rows[0][1].value_or("").substr(0, 19);
}

std::vector<std::string> tracking_events(Node& node, std::string_view tracking_no) {
  const auto rows = node.sql(
                            "SELECT e.status_code, CASE WHEN e.is_late THEN ' late' ELSE '' END, "
                            "(SELECT count(*) FROM notify_queue AS q WHERE q.tracking_event_id = e.id) "
                            "FROM platform_express_tracking_events AS e WHERE e.tracking_no = '" +
                            std::string(tracking_no) + "' ORDER BY e.event_time, e.event_key")
                        .rows;
  std::vector<std::string> events;
  for (const auto& row : rows) {
    events.push_back(*row[0] + *row[1]);
    if (*row[2] != "0") events.back() += *row[2] == "1" ? " told" : " told " + *row[2] + " times";
  }
  return events;
}

}  // namespace yizhan::store::contract
