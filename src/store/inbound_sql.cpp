#include "store/inbound_sql.h"

#include <fmt/format.h>

#include "store/receiving.h"

namespace yizhan::store {
namespace {

/// An identical duplicate has no body of its own.
std::string callback_columns(bool with_body) {
  return fmt::format(
      "c.id, c.source, c.event_type, c.idempotency_key, c.received_at, c.peer_address, c.target, c.headers, "
      "{} AS body, c.body_size, c.verdict, c.reason, c.effect, c.answer_status, c.duration_us, c.duplicate_count, "
      "c.first_id, c.event_ids, c.removed_bytes",
      with_body ? "coalesce(c.body, (SELECT f.body FROM inbound_callbacks AS f WHERE f.id = c.first_id))" : "NULL");
}

/// Duplicates have the keys of the first one: they are found through it.
std::string by_key(Query& query, const CallbackSelection& selection, const Dialect& dialect) {
  const std::string_view value = cut_key_value(selection.key_value);
  const bool hashed = dialect.keys_of_value.contains("{hash}");
  const std::string keys =
      fmt::format(fmt::runtime(dialect.keys_of_value), fmt::arg("value", query.bind(std::string(value))),
                  fmt::arg("hash", hashed ? query.bind(value_hash(value)) : std::string()));
  const std::string name =
      selection.key_name.empty() ? std::string() : " WHERE k.name = " + query.bind(selection.key_name);
  return fmt::format(
      " AND c.id IN (SELECT k.callback_id FROM ({0}) AS k{1} "
      "UNION SELECT d.id FROM ({0}) AS k JOIN inbound_callbacks AS d ON d.first_id = k.callback_id{1})",
      keys, name);
}

/// Not where another condition leaves few rows, which its own index finds.
bool in_blocks(const CallbackSelection& selection, const Dialect& dialect) {
  const bool few = !selection.key_value.empty() || !selection.reason.empty() ||
                   (selection.verdict && *selection.verdict != Verdict::kAccepted);
  return dialect.callbacks_in_blocks && !few && !(selection.source.empty() && selection.event_type.empty());
}

/// The blocks that hold what is asked for. Of two conditions the rarer one is not known; mostly it is the type.
std::string block_conditions(std::string_view source, std::string_view event_type) {
  if (event_type.empty()) return fmt::format(" AND b.name = 'source' AND b.value = {}", source);
  std::string text = fmt::format(" AND b.name = 'event_type' AND b.value = {}", event_type);
  if (source.empty()) return text;
  return text.append(" AND EXISTS (SELECT 1 FROM callback_blocks AS s WHERE s.name = 'source' AND s.value = ")
      .append(source)
      .append(" AND s.block = b.block)");
}

std::string conditions(Query& query, const CallbackSelection& selection, const Dialect& dialect) {
  std::string text;
  const std::string source = selection.source.empty() ? std::string() : query.bind(selection.source);
  const std::string event_type = selection.event_type.empty() ? std::string() : query.bind(selection.event_type);
  if (!source.empty()) text += " AND c.source = " + source;
  if (!event_type.empty()) text += " AND c.event_type = " + event_type;
  const bool blocks = in_blocks(selection, dialect);
  if (blocks) text += block_conditions(source, event_type);
  if (selection.verdict) {
    text += fmt::format(" AND c.verdict = '{}'", to_string(*selection.verdict));
    // True in any case: it lets the index be used that leaves accepted callbacks out.
    if (*selection.verdict != Verdict::kAccepted) text += " AND c.verdict <> 'accepted'";
  }
  if (!selection.reason.empty())
    text += fmt::format(" AND c.reason = {} AND c.reason <> ''", query.bind(selection.reason));
  if (!selection.key_value.empty()) text += by_key(query, selection, dialect);
  const auto limit = [&](std::string_view comparison, UtcTime time, std::string_view bound,
                         std::string_view expression) {
    const std::string named = query.bind(time);
    text += fmt::format(" AND c.received_at {} {}", comparison, named);
    if (expression.empty()) return;
    const std::string id = fmt::format(fmt::runtime(expression), named);
    text += blocks ? fmt::format(" AND b.block {} ({}) / {}", bound, id, kCallbackBlock)
                   : fmt::format(" AND c.id {} ({})", bound, id);
  };
  if (selection.received_from) limit(">=", *selection.received_from, ">=", dialect.first_callback_from);
  if (selection.received_until) limit("<", *selection.received_until, "<=", dialect.last_callback_until);
  return text;
}

std::string order_time(Query& query, UtcTime time, const Dialect& dialect) {
  return fmt::format(fmt::runtime(dialect.order_time), query.bind(time));
}

}  // namespace

std::string callbacks_of_blocks() {
  return fmt::format(
      "callback_blocks AS b CROSS JOIN inbound_callbacks AS c ON c.id BETWEEN b.block * {0} AND b.block * {0} + {1}",
      kCallbackBlock, kCallbackBlock - 1);
}

Query callback_query(std::int64_t id, bool with_body) {
  Query query;
  query.text =
      fmt::format("SELECT {} FROM inbound_callbacks AS c WHERE c.id = {}", callback_columns(with_body), query.bind(id));
  return query;
}

Query callbacks_query(const CallbackSelection& selection, const Page& page, const Dialect& dialect) {
  Query query;
  std::string where = conditions(query, selection, dialect);
  const bool blocks = in_blocks(selection, dialect);
  const std::string_view comparison = page.oldest_first ? ">" : "<";
  const std::string_view order = page.oldest_first ? "ASC" : "DESC";
  if (page.after != 0) {
    const std::string after = query.bind(page.after);
    // `+`: the callbacks of a block are to be read from its one end to the other, not from here on.
    where += blocks ? fmt::format(" AND +c.id {0} {1} AND b.block {0}= {1} / {2}", comparison, after, kCallbackBlock)
                    : fmt::format(" AND c.id {} {}", comparison, after);
  }
  query.text =
      fmt::format("SELECT {} FROM {} WHERE 1 = 1{} ORDER BY {}c.id {} LIMIT {}", callback_columns(false),
                  blocks ? callbacks_of_blocks() : "inbound_callbacks AS c", where,
                  blocks ? fmt::format("b.block {}, ", order) : "", order, query.bind(std::int64_t{page.limit} + 1));
  return query;
}

Query callback_keys_query(std::span<const std::int64_t> ids) {
  Query query;
  std::string list;
  for (const std::int64_t id : ids) list += (list.empty() ? "" : ", ") + query.bind(id);
  query.text = fmt::format(
      "SELECT k.callback_id, k.name, k.value FROM callback_keys AS k WHERE k.callback_id IN ({}) "
      "ORDER BY k.callback_id, k.name, k.value",
      list);
  return query;
}

Query order_query(std::string_view out_trade_no) {
  Query query;
  query.text = fmt::format("SELECT {} FROM pay_orders WHERE out_trade_no = {}", kOrderColumns,
                           query.bind(std::string(out_trade_no)));
  return query;
}

PayOrder read_order(const SqlRow& row) {
  const auto text = [&](int column) { return std::string(row.bytes(column)); };
  return {.out_trade_no = text(0),
          .status = static_cast<int>(row.integer(1)),
          .total_fee = row.integer(2),
          .currency = text(3),
          .merchant = text(4),
          .description = text(5),
          .user_id = text(6),
          .provider = text(7),
          .transaction_id = text(8),
          .refund_fee = row.integer(9),
          .paid_at = row.null(10) ? std::nullopt : std::optional(row.time(10)),
          .created_at = row.time(11),
          .updated_at = row.time(12)};
}

Query insert_order_query(const PayOrder& order, const Dialect& dialect) {
  Query query;
  const std::string values[] = {query.bind(order.out_trade_no),
                                query.bind(order.total_fee),
                                query.bind(order.currency),
                                query.bind(order.merchant),
                                query.bind(order.description),
                                query.bind(order.user_id),
                                order_time(query, order.created_at, dialect),
                                order_time(query, order.created_at, dialect)};
  query.text = fmt::format(
      "INSERT INTO pay_orders (out_trade_no, total_fee, currency, merchant, description, user_id, created_at, "
      "updated_at) VALUES ({}) ON CONFLICT (out_trade_no) DO NOTHING",
      fmt::join(values, ", "));
  return query;
}

Query close_order_query(std::string_view out_trade_no, UtcTime now, const Dialect& dialect) {
  Query query;
  query.text = fmt::format("UPDATE pay_orders SET status = -1, updated_at = {} WHERE out_trade_no = {} AND status = 0",
                           order_time(query, now, dialect), query.bind(std::string(out_trade_no)));
  return query;
}

}  // namespace yizhan::store
