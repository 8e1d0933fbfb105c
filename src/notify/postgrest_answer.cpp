#include "notify/postgrest_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/hex_digit.h"
#include "base/utf8.h"

namespace yizhan::notify {
namespace {

namespace json = boost::json;
using Kind = NoRecipients::Kind;
using Concerns = Refusal::Concerns;

struct Rule {
  std::string_view theirs;  ///< a code of PostgREST or PostgreSQL; two characters: a class of PostgreSQL's
  Kind kind;
  std::string_view ours;
  std::string_view mend;
  Concerns concerns = Concerns::kService;
};

constexpr std::array kRules{
    Rule{
        "PGRST301", Kind::kFail, "jwt_not_decoded",
        "SUPA_KEY was not signed with the JWT secret of that PostgREST (PGRST_JWT_SECRET). Make a key that is, or send "
        "it as apikey only: NOTIFY_WORKER_SUPA_USE_BEARER=false."},
    Rule{"PGRST302", Kind::kFail, "permission_denied",
         "It answers nobody without a token: NOTIFY_WORKER_SUPA_USE_BEARER=true."},
    Rule{"PGRST303", Kind::kFail, "jwt_expired", "SUPA_KEY has expired: make a new one."},
    Rule{"PGRST202", Kind::kFail, "rpc_missing",
         "Create the function notify_get_order_recipients(p_order_id, p_token) and reload the schema cache, or set "
         "NOTIFY_WORKER_USE_RLS_SAFE_RPC=false."},
    Rule{"42883", Kind::kFail, "rpc_missing",
         "The function notify_get_order_recipients, or one that it calls, does not exist with these arguments."},
    Rule{"P0001", Kind::kFail, "rpc_refused",
         "The function notify_get_order_recipients refuses: compare NOTIFY_WORKER_RPC_TOKEN with the token that it "
         "asks for.",
         Concerns::kOrder},
    Rule{"PGRST205", Kind::kFail, "table_missing", "SUPA_URL must be the service that has the table ml_orders."},
    Rule{"42P01", Kind::kFail, "table_missing", "SUPA_URL must be the service that has the table ml_orders."},
    Rule{"PGRST204", Kind::kFail, "column_missing", "ml_orders must have the columns id, user_id and merchant_id."},
    Rule{"42703", Kind::kFail, "column_missing", "ml_orders must have the columns id, user_id and merchant_id."},
    Rule{"42501", Kind::kFail, "permission_denied",
         "The role of this key may not: grant it, or send a service_role key with NOTIFY_WORKER_SUPA_USE_BEARER=true. "
         "Of notify_get_order_recipients compare NOTIFY_WORKER_RPC_TOKEN, too."},
    Rule{"42P10", Kind::kFail, "on_conflict_unmatched",
         "A plain unique index is missing there: make the partial one on these columns a plain one."},
    Rule{"23505", Kind::kFail, "duplicate_key", "A row with this key is there already."},
    Rule{"22P02", Kind::kSkip, "order_not_found", "No id of ml_orders has this form.", Concerns::kQuestion},
    Rule{"PGRST000", Kind::kPutOff, "postgrest_unavailable", "It has no connection to its database."},
    Rule{"PGRST001", Kind::kPutOff, "postgrest_unavailable", "It has no connection to its database."},
    Rule{"PGRST002", Kind::kPutOff, "schema_cache_unavailable",
         "It cannot reach its database, or that is starting: this is not row-level security."},
    Rule{"PGRST003", Kind::kPutOff, "database_overloaded", "No connection of its pool was free in time."},
    Rule{"53", Kind::kPutOff, "database_overloaded", "Its database lacks connections, memory or disk."},
    Rule{"08", Kind::kPutOff, "postgrest_unavailable", "It lost the connection to its database."},
    Rule{"57", Kind::kPutOff, "postgrest_unavailable", "Its database is stopping or cancelled the question."},
    Rule{"40", Kind::kPutOff, "postgrest_unavailable", "Its database rolled the question back."},
    Rule{"55", Kind::kPutOff, "postgrest_unavailable", "Its database was locked."},
};

Rule rule_of_status(int status) {
  if (status == 401) {
    return {{}, Kind::kFail, "supa_key_refused", "The gateway does not know SUPA_KEY: give the one that it has."};
  }
  if (status == 403) return {{}, Kind::kFail, "permission_denied", "The gateway refuses SUPA_KEY this path."};
  if (status == 413 || status == 414) {
    return {{}, Kind::kFail, "postgrest_refused", "The order's id is too long.", Concerns::kQuestion};
  }
  if (status == 429) return {{}, Kind::kPutOff, "postgrest_throttled", "It is asked too often."};
  if (status >= 300 && status < 400) {
    return {
        {}, Kind::kPutOff, "postgrest_answer_invalid", "Redirects are not followed: SUPA_URL must be its last one."};
  }
  if (status == 408 || status == 425 || status < 200 || status >= 500) {
    return {{}, Kind::kPutOff, "postgrest_unavailable", "It, or the gateway before it, is not well."};
  }
  return {{}, Kind::kFail, "postgrest_refused", "SUPA_URL must be a Supabase or PostgREST service."};
}

const Rule* rule_of_code(std::string_view code) {
  const Rule* of_class = nullptr;
  for (const Rule& rule : kRules) {
    if (rule.theirs == code) return &rule;
    if (rule.theirs.size() == 2 && code.size() == 5 && code.starts_with(rule.theirs)) of_class = &rule;
  }
  return of_class;
}

/// A text of theirs in one line of bounded length.
std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence_length(text.substr(i));
    const bool plain = length > 0 && static_cast<unsigned char>(text[i]) >= 0x20 && text[i] != 0x7f;
    if (out.size() + (plain ? length : 1) > kLongest) return out + "…";
    if (plain) {
      out += text.substr(i, length);
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

Refusal invalid_answer(const http::Response& response, std::string_view what) {
  return {{Kind::kPutOff, "postgrest_answer_invalid",
           fmt::format("HTTP {} with an answer that {}. SUPA_URL must be a Supabase or PostgREST service.",
                       response.status, what)}};
}

/// What the body is, or nothing when it is no JSON.
std::optional<json::value> parsed(const http::Response& response) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(response.body.data(), response.body.size()), error);
  if (error || response.body_truncated) return std::nullopt;
  return value;
}

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr) return {};
  if (const json::string* text = value->if_string()) return {text->data(), text->size()};
  if (value->is_int64()) return fmt::to_string(value->get_int64());
  if (value->is_uint64()) return fmt::to_string(value->get_uint64());
  return {};
}

