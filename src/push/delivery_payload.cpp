#include <algorithm>
#include <array>

#include "base/json_scan.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "push/fan_out.h"

namespace yizhan::push {
namespace {

constexpr std::string_view kEllipsis = "\xe2\x80\xa6";  // …

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// What is nothing but blanks is as good as empty: phones do not show it.
std::string_view first_with_text(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    if (const std::string_view found = trimmed(text); !found.empty()) return found;
  }
  return {};
}

/// The limits are checked by JavaScript and Java, whose characters are units of UTF-16: one beyond U+FFFF counts twice.
/// A byte that is not UTF-8 will be written as U+FFFD.
struct Character {
  std::size_t bytes;
  std::size_t units;
};
Character first_character(std::string_view text) {
  const std::size_t length = utf8_sequence_length(text);
  return {std::max<std::size_t>(length, 1), length == 4 ? 2U : 1U};
}

/// `text` in fewer than `limit` characters.
std::string cut(std::string_view text, std::size_t limit) {
  const std::size_t most = std::max<std::size_t>(limit, 2) - 1;
  std::size_t units = 0;
  std::size_t end = 0;          // of what fits whole
  std::size_t end_of_head = 0;  // of what fits with the ellipsis behind it
  while (end < text.size()) {
    const Character next = first_character(text.substr(end));
    if (units + next.units > most) return std::string(trimmed(text.substr(0, end_of_head))).append(kEllipsis);
    units += next.units;
    end += next.bytes;
    if (units < most) end_of_head = end;
  }
  return std::string(text);
}

/// For the app, as JSON: an object or another value as it stands, a plain text as a string. One that is too long would
/// lose its meaning if it were cut, so the app gets the id to ask for it by.
std::string app_payload(const store::DueNotification& due, std::size_t limit) {
  const std::string_view given = trimmed(due.notification.payload);
  if (given.empty()) return "{}";
  const auto document = json::read_document(given);
  std::string payload = document ? std::string(document->text) : JsonWriter().text(given).take();
  if (payload.size() < limit) return payload;
  return JsonWriter().begin_object().text("notification_id", due.id).end_object().take();
}

}  // namespace

std::string delivery_payload(const store::DueNotification& due, const store::TargetDevice& device,
                             const TextLimits& limits) {
  const store::NewNotification& notification = due.notification;
  const std::string content =
      cut(first_with_text({notification.content, notification.body, notification.title, notification.event_text_safe}),
          limits.content);
  const std::string title =
      cut(first_with_text({notification.title, notification.event_text_safe, notification.content, notification.body}),
          limits.title);

  return JsonWriter()
      .begin_object()
      .text("cid", device.cid)
      .text("appid", device.appid)
      .text("title", title)
      .text("content", content)
      .text("notification_id", due.id)
      .text("message_id", notification.message_id)
      .raw("payload", app_payload(due, limits.payload))
      .end_object()
      .take();
}

}  // namespace yizhan::push
