#include "api/order_json.h"

#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/json_output.h"
#include "cli/readable.h"

namespace yizhan::cli {
namespace {

/// `1.00 CNY (100)`: most currencies have two decimals, and the number itself stands beside.
std::string amount(std::int64_t fee, const std::string& currency) {
  return fmt::format("{}.{:02} {} ({})", fee / 100, fee % 100, currency, fee);
}

ExitStatus print(const Context& context, const store::PayOrder& order) {
  if (context.options.json) {
    context.out() << json_line(api::write_order, order);
    return ExitStatus::kOk;
  }
  const auto field = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    constexpr int kNameWidth = 16;
    context.out() << "  " << styled(padded_right(name, kNameWidth), Style::kFaint, context.terminal.color)
                  << printable(value) << '\n';
  };
  field("order", order.out_trade_no);
  field("state", fmt::format("{} ({})", api::order_state(order.status), order.status));
  field("amount", amount(order.total_fee, order.currency));
  field("merchant", order.merchant);
  field("description", order.description);
  field("user", order.user_id);
  field("provider", order.provider);
  field("transaction", order.transaction_id);
  if (order.paid_at) field("paid (UTC)", readable_time(*order.paid_at));
  if (order.refund_fee > 0) field("refunded", amount(order.refund_fee, order.currency));
  field("created (UTC)", readable_time(order.created_at));
  field("changed (UTC)", readable_time(order.updated_at));
  return ExitStatus::kOk;
}

Result<ExitStatus> create(const Context& context, store::PayOrder order) {
  order.created_at = order.updated_at = utc_now();
  if (const auto checked = api::check_order(order); !checked) {
    return fail("usage_invalid", checked.error().message);
  }
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto created = change_audited<store::CreatedOrder>(
      *opened->store, audit_entry(context, "order.create", order.out_trade_no),
      [&] { return (*opened)->create_pay_order(order); },
      [](const store::CreatedOrder& stored) { return !stored.existed; });
  if (!created) return std::unexpected(created.error());
  if (created->existed && !context.options.json) context.out() << "The same order was there already.\n";
  return print(context, created->order);
}

Result<ExitStatus> print_found(const Context& context, const std::string& out_trade_no,
                               const Result<std::optional<store::PayOrder>>& order) {
  if (!order) return std::unexpected(order.error());
  if (!*order) return fail("order_not_found", fmt::format("there is no order '{}'", out_trade_no));
  return print(context, **order);
}

Result<ExitStatus> show(const Context& context, const std::string& out_trade_no) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto shown = print_found(context, out_trade_no, (*opened)->find_pay_order(out_trade_no));
  if (shown && !context.options.json) {
    context.out() << fmt::format("\nWhat came about it: yizhan callbacks list --key {}\n", printable(out_trade_no));
  }
  return shown;
}

Result<ExitStatus> close(const Context& context, const std::string& out_trade_no) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  using Found = std::optional<store::PayOrder>;
  const auto order = change_audited<Found>(
      *opened->store, audit_entry(context, "order.close", out_trade_no),
      [&] { return (*opened)->close_pay_order(out_trade_no, utc_now()); },
      [](const Found& found) { return found.has_value(); });
  const auto printed = print_found(context, out_trade_no, order);
  if (!printed || (*order)->status == -1) return printed;
  context.terminal.err << fmt::format("It is not closed, because it is {}.\n", api::order_state((*order)->status));
  return ExitStatus::kFailed;
}

}  // namespace

void add_orders(Command parent, Context& context) {
  const Command orders = add_command(
      parent, "orders", "create, show and close orders that payment notices pay",
      "A payment notice turns the order of its out_trade_no from unpaid to paid, once, and causes the event "
      "payment.succeeded. Applications create orders by POST /api/v1/pay/orders or by SQL into pay_orders.",
      {{"yizhan orders create T1 100", "1.00 CNY is awaited under the number T1"},
       {"yizhan orders show T1", "is it paid?"},
       {"yizhan callbacks list --key T1", "what came about it"}});
  orders.group(kActGroup);

  auto order = std::make_shared<store::PayOrder>();
  const Command create_command = add_command(
      orders, "create", "create an unpaid order",
      "The same order again changes nothing; another one under the same number is refused.",
      {{"yizhan orders create T1 100 --description 'one month' --user u-1001", "1.00 CNY"},
       {"yizhan orders create T2 4999 --merchant 1900000109", "49.99 CNY, to be paid to that merchant only"}});
  create_command.add_option("number", order->out_trade_no, "the order's out_trade_no").type_name("NUMBER").required();
  create_command.add_option("amount", order->total_fee, "in the currency's smallest unit: 100 is 1.00 CNY")
      .type_name("FEN")
      .required();
  create_command.add_option("--currency", order->currency, "three letters (CNY)").type_name("CODE");
  create_command.add_option("--merchant", order->merchant, "mch_id, app_id or pid it has to be paid to")
      .type_name("ID");
  create_command.add_option("--description", order->description, "what it is for").type_name("TEXT");
  create_command.add_option("--user", order->user_id, "whose it is").type_name("ID");
  on_run(create_command, context, [&context, order] { return create(context, *order); });

  auto shown = std::make_shared<std::string>();
  const Command show_command = add_command(orders, "show", "show an order: is it paid?", "",
                                           {{"yizhan orders show T1", "its state, amount and transaction"}});
  show_command.add_option("number", *shown, "the order's out_trade_no").type_name("NUMBER").required();
  on_run(show_command, context, [&context, shown] { return show(context, *shown); });

  auto closed = std::make_shared<std::string>();
  const Command close_command = add_command(
      orders, "close", "close an unpaid order",
      "A payment of a closed order is an alarm. One that was paid meanwhile stays paid: exit status 1 then.",
      {{"yizhan orders close T1", "nobody will pay it any more"}});
  close_command.add_option("number", *closed, "the order's out_trade_no").type_name("NUMBER").required();
  on_run(close_command, context, [&context, closed] { return close(context, *closed); });
}

}  // namespace yizhan::cli
