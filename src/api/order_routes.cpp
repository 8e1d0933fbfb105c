// Orders: an application creates one before it sends its user to pay, and looks at it or closes it afterwards. Writing
// happens on the writer's thread, between commits.
#include <fmt/format.h>

#include "api/api_state.h"
#include "api/order_json.h"

namespace yizhan::api {
namespace {

http::ServerResponse order_answer(const store::PayOrder& order, int status) {
  JsonWriter writer;
  write_order(writer, order);
  http::ServerResponse response = json_answer(writer.take());
  response.status = status;
  return response;
}

Error no_such_order(std::string_view out_trade_no) {
  return {"order_not_found", fmt::format("there is no order '{}'", out_trade_no)};
}

void create_order(ApiState& state, http::ServerRequest& request, const http::PathParameters&,
                  http::Responder responder) {
  auto order = read_new_order(request.body, utc_now());
  if (!order) return responder.answer(answer_error(order.error(), request.path));
  state.answer_from_writer(
      std::move(responder), [entry = state.audit_entry(request, "order.create"), order = std::move(*order),
                             path = std::string(request.path)](store::Store& store) {
        std::optional<store::CreatedOrder> created;
        const auto done = store::audited(store, entry, [&](store::AuditEntry& completed) -> Result<void> {
          auto stored = store.create_pay_order(order);
          if (!stored) return std::unexpected(stored.error());
          created = std::move(*stored);
          completed.object = order.out_trade_no;
          if (created->existed) completed.action.clear();
          return {};
        });
        if (!done) return answer_error(done.error(), path);
        return order_answer(created->order, created->existed ? 200 : 201);
      });
}

http::ServerResponse found_order(const Result<std::optional<store::PayOrder>>& order, std::string_view out_trade_no,
                                 std::string_view path) {
  if (!order) return answer_error(order.error(), path);
  return *order ? order_answer(**order, 200) : answer_error(no_such_order(out_trade_no), path);
}

void get_order(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
               http::Responder responder) {
  state.answer_from(
      state.parts.reads, request.path, std::move(responder),
      [out_trade_no = std::string(parameters["out_trade_no"]), path = std::string(request.path)](store::Store& store) {
        return found_order(store.find_pay_order(out_trade_no), out_trade_no, path);
      });
}

/// The order as it stands then: one that was paid meanwhile stays paid, and its state says so.
void close_order(ApiState& state, http::ServerRequest& request, const http::PathParameters& parameters,
                 http::Responder responder) {
  state.answer_from_writer(std::move(responder), [entry = state.audit_entry(request, "order.close"),
                                                  out_trade_no = std::string(parameters["out_trade_no"]),
                                                  path = std::string(request.path)](store::Store& store) {
    Result<std::optional<store::PayOrder>> closed;
    const auto done = store::audited(store, entry, [&](store::AuditEntry& completed) -> Result<void> {
      closed = store.close_pay_order(out_trade_no, utc_now());
      if (!closed) return std::unexpected(closed.error());
      completed.object = out_trade_no;
      if (!*closed) {
        completed.action.clear();
      } else {
        completed.detail = fmt::format(R"({{"state":"{}"}})", order_state((*closed)->status));
      }
      return {};
    });
    if (!done) return answer_error(done.error(), path);
    return found_order(closed, out_trade_no, path);
  });
}

}  // namespace

void ApiState::add_order_routes() {
  add("POST", "/api/v1/pay/orders", Scope::kOrdersWrite, create_order);
  add("GET", "/api/v1/pay/orders/{out_trade_no}", Scope::kOrdersRead, get_order);
  add("POST", "/api/v1/pay/orders/{out_trade_no}/close", Scope::kOrdersWrite, close_order);
}

}  // namespace yizhan::api