Refusal refusal_of(const http::Response& response) {
  const std::optional<json::value> body = parsed(response);
  const json::object* object = body ? body->if_object() : nullptr;
  const std::string code = object ? text_at(*object, "code") : std::string();
  const std::string message = object ? text_at(*object, "message") : std::string();
  const Rule of_status = rule_of_status(response.status);
  const Rule* rule = rule_of_code(code);
  // Before version 13 an expired token was PGRST301, too.
  if (code == "PGRST301" && message.contains("expired")) rule = rule_of_code("PGRST303");
  if (rule == nullptr) rule = &of_status;
  std::string text = fmt::format("HTTP {}", response.status);
  if (!code.empty()) text += fmt::format(" {}", quoted(code));
  if (!message.empty()) text += fmt::format(" '{}'", quoted(message));
  return {{rule->kind, std::string(rule->ours), fmt::format("{}. {}", text, rule->mend)}, rule->concerns};
}

std::expected<json::value, Refusal> document_of(const http::Response& response) {
  if (response.status < 200 || response.status > 299) return std::unexpected(refusal_of(response));
  if (response.body_truncated) {
    return std::unexpected(invalid_answer(response, "is longer than outbound.response_limit"));
  }
  auto document = parsed(response);
  if (!document) return std::unexpected(invalid_answer(response, "is no JSON"));
  return std::move(*document);
}

bool has_recipients(const json::object& row) {
  return row.contains("user_id") && row.contains("merchant_id");
}

Recipients recipients_in(const json::object& row) {
  return {text_at(row, "user_id"), text_at(row, "merchant_id")};
}

}  // namespace

std::expected<Orders, Refusal> read_orders(const http::Response& response) {
  const auto document = document_of(response);
  if (!document) return std::unexpected(document.error());
  const json::array* rows = document->if_array();
  if (rows == nullptr) return std::unexpected(invalid_answer(response, "is no list of rows"));
  Orders orders;
  for (const json::value& each : *rows) {
    const json::object* row = each.if_object();
    const std::string id = row ? text_at(*row, "id") : std::string();
    if (id.empty() || !has_recipients(*row)) {
      return std::unexpected(invalid_answer(response, "has rows without id, user_id or merchant_id"));
    }
    orders.emplace(comparable_id(id), recipients_in(*row));
  }
  return orders;
}

std::expected<std::optional<Recipients>, Refusal> read_order_of_function(const http::Response& response) {
  const auto document = document_of(response);
  if (!document) return std::unexpected(document.error());
  const json::value* row = &*document;
  if (const json::array* rows = row->if_array()) {
    if (rows->empty()) return std::nullopt;
    row = &rows->front();
  }
  if (row->is_null()) return std::nullopt;
  const json::object* object = row->if_object();
  if (object == nullptr || !has_recipients(*object)) {
    return std::unexpected(invalid_answer(response, "has neither rows nor an object with user_id and merchant_id"));
  }
  return recipients_in(*object);
}

std::expected<bool, Refusal> read_any_row(const http::Response& response) {
  const auto document = document_of(response);
  if (!document) return std::unexpected(document.error());
  const json::array* rows = document->if_array();
  if (rows == nullptr) return std::unexpected(invalid_answer(response, "is no list of rows"));
  return !rows->empty();
}

Refusal no_answer(const http::Failure& failure) {
  if (failure.error_class == ErrorClass::kBlockedAddress) {
    return {{Kind::kFail, "address_blocked",
             fmt::format("{}. Allow the network of SUPA_URL: notify.outbound_allow.", quoted(failure.message))}};
  }
  return {{Kind::kPutOff, "postgrest_unavailable",
           fmt::format("{}: {}", to_string(failure.error_class), quoted(failure.message))}};
}

std::string comparable_id(std::string_view id) {
  std::string out(id);
  constexpr std::size_t kUuidLength = 36;
  const bool is_uuid =
      id.size() == kUuidLength && std::ranges::all_of(id, [](char c) { return c == '-' || hex_digit_value(c) >= 0; });
  if (!is_uuid) return out;
  for (char& c : out) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace yizhan::notify
