#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "api/notification_json.h"
#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/moments.h"
#include "cli/notification_story.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "cli/table.h"
#include "store/session.h"

namespace yizhan::cli {
namespace {

struct NotificationListOptions {
  store::NotificationSelection selection;
  std::string audience;
  int limit = 50;
  bool oldest_first = false;
};

Result<store::NotificationSelection> to_selection(const NotificationListOptions& options) {
  store::NotificationSelection selection = options.selection;
  if (!selection.send_status.empty() &&
      std::ranges::find(api::kSendStatuses, selection.send_status) == api::kSendStatuses.end()) {
    return fail("usage_invalid", fmt::format("--status: '{}' is none of {}", selection.send_status,
                                             fmt::join(api::kSendStatuses, ", ")));
  }
  if (!options.audience.empty()) {
    selection.audience = store::parse_audience(options.audience);
    if (!selection.audience) {
      return fail("usage_invalid", fmt::format("--aud: '{}' is none of user, merchant, device", options.audience));
    }
  }
  return selection;
}

/// What a phone shows of it, in the order in which texts stand in for each other.
std::string_view shown_text(const store::NewNotification& notification) {
  for (const std::string* text :
       {&notification.title, &notification.event_text_safe, &notification.content, &notification.body}) {
    if (!text->empty()) return *text;
  }
  return {};
}

Result<ExitStatus> list(const Context& context, const NotificationListOptions& options) {
  const auto selection = to_selection(options);
  if (!selection) return std::unexpected(selection.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const UtcTime now = utc_now();
  Table table({{"NOTIFICATION"},
               {"TO"},
               {"RECIPIENT", Align::kLeft, true},
               {"STATUS"},
               {"AGE", Align::kRight},
               {"TEXT", Align::kLeft, true},
               {"NOTE", Align::kLeft, true}});
  const auto more = for_each_row(
      options.limit, options.oldest_first,
      [&](const store::Page& page) { return (*opened)->list_notifications(*selection, page); },
      [&](const store::NotificationView& view) {
        if (context.options.json) {
          context.out() << json_line(api::write_notification, view);
          return;
        }
        table.add_row({{view.id},
                       {store::to_string(view.notification.audience)},
                       {view.notification.recipient_id},
                       status_cell(view),
                       {short_span(now - view.created_at)},
                       {shown_text(view.notification)},
                       {note_of(view, now)}});
      });
  if (!more) return std::unexpected(more.error());
  return print_list(context, table, *more, options.oldest_first, "No notification matches.");
}

struct NotificationShowOptions {
  std::string name;
  int devices = 50;
};

std::string story_json(const NotificationStory& story) {
  JsonWriter writer;
  writer.begin_object();
  api::write_notification_members(writer, story.view);
  writer.key("devices").begin_array();
  for (const DeviceStory& device : story.devices) {
    writer.begin_object().key("delivery");
    api::write_delivery(writer, device.delivery);
    writer.key("attempts").begin_array();
    for (const store::AttemptView& attempt : device.attempts) api::write_attempt(writer, attempt);
    writer.end_array().end_object();
  }
  writer.end_array().boolean("more_devices", story.more_devices).end_object();
  return writer.take() + '\n';
}

Style outcome_style(store::DeliveryOutcome outcome) {
  switch (outcome) {
    case store::DeliveryOutcome::kDelivered:
      return Style::kGood;
    case store::DeliveryOutcome::kFailed:
      return Style::kBad;
    case store::DeliveryOutcome::kIgnored:
      return Style::kWarning;
    case store::DeliveryOutcome::kOutstanding:
      break;
  }
  return Style::kPlain;
}

std::string devices_table(const NotificationStory& story, const Terminal& terminal) {
  Table table({{"CID"},
               {"APP", Align::kLeft, true},
               {"OUTCOME"},
               {"ATTEMPTS", Align::kRight},
               {"LAST ATTEMPT (UTC)"},
               {"WHY", Align::kLeft, true},
               {"EVENT"}});
  for (const DeviceStory& device : story.devices) {
    const bool tried = !device.attempts.empty();
    table.add_row({{device.delivery.cid},
                   {device.delivery.appid},
                   {store::to_string(device.delivery.outcome), outcome_style(device.delivery.outcome)},
                   {std::to_string(device.attempts.size())},
                   {tried ? readable_time(device.attempts.back().created_at) : std::string()},
                   {device.delivery.last_error},
                   {device.delivery.event_id}});
  }
  return table.render(terminal);
}

std::string story_text(const NotificationStory& story, const Terminal& terminal, UtcTime now) {
  const store::NewNotification& notification = story.view.notification;
  std::string out;
  StoryWriter writer(terminal.width, terminal.color, out);
  writer.field("notification", story.view.id);
  writer.field("message id", notification.message_id);
  writer.field("to", fmt::format("{} {}", store::to_string(notification.audience), notification.recipient_id));
  writer.field("app", notification.appid);
  writer.field("status", status_cell(story.view).text);
  writer.field("why", story.view.last_error);
  if (story.view.targets > 0) {
    writer.field("devices",
                 fmt::format("{}: {} have it, {} failed", story.view.targets, story.view.delivered, story.view.failed));
  }
  writer.field("title", notification.title);
  writer.field("content", notification.content);
  writer.field("body", notification.body);
  writer.field("lock screen", notification.event_text_safe);
  writer.field("payload", notification.payload);
  writer.field("parcel", notification.tracking_no);
  writer.field("state", notification.status_code);
  writer.field("order", notification.order_id);
  writer.field("created", fmt::format("{} UTC, {}", readable_time(story.view.created_at),
                                      relative_time(story.view.created_at, now)));
  if (!story.devices.empty()) out += '\n' + devices_table(story, terminal);
  if (story.more_devices) writer.line("There are more; --devices N shows them.");
  writer.line();
  for (const std::string& step : next_steps(story, now)) writer.paragraph(step);
  return out;
}

Result<ExitStatus> show(const Context& context, const NotificationShowOptions& options) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto story = find_notification_story(*opened->store, options.name, options.devices);
  if (!story) return std::unexpected(story.error());
  context.out() << (context.options.json ? story_json(*story) : story_text(*story, context.terminal, utc_now()));
  return ExitStatus::kOk;
}

/// As the runbook has it by hand: devices that have it are left alone.
Result<ExitStatus> resend(const Context& context, const std::string& name) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto view = find_notification(*opened->store, name);
  if (!view) return std::unexpected(view.error());
  const bool waits = view->send_status.empty();
  if (!waits) {
    const auto set = (*opened)->transact("resend.before_commit", [&](store::Session& session) -> Result<void> {
      session.send("UPDATE express_notifications SET send_status = NULL, last_error = NULL WHERE id = $1", {view->id});
      store::send_audit(session, audit_entry(context, "notification.resend", view->id));
      return session.finish();
    });
    if (!set) return std::unexpected(set.error());
  }
  if (context.options.json) {
    context.out() << JsonWriter().begin_object().text("id", view->id).boolean("resent", !waits).end_object().take()
                  << '\n';
  } else if (waits) {
    context.out() << fmt::format("{} waits to be sent already: yizhan notifications show {}\n", view->id, view->id);
  } else {
    context.out() << fmt::format(
        "{} goes out again at the next poll: to devices that failed, and to new ones. Those that have it are left "
        "alone.\n",
        view->id);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_notifications(Command parent, Context& context) {
  const Command notifications = add_command(
      parent, "notifications", "list, show and resend notifications to phones",
      "A notification goes to every active device of a user or a merchant, or to one device; each device has "
      "its own attempts and outcome.",
      {{"yizhan notifications list --status failed", "what reached nobody"},
       {"yizhan notifications show ID", "on which phones was it shown?"}});
  notifications.group(kLookGroup);

  auto list_options = std::make_shared<NotificationListOptions>();
  const Command list_command =
      add_command(notifications, "list", "list notifications, newest first", "With --json, one object a line.",
                  {{"yizhan notifications list --tracking SF1234567890", "what was told about that parcel"},
                   {"yizhan notifications list --recipient u-1001 --status no-targets", "what this user missed"}});
  list_command.add_option("--status", list_options->selection.send_status, "only with this send_status")
      .type_name(fmt::format("{}", fmt::join(api::kSendStatuses, "|")));
  list_command.add_option("--recipient", list_options->selection.recipient_id, "only to this user, merchant or cid")
      .type_name("ID");
  list_command.add_option("--aud", list_options->audience, "only to this kind of recipient")
      .type_name("user|merchant|device");
  list_command.add_option("--tracking", list_options->selection.tracking_no, "only about this parcel")
      .type_name("NUMBER");
  list_command.add_option("--message-id", list_options->selection.message_id, "only the one with this message id")
      .type_name("ID");
  list_command.add_option("--limit", list_options->limit, "rows at most (50)").type_name("N").positive();
  list_command.add_flag("--oldest-first", list_options->oldest_first, "oldest first");
  on_run(list_command, context, [&context, list_options] { return list(context, *list_options); });

  auto show_options = std::make_shared<NotificationShowOptions>();
  const Command show_command =
      add_command(notifications, "show", "show one notification: what became of it on each device, and what to do", "",
                  {{"yizhan notifications show ID", "by its id or its message id"},
                   {"yizhan notifications show ID --json", "with every attempt, for a program"}});
  show_command.add_option("id", show_options->name, "its id or its message id").type_name("ID").required();
  show_command.add_option("--devices", show_options->devices, "devices at most (50)").type_name("N").between(1, 100000);
  on_run(show_command, context, [&context, show_options] { return show(context, *show_options); });

  auto resent = std::make_shared<std::string>();
  const Command resend_command = add_command(
      notifications, "resend", "send a notification again, to the devices that have not got it",
      "Sets its send_status to NULL, as the runbook does by hand. A device that was sent it gets it under the same "
      "request id, so that the push service shows it once.",
      {{"yizhan notifications resend ID", "when what failed is mended, or a device has registered"}});
  resend_command.add_option("id", *resent, "its id or its message id").type_name("ID").required();
  on_run(resend_command, context, [&context, resent] { return resend(context, *resent); });
}

}  // namespace yizhan::cli
