#include "api/callback_json.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <ostream>
#include <ranges>

#include "cli/callback_advice.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

struct CallbackListOptions {
  std::string source;
  std::string event_type;
  std::string verdict;
  std::string reason;
  std::string key;
  std::string key_name;
  std::string since;
  std::string until;
  int limit = 50;
  bool oldest_first = false;
};

Result<store::CallbackSelection> to_selection(const CallbackListOptions& options, UtcTime now) {
  store::CallbackSelection selection;
  selection.source = options.source;
  selection.event_type = options.event_type;
  selection.reason = options.reason;
  selection.key_value = options.key;
  selection.key_name = options.key_name;
  if (!options.verdict.empty()) {
    selection.verdict = api::parse_verdict(options.verdict);
    if (!selection.verdict) {
      return fail("usage_invalid",
                  fmt::format("--verdict: '{}' is none of accepted, duplicate, rejected", options.verdict));
    }
  }
  if (!options.key_name.empty() && options.key.empty()) {
    return fail("usage_invalid", "--key-name needs --key: the value to look for");
  }
  const auto range = parse_range(options.since, options.until, now);
  if (!range) return std::unexpected(range.error());
  selection.received_from = range->from;
  selection.received_until = range->until;
  return selection;
}

Style verdict_style(const store::CallbackView& callback) {
  if (store::is_unfit(callback.effect)) return Style::kBad;
  switch (callback.verdict) {
    case store::Verdict::kAccepted:
      return Style::kGood;
    case store::Verdict::kDuplicate:
      return Style::kFaint;
    case store::Verdict::kRejected:
      break;
  }
  return Style::kWarning;
}

/// Why it was rejected, what was odd about it, or how often it was repeated.
std::string note(const store::CallbackView& view) {
  if (!view.callback.reason.empty()) return view.callback.reason;
  if (view.first_id) return fmt::format("repeats {}", *view.first_id);
  if (view.duplicate_count > 0) return fmt::format("repeated {}", counted(view.duplicate_count, "time", "times"));
  return {};
}

std::string keys_text(const std::vector<store::CallbackKey>& keys) {
  std::string text;
  for (const store::CallbackKey& key : keys)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key.name, key.value);
  return text;
}

