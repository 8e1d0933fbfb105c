// The test sender of the logistics receiver: the seed's test-send.js as a command.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "api/waybill_json.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/service_client.h"
#include "verify/presets.h"

namespace yizhan::cli {
namespace {

constexpr std::string_view kPath = "/webhook/express/status";

// The seed's columns are of the type uuid where its tables were adopted.
constexpr std::string_view kFixtureOrder = "00000000-0000-4000-8000-000000000007";
constexpr std::string_view kFixtureUser = "00000000-0000-4000-8000-000000001007";
constexpr std::string_view kFixtureMerchant = "00000000-0000-4000-8000-000000002007";

struct SendTestOptions {
  std::string tracking_no = "TEST_YT_20260206_0007";
  std::string status = "IN_TRANSIT";
  std::string carrier = "YTO";
  std::string text = "Test of the logistics receiver";
  std::string url;
  std::string source;
  bool fixture = false;
};

/// Whose secret signs: the named source, or the first that is served for such callbacks; null when there is none.
Result<const config::Source*> find_source(const config::Config& config, const std::string& name) {
  if (!name.empty()) {
    const config::Source* found = config.find_source(name);
    if (found == nullptr) return fail("usage_invalid", fmt::format("--source: there is no source '{}'", name));
    if (found->kind != config::SourceKind::kExpress) {
      return fail("usage_invalid", fmt::format("--source: '{}' is not of the kind express", name));
    }
    return found;
  }
  const auto found = std::ranges::find_if(config.sources, [](const config::Source& source) {
    return source.enabled && source.kind == config::SourceKind::kExpress;
  });
  return found == config.sources.end() ? nullptr : &*found;
}

std::string callback_body(const SendTestOptions& options) {
  return JsonWriter()
      .begin_object()
      .text("tracking_no", options.tracking_no)
      .text("status_code", options.status)
      .time("event_time", utc_now())
      .text("event_text", options.text)
      .text("carrier_code", options.carrier)
      .end_object()
      .take();
}

Result<std::string> signature_lines(const config::Source* source, std::string_view body) {
  if (source == nullptr || source->secrets.empty()) return std::string();
  const auto signer = verify::make_signer(verify::express_status_signing(source->secrets));
  if (!signer) return std::unexpected(signer.error());
  std::string lines;
  (*signer)->append_header_lines(lines, {.body = body});
  return lines;
}

Result<void> add_fixture(const config::Config& config, const SendTestOptions& options) {
  store::Waybill waybill;
  waybill.tracking_no = options.tracking_no;
  waybill.carrier_code = options.carrier;
  waybill.order_id = kFixtureOrder;
  const auto made = api::make_waybill(std::move(waybill), std::string(kFixtureUser), std::string(kFixtureMerchant));
  if (!made) return fail("usage_invalid", made.error().message);
  const auto opened = Context::open_store(config);
  if (!opened) return std::unexpected(opened.error());
  const auto stored = (*opened)->put_waybill(made->waybill, made->order, utc_now());
  if (!stored) return std::unexpected(stored.error());
  return {};
}

void print(const Context& context, const SendTestOptions& options, const std::string& url, bool is_signed,
           const ServiceAnswer& answer) {
  const bool taken = answer.status >= 200 && answer.status < 300;
  context.out() << fmt::format("POST {}, {}\n", url, is_signed ? "signed" : "not signed: no secret is configured");
  context.out() << styled(std::to_string(answer.status), taken ? Style::kGood : Style::kBad, context.terminal.color)
                << "  " << printable(std::string_view(answer.body).substr(0, answer.body.find_last_not_of('\n') + 1))
                << "\n\n";
  if (taken) {
    if (options.fixture) {
      context.out() << fmt::format(
          "Its order is told to the user {}\nand the merchant {}. A phone for it: yizhan devices "
          "register CID --user {}\n",
          kFixtureUser, kFixtureMerchant, kFixtureUser);
    }
    context.out() << fmt::format(
        "What follows from it: yizhan trace {}\nWho was told: yizhan notifications list --tracking "
        "{}\nThe same state again tells nobody; the next one: --status OUT_FOR_DELIVERY\n",
        printable(options.tracking_no), printable(options.tracking_no));
  } else if (answer.body.find("waybill") != std::string::npos) {
    context.out()
        << "No such parcel is known. --fixture adds it, with an order, a user and a merchant; your own: yizhan "
           "waybills put\n";
  } else if (answer.status == 401 || answer.status == 403) {
    context.out() << "The receiver refuses the signature: has this shell the same WEBHOOK_SECRET as the service?\n";
  }
}

Result<ExitStatus> express(const Context& context, const SendTestOptions& options) {
  const auto loaded = context.load_config();
  if (!loaded) return std::unexpected(loaded.error());
  const config::Config& config = loaded->config;
  const auto source = find_source(config, options.source);
  if (!source) return std::unexpected(source.error());
  std::string url = options.url;
  if (url.empty()) {
    const auto receiver = listener_url(config.listen.receive, !config.receive.server.certificate_file.empty());
    if (!receiver) return std::unexpected(receiver.error());
    url = *receiver + std::string(kPath);
  }
  const std::string body = callback_body(options);
  const auto lines = signature_lines(*source, body);
  if (!lines) return std::unexpected(lines.error());
  if (options.fixture) {
    if (const auto added = add_fixture(config, options); !added) return std::unexpected(added.error());
  }
  const auto answer = request_once(url, "", "POST", *lines, body);
  if (!answer) return std::unexpected(answer.error());
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("url", url)
                         .boolean("signed", !lines->empty())
                         .number("status", answer->status)
                         .text("answer", answer->body)
                         .end_object()
                         .take()
                  << '\n';
  } else {
    print(context, options, url, !lines->empty(), *answer);
  }
  return answer->status >= 200 && answer->status < 300 ? ExitStatus::kOk : ExitStatus::kFailed;
}

}  // namespace

void add_send_test(Command parent, Context& context) {
  const Command send_test =
      add_command(parent, "send-test", "send a test callback to the running service, as its sender would", "",
                  {{"yizhan send-test express --fixture",
                    "a carrier's callback about a test parcel, with all that belongs to it"}});
  send_test.group(kRunGroup);

  auto options = std::make_shared<SendTestOptions>();
  const Command command = add_command(
      send_test, "express", "post a parcel's state to /webhook/express/status",
      "Signed with the secret of the configured express source (WEBHOOK_SECRET). Prints what was answered, and what to "
      "look at next.",
      {{"yizhan send-test express --fixture", "the parcel TEST_YT_20260206_0007, made known first"},
       {"yizhan send-test express --status DELIVERED", "its next state"},
       {"yizhan send-test express --tracking-no SF1234567890 --url http://receiver:7201/webhook/express/status",
        "another parcel, to another machine"}});
  command.add_option("--tracking-no", options->tracking_no, "the parcel (TEST_YT_20260206_0007)").type_name("NUMBER");
  command.add_option("--status", options->status, "its state (IN_TRANSIT)")
      .type_name(
          "CREATED|PICKED_UP|IN_TRANSIT|OUT_FOR_DELIVERY|IN_LOCKER|DELIVERED|EXCEPTION|REJECTED|RETURNING|RETURNED");
  command.add_option("--carrier", options->carrier, "the carrier's code (YTO)").type_name("CODE");
  command.add_option("--text", options->text, "what the carrier says").type_name("TEXT");
  command.add_option("--url", options->url, "where to; default: the configured receiver").type_name("URL");
  command.add_option("--source", options->source, "sign as this source of the configuration").type_name("NAME");
  command.add_flag("--fixture", options->fixture, "first add the parcel with an order, a user and a merchant");
  on_run(command, context, [&context, options] { return express(context, *options); });
}

}  // namespace yizhan::cli
