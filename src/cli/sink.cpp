#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fstream>
#include <memory>
#include <ostream>

#include "app/platforms.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/readable.h"
#include "cli/sink_log.h"
#include "cli/sink_server.h"

namespace yizhan::cli {
namespace {

struct SinkCommandOptions {
  std::string listen = "127.0.0.1:0";
  std::string scheme;
  std::vector<std::string> secrets;
  std::vector<std::string> platforms;
  std::string behaviour = "/ok";
  std::string record_file;
  std::string event_id_header;
  std::string event_type_header;
  std::int64_t exit_after = 0;
};

Result<NamedVerifier> make_named_verifier(std::string name, const verify::SigningOptions& signing) {
  auto verifier = verify::make_verifier(signing);
  if (!verifier) return std::unexpected(verifier.error());
  return NamedVerifier{std::move(name), std::move(*verifier)};
}

Result<std::vector<NamedVerifier>> make_verifiers(const Context& context, const SinkCommandOptions& options) {
  std::vector<NamedVerifier> verifiers;
  if (!options.scheme.empty()) {
    const auto scheme = parse_signing_scheme(options.scheme);
    if (!scheme) {
      return fail("usage_invalid",
                  fmt::format("--scheme: there is no scheme '{}': see 'yizhan sink --help'", options.scheme));
    }
    verify::SigningOptions signing;
    signing.scheme = *scheme;
    signing.secrets = options.secrets;
    if (const std::string_view secret = context.variable("YIZHAN_SINK_SECRET");
        signing.secrets.empty() && !secret.empty()) {
      signing.secrets.emplace_back(secret);
    }
    auto verifier = make_named_verifier("", signing);
    if (!verifier) return std::unexpected(verifier.error());
    verifiers.push_back(std::move(*verifier));
  } else if (!options.secrets.empty()) {
    return fail("usage_invalid", "--secret needs --scheme: how is it used?");
  }
  if (options.platforms.empty()) return verifiers;
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  for (const std::string& name : options.platforms) {
    const config::Platform* platform = loaded->config.find_platform(name);
    if (platform == nullptr) {
      return fail("usage_invalid", fmt::format("--platform: '{}' is not configured: see 'yizhan config show'", name));
    }
    auto verifier = make_named_verifier(name, app::signing_options(*platform));
    if (!verifier) return std::unexpected(verifier.error());
    verifiers.push_back(std::move(*verifier));
  }
  return verifiers;
}

Result<ExitStatus> run(const Context& context, const SinkCommandOptions& options) {
  const auto address = http::parse_listen_address(options.listen);
  if (!address) return std::unexpected(address.error());
  const auto behaviour = parse_sink_behaviour(options.behaviour);
  if (!behaviour) return std::unexpected(behaviour.error());
  if (!*behaviour) {
    return fail("usage_invalid",
                fmt::format("--behave: '{}' names no behaviour: see 'yizhan sink --help'", options.behaviour));
  }
  auto verifiers = make_verifiers(context, options);
  if (!verifiers) return std::unexpected(verifiers.error());
  std::ofstream recording;
  if (!options.record_file.empty()) {
    recording.open(options.record_file, std::ios::app);
    if (!recording) return fail("record_failed", fmt::format("--record: cannot write to '{}'", options.record_file));
  }

  SinkJudge judge({std::move(*verifiers), **behaviour, options.event_id_header, options.event_type_header});
  http::asio::io_context io(1);
  http::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](http::ErrorCode error, int) {
    if (!error) io.stop();
  });
  const auto server = SinkServer::listen(io, *address, [&](SinkRequest request) {
    SinkEntry entry;
    entry.request = std::move(request);
    SinkAnswer answer = judge.judge(entry);
    if (recording.is_open()) recording << sink_json(entry, true) << '\n' << std::flush;
    context.out() << (context.options.json ? sink_json(entry, false) : sink_line(entry, context.terminal.color)) << '\n'
                  << std::flush;
    if (options.exit_after > 0 && judge.callbacks() >= options.exit_after) answer.answered = [&io] { io.stop(); };
    return answer;
  });
  if (!server) return std::unexpected(server.error());
  context.out() << "sink ready http=" << (*server)->address().to_string() << '\n' << std::flush;
  io.run();
  if (context.terminal.err_is_terminal) {
    context.terminal.err << fmt::format(
        "\n{}, {} answered with 2xx{}\n", counted(judge.callbacks(), "callback", "callbacks"),
        readable_count(judge.answered_well()),
        judge.invalid_signatures() == 0 ? ""
                                        : fmt::format(", {} with an invalid signature", judge.invalid_signatures()));
  }
  return ExitStatus::kOk;
}

std::string scheme_names() {
  std::string names;
  for (const SigningSchemeName& known : kSigningSchemeNames) {
    if (!names.empty()) names += '|';
    names += known.name;
  }
  return names;
}

}  // namespace

void add_sink(Command parent, Context& context) {
  auto options = std::make_shared<SinkCommandOptions>();
  const Command command = add_command(
      parent, "sink", "receive callbacks locally: see what is sent, check signatures, play a platform in trouble",
      "Prints 'sink ready http=ADDRESS:PORT', then one line for each callback (with --json one object). The path of "
      "the "
      "callback URL says how it answers:\n"
      "  /ok                    200\n"
      "  /fail/STATUS           that status, always\n"
      "  /flaky/N               500 for an event's first N attempts, then 200\n"
      "  /retry-after/SECONDS   503 with Retry-After for an event's first attempt, then 200\n"
      "  /gone                  410\n"
      "  /slow/MILLISECONDS     200 after that time\n"
      "  /hang /drip /flood     no answer; a byte at a time; a body without end\n"
      "  /redirect              302 to /ok\n"
      "  /close /garbage        no answer at all; something that is not HTTP\n"
      "Callbacks reach it only if the service may call private addresses: YIZHAN_OUTBOUND_ALLOW=127.0.0.1",
      {{"yizhan sink --listen 127.0.0.1:9000", "take everything, signatures unchecked"},
       {"yizhan sink --platform sub2api", "check signatures with that platform's configured secrets"},
       {"yizhan sink --scheme standard-webhooks --secret whsec_… --behave /flaky/2 --record callbacks.jsonl",
        "fail twice per event, keep everything received"}});
  command.group(kRunGroup);
  command.add_option("--listen", options->listen, "address:port; port 0 takes a free one (127.0.0.1:0)")
      .type_name("ADDRESS");
  command
      .add_option("--platform", options->platforms,
                  "check signatures as this configured platform would; may be repeated")
      .type_name("NAME")
      .one_value_each();
  command.add_option("--scheme", options->scheme, "check signatures of this scheme").type_name(scheme_names());
  command
      .add_option("--secret", options->secrets,
                  "a secret in force; may be repeated. Better in YIZHAN_SINK_SECRET: arguments can be seen by others")
      .type_name("SECRET")
      .one_value_each();
  command.add_option("--behave", options->behaviour, "how to answer where the path says nothing (/ok)")
      .type_name("PATH");
  command
      .add_option("--event-id-header", options->event_id_header,
                  "the header with the event's id; default: webhook-id or X-Yizhan-Event-Id")
      .type_name("HEADER");
  command
      .add_option("--event-type-header", options->event_type_header,
                  "the header with the event's type; default: X-Yizhan-Event-Type, else \"type\" in the body")
      .type_name("HEADER");
  command
      .add_option("--record", options->record_file,
                  "append each callback as a JSON line, with headers and body (base64)")
      .type_name("FILE");
  command.add_option("--exit-after", options->exit_after, "end after so many callbacks").type_name("N").positive();
  on_run(command, context, [&context, options] { return run(context, *options); });
}

}  // namespace yizhan::cli
