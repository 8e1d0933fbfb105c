#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "api/notification_json.h"
#include "base/ids.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json_output.h"
#include "cli/notification_story.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

/// How often the store is asked what has become of it.
constexpr Milliseconds kTestLook{200};

struct PushTestOptions {
  std::string cid;
  std::string appid;
  std::string title = "Yizhan";
  std::string content;
  bool wait = false;
  int timeout_seconds = 60;
};

/// As the API would read it, with its limits.
Result<store::NewNotification> make_notification(const PushTestOptions& options, UtcTime now) {
  const std::string content = options.content.empty() ? "Test " + readable_clock(now) : options.content;
  auto made = api::read_new_notification(JsonWriter()
                                             .begin_object()
                                             .text("aud", "device")
                                             .text("recipient_id", options.cid)
                                             .text("appid", options.appid)
                                             .text("title", options.title)
                                             .text("content", content)
                                             .end_object()
                                             .take(),
                                         "push-test:" + IdMaker().make(now));
  if (!made) return fail("usage_invalid", made.error().message);
  return std::move(made->notifications.front());
}

bool is_settled(const store::NotificationView& view) {
  return view.send_status == "success" || view.send_status == "failed" || view.send_status == "no-targets";
}

/// Its story when it is settled, or when time is up.
Result<NotificationStory> await_outcome(store::Store& store, const std::string& id, Seconds patience,
                                        InterruptWatch& watch) {
  const SteadyTime until = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto story = find_notification_story(store, id, 1);
    if (!story || is_settled(story->view) || std::chrono::steady_clock::now() >= until) return story;
    if (watch.wait(kTestLook))
      return fail("interrupted", fmt::format("interrupted; it is still sent: yizhan notifications "
                                             "show {}",
                                             id));
  }
}

store::DeliveryOutcome outcome_of(const NotificationStory& story) {
  return story.devices.empty() ? store::DeliveryOutcome::kOutstanding : story.devices.front().delivery.outcome;
}

std::string last_class(const NotificationStory& story) {
  if (story.devices.empty() || story.devices.front().attempts.empty()) return {};
  return story.devices.front().attempts.back().error_class;
}

ExitStatus print_json(const Context& context, const NotificationStory& story) {
  JsonWriter writer;
  writer.begin_object().text("id", story.view.id).text_or_null("send_status", story.view.send_status);
  writer.text("outcome", store::to_string(outcome_of(story))).text_or_null("error_class", last_class(story));
  writer.text_or_null("last_error",
                      story.devices.empty() ? story.view.last_error : story.devices.front().delivery.last_error);
  writer.text_or_null("mend", story.devices.empty() ? "" : advice_for(story.devices.front()));
  writer.number("attempts", story.devices.empty() ? 0 : std::ssize(story.devices.front().attempts)).end_object();
  context.out() << writer.take() << '\n';
  return outcome_of(story) == store::DeliveryOutcome::kDelivered ? ExitStatus::kOk : ExitStatus::kFailed;
}

void print_failure(const Context& context, const NotificationStory& story, std::string_view verdict) {
  const DeviceStory& device = story.devices.front();
  const std::string error_class = last_class(story);
  context.out() << styled(verdict, Style::kBad, context.terminal.color)
                << (error_class.empty() ? "" : fmt::format(" [{}]", error_class)) << '\n';
  if (!device.delivery.last_error.empty()) context.out() << device.delivery.last_error << '\n';
  if (const std::string mend = advice_for(device); mend != device.delivery.last_error) context.out() << mend << '\n';
}

ExitStatus print_outcome(const Context& context, const NotificationStory& story) {
  const auto outcome = outcome_of(story);
  if (outcome == store::DeliveryOutcome::kDelivered) {
    const auto& attempts = story.devices.front().attempts;
    context.out() << styled("Delivered", Style::kGood, context.terminal.color)
                  << fmt::format(
                         " to the push service, at attempt {}.\nIf the phone shows nothing: are its "
                         "notifications allowed, and does the app show them while it is in front?\n",
                         attempts.size());
    return ExitStatus::kOk;
  }
  if (outcome == store::DeliveryOutcome::kIgnored) {
    print_failure(context, story, "Ignored: the push service took it and will not show it");
  } else if (outcome == store::DeliveryOutcome::kFailed) {
    print_failure(context, story, "Failed");
  } else if (!story.devices.empty() && !story.devices.front().attempts.empty()) {
    print_failure(context, story, "Not delivered yet; it is tried again");
  } else {
    context.out() << styled("Not sent yet.", Style::kWarning, context.terminal.color) << '\n';
    for (const std::string& step : next_steps(story, utc_now())) context.out() << step << '\n';
    context.out() << "Does a service run on this store ('yizhan status'), with the role push and a push service "
                     "configured?\n";
  }
  context.out() << fmt::format("Look again: yizhan notifications show {}\n", story.view.id);
  return ExitStatus::kFailed;
}

Result<ExitStatus> run(const Context& context, const PushTestOptions& options) {
  const UtcTime now = utc_now();
  const auto notification = make_notification(options, now);
  if (!notification) return std::unexpected(notification.error());
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  if (loaded->config.push.channel == config::PushChannel::kNone) {
    context.terminal.err
        << "yizhan: warning: this configuration names no push service: set CLOUD_FUNC_URL, or push.getui_* "
           "('yizhan config docs' explains)\n"
        << std::flush;
  }
  const auto opened = Context::open_store(loaded->config);
  if (!opened) return std::unexpected(opened.error());
  InterruptWatch watch;
  const auto added = (*opened)->add_notification(*notification, now);
  if (!added) return std::unexpected(added.error());
  if (!options.wait) {
    if (context.options.json) {
      context.out() << json_line(api::write_notification, added->view);
    } else {
      context.out() << fmt::format("{}  waits to be sent\nWhat becomes of it: yizhan notifications show {}\n",
                                   added->view.id, added->view.id);
    }
    return ExitStatus::kOk;
  }
  const auto story = await_outcome(*opened->store, added->view.id, Seconds{options.timeout_seconds}, watch);
  if (!story) return std::unexpected(story.error());
  return context.options.json ? print_json(context, *story) : print_outcome(context, *story);
}

}  // namespace

void add_push_test(Command parent, Context& context) {
  auto options = std::make_shared<PushTestOptions>();
  const Command command = add_command(
      parent, "push-test", "send a test notification to one phone, and say what came of it",
      "The device need not be registered. The running service sends it. With --wait the exit status is 0 when the push "
      "service took it for a device that is there, and 1 otherwise, with the reason and what mends it.",
      {{"yizhan push-test CID --wait", "does push work, all the way?"},
       {"yizhan push-test CID --title '包裹已到' --content '请到 3 号柜取件' --wait", "with texts of your own"}});
  command.group(kRunGroup);
  command.add_option("cid", options->cid, "as the push service calls the phone").type_name("CID").required();
  command.add_option("--appid", options->appid, "of which app (default)").type_name("APP");
  command.add_option("--title", options->title, "its title").type_name("TEXT");
  command.add_option("--content", options->content, "its text").type_name("TEXT");
  command.add_flag("--wait", options->wait, "wait for the outcome");
  command.add_option("--timeout", options->timeout_seconds, "wait at most so many seconds (60)")
      .type_name("SECONDS")
      .between(1, 86400);
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli
