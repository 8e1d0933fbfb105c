#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "api/waybill_json.h"
#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/moments.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

struct PutOptions {
  store::Waybill waybill;
  std::string user_id;
  std::string merchant_id;
};

std::string waybill_text(const store::WaybillView& view, const Terminal& terminal) {
  const store::Waybill& waybill = view.waybill;
  std::string out;
  StoryWriter writer(terminal.width, terminal.color, out);
  writer.field("parcel", waybill.tracking_no);
  writer.field("carrier", waybill.carrier_code);
  writer.field("state", waybill.status_code.empty() ? "nothing heard yet" : waybill.status_code);
  if (waybill.status_time) writer.field("since (UTC)", readable_time(*waybill.status_time));
  writer.field("says", waybill.status_text);
  writer.field("order", waybill.order_id);
  if (view.order) {
    writer.field("user", view.order->user_id);
    writer.field("merchant", view.order->merchant_id);
  } else if (!waybill.order_id.empty()) {
    writer.field("recipients", "not in this store: they come from PostgREST, or nobody is told");
  }
  if (!view.events.empty()) {
    Table table({{"TIME (UTC)"}, {"STATE"}, {"PLACE", Align::kLeft, true}, {"TEXT", Align::kLeft, true}, {"NOTE"}});
    for (const store::TrackingEvent& event : view.events) {
      table.add_row({{readable_time(event.step.event_time)},
                     {event.step.status_code},
                     {event.step.location},
                     {event.step.event_text},
                     {event.late ? "late" : ""}});
    }
    out += '\n' + table.render(terminal);
  }
  return out;
}

void print(const Context& context, const store::WaybillView& view) {
  context.out() << (context.options.json ? json_line(api::write_waybill, view) : waybill_text(view, context.terminal));
}

Result<ExitStatus> put(const Context& context, const PutOptions& options) {
  const auto made = api::make_waybill(options.waybill, options.user_id, options.merchant_id);
  if (!made) return fail("usage_invalid", made.error().message);
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto stored = change_audited<store::WaybillView>(
      *opened->store, audit_entry(context, "waybill.put", made->waybill.tracking_no),
      [&] { return (*opened)->put_waybill(made->waybill, made->order, utc_now()); }, [](const auto&) { return true; });
  if (!stored) return std::unexpected(stored.error());
  print(context, *stored);
  return ExitStatus::kOk;
}

Result<ExitStatus> show_waybill(const Context& context, const std::string& tracking_no) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto found = (*opened)->find_waybill(tracking_no);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    return fail("waybill_not_found", fmt::format("there is no parcel '{}': 'yizhan waybills put {}' makes it known",
                                                 tracking_no, tracking_no));
  }
  print(context, **found);
  if (!context.options.json) {
    context.out() << fmt::format("\nWho was told: yizhan notifications list --tracking {}\n", tracking_no);
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_waybills(Command parent, Context& context) {
  const Command waybills = add_command(
      parent, "waybills", "make parcels known, and show what carriers said of them",
      "Callbacks about a parcel that is not known are refused ('waybill not found'), so that the carrier sends them "
      "again. Applications put parcels by PUT /api/v1/waybills/NUMBER, or by SQL.",
      {{"yizhan waybills put SF1234567890 --order o-1 --user u-1001 --merchant m-1", "who is told of this parcel"},
       {"yizhan waybills show SF1234567890", "where is it?"}});
  waybills.group(kActGroup);

  auto options = std::make_shared<PutOptions>();
  const Command put_command = add_command(
      waybills, "put", "add a parcel, or change it and its order's recipients", "What is left out stays as it is.",
      {{"yizhan waybills put SF1234567890 --order o-1 --user u-1001", "tell a user"},
       {"yizhan waybills put SF1234567890 --carrier SF", "the recipients live elsewhere, or stay"}});
  put_command.add_option("number", options->waybill.tracking_no, "its tracking number").type_name("NUMBER").required();
  put_command.add_option("--carrier", options->waybill.carrier_code, "the carrier's code").type_name("CODE");
  put_command.add_option("--order", options->waybill.order_id, "the order it belongs to").type_name("ID");
  put_command.add_option("--user", options->user_id, "the order's user").type_name("ID");
  put_command.add_option("--merchant", options->merchant_id, "the order's merchant").type_name("ID");
  on_run(put_command, context, [&context, options] { return put(context, *options); });

  auto shown = std::make_shared<std::string>();
  const Command show_command =
      add_command(waybills, "show", "show a parcel: its state, whose it is, what carriers said", "",
                  {{"yizhan waybills show SF1234567890", "every step that was reported, oldest first"}});
  show_command.add_option("number", *shown, "its tracking number").type_name("NUMBER").required();
  on_run(show_command, context, [&context, shown] { return show_waybill(context, *shown); });
}

}  // namespace yizhan::cli
