#include "cli/trace_bundle.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "api/callback_json.h"
#include "api/device_json.h"
#include "api/notification_json.h"
#include "api/order_json.h"
#include "api/waybill_json.h"
#include "base/version.h"
#include "cli/event_endpoint.h"
#include "cli/event_story.h"
#include "cli/shell_quoted.h"
#include "config/names.h"
#include "verify/digest.h"

namespace yizhan::cli {
namespace {

template <class Rows, class Write>
void write_rows(JsonWriter& writer, std::string_view name, const Rows& rows, Write write) {
  writer.key(name).begin_array();
  for (const auto& row : rows) write(row);
  writer.end_array();
}

void write_trace(JsonWriter& writer, const TraceStory& story, UtcTime now) {
  writer.begin_object().text("key", story.key);
  write_rows(writer, "found_as", story.found_as, [&](const std::string& name) { writer.text(name); });
  write_rows(writer, "callbacks", story.callbacks, [&](const store::CallbackView& callback) {
    writer.begin_object();
    api::write_callback_members(writer, callback);
    writer.end_object();
  });
  write_rows(writer, "orders", story.orders, [&](const store::PayOrder& order) { api::write_order(writer, order); });
  write_rows(writer, "parcels", story.parcels,
             [&](const store::WaybillView& parcel) { api::write_waybill(writer, parcel); });
  write_rows(writer, "notifications", story.notifications, [&](const TracedNotification& notification) {
    writer.begin_object();
    api::write_notification_members(writer, notification.view);
    write_rows(writer, "deliveries", notification.deliveries,
               [&](const store::DeliveryView& delivery) { api::write_delivery(writer, delivery); });
    writer.end_object();
  });
  write_rows(writer, "devices", story.devices, [&](const store::Device& device) { api::write_device(writer, device); });
  write_rows(writer, "events", story.events, [&](const EventStory& event) { write_story(writer, event, now); });
  writer.boolean("cut", story.cut);
  write_rows(writer, "next_steps", next_steps(story, now), [&](const std::string& step) { writer.text(step); });
  writer.end_object();
}

/// What stands for a text that is left out: enough to tell whether two are the same.
std::string left_out(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  if (text.empty()) return {};
  return fmt::format("({} bytes left out, SHA-256 {}…)", text.size(), verify::sha256_hex(text).substr(0, kDigits));
}

void leave_out(std::string& text) {
  text = left_out(text);
}

TraceStory redacted(TraceStory story) {
  for (EventStory& event : story.events) {
    event.event.event.payload = fmt::format(R"("{}")", left_out(event.event.event.payload));  // JSON, as most are
    for (store::AttemptView& attempt : event.attempts) leave_out(attempt.response_body);
  }
  for (TracedNotification& notification : story.notifications) {
    store::NewNotification& texts = notification.view.notification;
    for (std::string* text : {&texts.title, &texts.body, &texts.content, &texts.event_text_safe, &texts.payload}) {
      leave_out(*text);
    }
  }
  return story;
}

std::string curl_line(const store::Event& event, const config::Config& config) {
  const config::Platform* platform = config.find_platform(event.platform);
  const auto endpoint = event_endpoint(config, event.platform, event.callback_target);
  if (platform == nullptr || !endpoint) return {};
  std::string line = fmt::format("curl -sS -i -X POST {} -H {}", shell_quoted(endpoint->url),
                                 shell_quoted("Content-Type: " + platform->content_type));
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!name.empty() && !value.empty()) line += " -H " + shell_quoted(fmt::format("{}: {}", name, value));
  };
  add(platform->event_id_header, event.id);
  add(platform->event_type_header, event.event_type);
  return line + fmt::format(" --data-binary @{}.payload", event.id);
}

}  // namespace

std::string trace_json(const TraceStory& story, UtcTime now) {
  JsonWriter writer;
  write_trace(writer, story, now);
  return writer.take() + '\n';
}

Result<void> write_bundle(const std::string& path, const TraceStory& story, UtcTime now, const config::Config& config) {
  JsonWriter writer;
  writer.begin_object().text("yizhan", version()).time("written_at", now);
  writer.key("trace");
  write_trace(writer, redacted(story), now);
  writer.key("reproduce").begin_array();
  for (const EventStory& event : story.events) {
    const std::string command = curl_line(event.event.event, config);
    if (command.empty()) continue;
    writer.begin_object().text("event", event.event.event.id);
    writer.text("payload",
                fmt::format("yizhan --json events show {0} | jq -c .payload > {0}.payload", event.event.event.id));
    writer.text("signing", config::name_of(config.find_platform(event.event.event.platform)->signing.scheme));
    writer.text("command", command).text("or", "yizhan replay " + event.event.event.id).end_object();
  }
  writer.end_array().end_object();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << writer.take() << '\n';
  file.close();
  if (!file) return fail("file_not_written", fmt::format("could not write {}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace yizhan::cli
