#include <fmt/format.h>

#include <fstream>
#include <istream>
#include <iterator>
#include <memory>
#include <ostream>

#include "base/ids.h"
#include "base/json_scan.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/event_endpoint.h"
#include "cli/json_members.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/service_client.h"

namespace yizhan::cli {
namespace {

struct EmitOptions {
  std::string platform;
  std::string event_type;
  std::string payload;
  std::string target;
  std::string idempotency_key;
  std::string not_before;
  std::string correlation;
  std::string order_key;
  ServiceOptions service;
  bool raw = false;
};

struct Emitted {
  std::string id;
  std::string status;
  bool duplicate = false;
  std::string by;  ///< who took it
};

Result<std::string> read_payload(const Context& context, const EmitOptions& options) {
  const auto everything = [](std::istream& in) {
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  };
  if (options.payload.starts_with('@')) {
    std::ifstream file(options.payload.substr(1), std::ios::binary);
    if (!file) return fail("payload_unreadable", fmt::format("cannot read '{}'", options.payload.substr(1)));
    return everything(file);
  }
  if (!options.payload.empty() && options.payload != "-") return options.payload;
  if (options.payload.empty() && context.terminal.in_is_terminal) {
    return fail("usage_invalid", "give a payload: JSON as an argument, @FILE, or standard input");
  }
  return everything(context.terminal.in);
}

Result<void> check_payload(const std::string& payload, bool raw) {
  if (raw) return {};
  const auto read = json::read_document(payload);
  if (read) return {};
  return fail(
      "payload_invalid",
      fmt::format("the payload is not JSON: {}. Quote it for the shell; --raw takes any bytes", read.error().message));
}

Result<Emitted> emit_to_service(const ServiceClient& service, const EmitOptions& options, const std::string& payload,
                                std::optional<UtcTime> not_before) {
  JsonWriter request;
  request.begin_object().text("platform", options.platform).text("event_type", options.event_type);
  request.raw("payload", payload);
  if (!options.target.empty()) request.text("callback_target", options.target);
  if (!options.idempotency_key.empty()) request.text("idempotency_key", options.idempotency_key);
  if (not_before) request.time("not_before", *not_before);
  if (!options.correlation.empty()) request.text("correlation", options.correlation);
  if (!options.order_key.empty()) request.text("order_key", options.order_key);
  request.end_object();
  const auto answer = service.request("POST", "/api/v1/events", request.take());
  if (!answer) {
    std::string message = answer.error().message;
    if (options.idempotency_key.empty()) {
      message += " Whether it took the event is not known: with --idempotency-key a second try cannot double it.";
    }
    return fail(answer.error().code, std::move(message));
  }
  if (answer->status != 200 && answer->status != 202)
    return std::unexpected(service_error(*answer, service.base_url()));
  const auto fields = simple_members(answer->body);
  const auto id = fields.find("id");
  const auto status = fields.find("status");
  const auto duplicate = fields.find("duplicate");
  if (id == fields.end() || status == fields.end()) return std::unexpected(service_error(*answer, service.base_url()));
  Emitted emitted;
  emitted.id = id->second;
  emitted.status = status->second;
  emitted.duplicate = duplicate != fields.end() && duplicate->second == "true";
  emitted.by = "the service at " + service.base_url();
  return emitted;
}

Result<Emitted> emit_to_store(const config::Config& config, const EmitOptions& options, std::string payload,
                              std::optional<UtcTime> not_before) {
  const auto endpoint = event_endpoint(config, options.platform, options.target);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto opened = Context::open_store(config);
  if (!opened) return std::unexpected(opened.error());
  // Only a connection that writes knows the statements that take an event in.
  const auto writer = opened->factory->open_writer();
  if (!writer) return std::unexpected(writer.error());
  const UtcTime now = utc_now();
  store::NewEvent event;
  event.event.id = IdMaker().make(now);
  event.event.platform = options.platform;
  event.event.event_type = options.event_type;
  event.event.callback_target = options.target;
  event.event.payload = std::move(payload);
  event.event.correlation = options.correlation;
  if (config.find_platform(options.platform)->ordered) event.event.order_key = options.order_key;
  event.event.created_at = now;
  event.first_attempt_at = not_before.value_or(now);
  event.endpoint_key = endpoint->key;
  if (!options.idempotency_key.empty()) event.idempotency_key = options.idempotency_key;
  store::WriteBatch batch;
  batch.now = now;
  batch.accepts.push_back({{std::move(event)}});
  auto reply = (*writer)->write(batch);
  if (!reply) return std::unexpected(reply.error());
  auto& accepted = reply->accepts.front();
  if (!accepted) return std::unexpected(accepted.error());
  const store::Accepted& stored = accepted->front();
  return Emitted{stored.id, std::string(to_string(stored.status)), stored.duplicate, "the store"};
}

Result<Emitted> emit(const Context& context, const EmitOptions& options) {
  std::optional<UtcTime> not_before;
  if (!options.not_before.empty()) {
    const auto moment = parse_moment(options.not_before, utc_now(), Direction::kFuture);
    if (!moment) return fail("usage_invalid", "--not-before: " + moment.error().message);
    not_before = *moment;
  }
  auto payload = read_payload(context, options);
  if (!payload) return std::unexpected(payload.error());
  if (const auto valid = check_payload(*payload, options.raw); !valid) return std::unexpected(valid.error());
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const auto service = find_service(context, loaded->config, options.service);
  if (!service) return std::unexpected(service.error());
  if (*service && !options.raw) return emit_to_service(**service, options, *payload, not_before);
  if (!options.service.url.empty()) {
    return fail("usage_invalid", "--raw payloads go into the store directly: the API takes JSON; leave --url out");
  }
  return emit_to_store(loaded->config, options, std::move(*payload), not_before);
}

Result<ExitStatus> run(const Context& context, const EmitOptions& options) {
  const auto emitted = emit(context, options);
  if (!emitted) return std::unexpected(emitted.error());
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("id", emitted->id)
                         .text("status", emitted->status)
                         .boolean("duplicate", emitted->duplicate)
                         .text("taken_by", emitted->by)
                         .end_object()
                         .take()
                  << '\n';
  } else {
    context.out() << fmt::format("{}  {}, {}\n", emitted->id, emitted->status,
                                 emitted->duplicate ? fmt::format("handed over before; {} has it already", emitted->by)
                                                    : "taken by " + emitted->by);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_emit(Command parent, Context& context) {
  auto options = std::make_shared<EmitOptions>();
  const Command command = add_command(
      parent, "emit", "hand an event over",
      "If a service listens at the configured API address the event is posted to it, and leaves at once; otherwise, or "
      "when --store or --data-dir names a store, it is written into the store, where a service finds it within its "
      "poll "
      "interval. Either way it is durable when this command ends. Prints the event's id first, and who took it.",
      {{"yizhan emit sub2api reply.created '{\"order\":1001}'", "to the platform's base URL"},
       {"yizhan emit sub2api reply.created @reply.json --target /callback --idempotency-key order-1001",
        "to a path of it; a second try changes nothing"},
       {"jq -c . big.json | yizhan emit newapi quota.low --not-before 10m", "from standard input, in ten minutes"}});
  command.group(kRunGroup);
  command.add_option("platform", options->platform, "the platform it is for").type_name("PLATFORM").required();
  command.add_option("type", options->event_type, "the event's type").type_name("TYPE").required();
  command.add_option("payload", options->payload, "JSON, @FILE, or - for standard input (also when left out)")
      .type_name("PAYLOAD");
  command.add_option("--target", options->target, "a full URL, or a path below the platform's base URL")
      .type_name("URL");
  command.add_option("--idempotency-key", options->idempotency_key, "the same key hands the event over once only")
      .type_name("KEY");
  command.add_option("--not-before", options->not_before, "first attempt then: 10m, 2h, 2026-02-06T08:30:00Z")
      .type_name("WHEN");
  command.add_option("--correlation", options->correlation, "a text to find the event by").type_name("TEXT");
  command.add_option("--order-key", options->order_key, "events of one key go out strictly in order").type_name("KEY");
  command.add_flag("--raw", options->raw, "the payload need not be JSON: any bytes, written into the store");
  add_service_options(command, options->service, "events:write");
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli
