// What PostgREST answers, and what follows from it. Pure.
//
//   2xx  [{"id":"…","user_id":"…"|null,"merchant_id":"…"|null}, …]                the table
//   2xx  [{"user_id":…,"merchant_id":…}] or {…}; [] or null: there is no such order   the function
//   else {"code":"PGRST301"|"42501"|…,"message":…,"details":…|null,"hint":…|null}   an error; gateways say less
//
// Sources: PostgREST, "Errors"; PostgreSQL, appendix A (error codes).
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "http/client.h"
#include "notify/recipients.h"

namespace yizhan::notify {

/// Why a question has no answer, and whom else that concerns.
struct Refusal {
  NoRecipients reason;
  enum class Concerns {
    kService,   ///< every question
    kOrder,     ///< the order that was asked for, alone
    kQuestion,  ///< one of the orders that were asked for together, or their number: to be asked for in smaller parts
  };
  Concerns concerns = Concerns::kService;
};

/// By the order's id, as comparable_id() writes it.
using Orders = std::map<std::string, Recipients, std::less<>>;

std::expected<Orders, Refusal> read_orders(const http::Response& response);
/// Empty: there is no such order.
std::expected<std::optional<Recipients>, Refusal> read_order_of_function(const http::Response& response);
/// Whether there is any row at all.
std::expected<bool, Refusal> read_any_row(const http::Response& response);
Refusal no_answer(const http::Failure& failure);

/// A UUID in lower case, as PostgreSQL writes it; any other text as it is.
std::string comparable_id(std::string_view id);

}  // namespace yizhan::notify