Result<ExitStatus> list(const Context& context, const CallbackListOptions& options) {
  const UtcTime now = utc_now();
  const auto selection = to_selection(options, now);
  if (!selection) return std::unexpected(selection.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  Table table({{"ID", Align::kRight},
               {"RECEIVED (UTC)"},
               {"SOURCE", Align::kLeft, true},
               {"TYPE", Align::kLeft, true},
               {"VERDICT"},
               {"EFFECT"},
               {"ANSWER", Align::kRight},
               {"KEYS", Align::kLeft, true},
               {"NOTE", Align::kLeft, true}});
  const auto more = for_each_row(
      options.limit, options.oldest_first,
      [&](const store::Page& page) { return (*opened)->list_callbacks(*selection, page); },
      [&](const store::CallbackView& view) {
        if (context.options.json) {
          JsonWriter writer;
          writer.begin_object();
          api::write_callback_members(writer, view);
          context.out() << writer.end_object().take() << '\n';
          return;
        }
        table.add_row({{std::to_string(view.id)},
                       {readable_time(view.callback.received_at)},
                       {view.callback.source},
                       {view.callback.event_type},
                       {store::to_string(view.verdict), verdict_style(view)},
                       {view.effect == store::EffectResult::kNone ? "" : store::to_string(view.effect)},
                       {std::to_string(view.answer_status)},
                       {keys_text(view.keys)},
                       {note(view)}});
      });
  if (!more) return std::unexpected(more.error());
  return print_list(context, table, *more, options.oldest_first, "No callback on record matches.");
}

struct CallbackShowOptions {
  std::string id;
  bool raw = false;
};

Result<std::int64_t> parse_id(const std::string& text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return id;
  return fail("usage_invalid", fmt::format("'{}' is no callback's id: 'yizhan callbacks list' shows them, and --key "
                                           "finds one by what it is about",
                                           text));
}

class Sheet {
 public:
  explicit Sheet(const Context& context) : context_(context) {}

  void field(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    constexpr int kNameWidth = 16;
    out_ +=
        "  " + styled(padded_right(name, kNameWidth), Style::kFaint, context_.terminal.color) + printable(value) + '\n';
  }
  void title(std::string_view text) { out_ += '\n' + styled(text, Style::kStrong, context_.terminal.color) + '\n'; }
  void line(std::string_view text) { out_ += "  " + printable(text) + '\n'; }
  std::string take() { return std::move(out_); }

 private:
  const Context& context_;
  std::string out_;
};

std::string text_of(const store::CallbackView& view, const Context& context) {
  const store::InboundCallback& callback = view.callback;
  Sheet sheet(context);
  sheet.field("callback", std::to_string(view.id));
  sheet.field("source", callback.source);
  sheet.field("type", callback.event_type);
  sheet.field("received", fmt::format("{} UTC, {}", readable_time(callback.received_at),
                                      relative_time(callback.received_at, utc_now())));
  sheet.field("from", callback.peer);
  sheet.field("target", callback.target);
  sheet.field("verdict", store::to_string(view.verdict));
  sheet.field("reason", callback.reason);
  if (view.effect != store::EffectResult::kNone) sheet.field("effect", store::to_string(view.effect));
  sheet.field("answered", fmt::format("{}, stored after {}", view.answer_status, readable_span(callback.duration)));
  sheet.field("idempotency key", callback.idempotency_key);
  if (view.first_id) sheet.field("repeats", std::to_string(*view.first_id));
  if (view.duplicate_count > 0) sheet.field("repeated", counted(view.duplicate_count, "time", "times"));
  for (const store::CallbackKey& key : view.keys) sheet.field(key.name, key.value);
  for (const std::string& id : view.event_ids) sheet.field("caused event", id);
  if (const std::string step = callback_advice(view); !step.empty()) {
    sheet.title("What to do");
    sheet.line(step);
  }
  sheet.title("Headers");
  for (const auto part : callback.headers | std::views::split('\n')) {
    const std::string_view header(part.begin(), part.end());
    if (!header.empty()) sheet.line(header.ends_with('\r') ? header.substr(0, header.size() - 1) : header);
  }
  const auto kept = static_cast<std::int64_t>(callback.body.size());
  sheet.title(fmt::format("Body, {}{}", readable_bytes(static_cast<std::size_t>(callback.body_size)),
                          view.removed_bytes          ? ", removed by retention"
                          : kept < callback.body_size ? ", its beginning"
                                                      : ""));
  sheet.line(callback.body);
  return sheet.take();
}

Result<ExitStatus> show(const Context& context, const CallbackShowOptions& options) {
  const auto id = parse_id(options.id);
  if (!id) return std::unexpected(id.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto found = (*opened)->find_callback(*id, true);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    return fail(
        "callback_not_found",
        fmt::format("there is no callback {}: 'yizhan callbacks list --key VALUE' finds one by what it is about", *id));
  }
  if (options.raw) {
    context.out() << (*found)->callback.body;
  } else if (context.options.json) {
    JsonWriter writer;
    writer.begin_object();
    api::write_callback_members(writer, **found);
    api::write_callback_content(writer, **found);
    context.out() << writer.end_object().take() << '\n';
  } else {
    context.out() << text_of(**found, context);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_callbacks(Command parent, Context& context) {
  const Command callbacks = add_command(
      parent, "callbacks", "list the callbacks that were received, or show one",
      "Every callback is on record: accepted, repeated or rejected, with who sent it, why, and what it caused.",
      {{"yizhan callbacks list --key 4200001234202602061234567890", "what came about that transaction"},
       {"yizhan callbacks list --verdict rejected --since 2h", "what was refused in the last two hours, and why"},
       {"yizhan callbacks show 1204", "one with its headers and its body"}});
  callbacks.group(kLookGroup);

  auto list_options = std::make_shared<CallbackListOptions>();
  const Command list_command =
      add_command(callbacks, "list", "list callbacks, newest first",
                  "--key finds by any number that a callback is about: transaction id, out_trade_no, tracking number, "
                  "message id, delivery id, refund number, or its idempotency key. With --json, one object a line.",
                  {{"yizhan callbacks list --source wxpay", "the newest 50 of one source"},
                   {"yizhan callbacks list --key T20260206-1", "whatever came about that order"},
                   {"yizhan callbacks list --key SF1234567890 --key-name tracking_no --json",
                    "by one kind of number only, for a program"}});
  list_command.add_option("--source", list_options->source, "only of this source").type_name("NAME");
  list_command.add_option("--type", list_options->event_type, "only of this event type").type_name("TYPE");
  list_command.add_option("--verdict", list_options->verdict, "only with this verdict")
      .type_name("accepted|duplicate|rejected");
  list_command.add_option("--reason", list_options->reason, "only with this reason, such as signature_mismatch")
      .type_name("CODE");
  list_command.add_option("--key", list_options->key, "only about this number").type_name("VALUE");
  list_command.add_option("--key-name", list_options->key_name, "which kind of number --key is")
      .type_name("transaction_id|out_trade_no|tracking_no|message_id|delivery_id|refund_no|notify_id");
  list_command
      .add_option("--since", list_options->since, "only received since: 15m, 2h, 7d, 2026-02-06, 2026-02-06T08:30:00Z")
      .type_name("WHEN");
  list_command.add_option("--until", list_options->until, "only received before").type_name("WHEN");
  list_command.add_option("--limit", list_options->limit, "rows at most (50)").type_name("N").positive();
  list_command.add_flag("--oldest-first", list_options->oldest_first, "oldest first");
  on_run(list_command, context, [&context, list_options] { return list(context, *list_options); });

  auto show_options = std::make_shared<CallbackShowOptions>();
  const Command show_command =
      add_command(callbacks, "show", "show one callback: verdict, effect, events, headers, body",
                  "Secrets in its headers and its query were never stored. --raw writes the body's bytes alone.",
                  {{"yizhan callbacks show 1204", "everything that is known of it"},
                   {"yizhan callbacks show 1204 --raw > notice.xml", "its body as it came in"}});
  show_command.add_option("id", show_options->id, "the callback's id").type_name("ID").required();
  show_command.add_flag("--raw", show_options->raw, "the body alone, byte for byte");
  on_run(show_command, context, [&context, show_options] { return show(context, *show_options); });
}

}  // namespace yizhan::cli
