#include "alert/alert.h"

#include <fmt/format.h>

#include "base/json_scan.h"
#include "base/json_writer.h"

namespace yizhan::alert {
namespace {

constexpr std::array<std::pair<Rule, std::string_view>, kAllRules.size()> kRuleNames{{
    {Rule::kFailures, "failures"},
    {Rule::kDeadLetter, "dead_letter"},
    {Rule::kEndpointDisabled, "endpoint_disabled"},
    {Rule::kBreakerOpen, "breaker_open"},
    {Rule::kBacklogAge, "backlog_age"},
    {Rule::kProviderSilence, "provider_silence"},
    {Rule::kLedgerMismatch, "ledger_mismatch"},
    {Rule::kCertificateExpiry, "certificate_expiry"},
    {Rule::kStoreSpace, "store_space"},
    {Rule::kTest, "test"},
}};

constexpr std::array<std::pair<Alert::State, std::string_view>, 3> kStateNames{{
    {Alert::State::kRaised, "raised"},
    {Alert::State::kContinues, "continues"},
    {Alert::State::kCleared, "cleared"},
}};

std::unexpected<Error> invalid(std::string_view member, std::string_view wrong) {
  return fail("alert_invalid", fmt::format("the alert's {} {}", member, wrong));
}

/// Reads one member into the alert; false: not one of an alert's.
Result<bool> read_member(Alert& alert, const json::Member& member) {
  const auto text_into = [&](std::string& field) -> Result<bool> {
    auto read = json::read_string(member.value);
    if (!read) return std::unexpected(std::move(read.error()));
    field = std::move(*read);
    return true;
  };
  const auto time_into = [&](UtcTime& field) -> Result<bool> {
    auto read = json::read_string(member.value);
    if (!read) return std::unexpected(std::move(read.error()));
    const auto time = parse_time(*read);
    if (!time) return invalid(member.key, "is no time (RFC 3339)");
    field = *time;
    return true;
  };
  if (member.key == "id") return text_into(alert.id);
  if (member.key == "cause") return text_into(alert.cause);
  if (member.key == "subject") return text_into(alert.subject);
  if (member.key == "title") return text_into(alert.title);
  if (member.key == "raised_at") return time_into(alert.raised_at);
  if (member.key == "at") return time_into(alert.at);
  if (member.key == "count") {
    const auto count = json::read_integer(member.value);
    if (!count) return std::unexpected(count.error());
    alert.count = *count;
    return true;
  }
  if (member.key == "facts") {
    auto facts = read_facts(member.value.text);
    if (!facts) return std::unexpected(std::move(facts.error()));
    alert.facts = std::move(*facts);
    return true;
  }
  if (member.key == "rule") {
    const auto name = json::read_string(member.value);
    if (!name) return std::unexpected(name.error());
    const auto rule = parse_rule(*name);
    if (!rule) return invalid("rule", "is not one that is known");
    alert.rule = *rule;
    return true;
  }
  if (member.key == "state") {
    const auto name = json::read_string(member.value);
    if (!name) return std::unexpected(name.error());
    for (const auto& [state, known] : kStateNames) {
      if (known != *name) continue;
      alert.state = state;
      return true;
    }
    return invalid("state", "is not raised, continues or cleared");
  }
  return false;
}

}  // namespace

std::string_view to_string(Rule rule) {
  for (const auto& [known, name] : kRuleNames) {
    if (known == rule) return name;
  }
  return "";
}

std::optional<Rule> parse_rule(std::string_view text) {
  for (const auto& [rule, name] : kRuleNames) {
    if (name == text) return rule;
  }
  return std::nullopt;
}

std::string_view to_string(Alert::State state) {
  for (const auto& [known, name] : kStateNames) {
    if (known == state) return name;
  }
  return "";
}

std::string event_type(const Alert& alert) {
  return fmt::format("alert.{}", alert.rule == Rule::kTest ? to_string(Rule::kTest) : to_string(alert.state));
}

std::string write_facts(const Facts& facts) {
  JsonWriter writer;
  writer.begin_array();
  for (const auto& [name, value] : facts) writer.begin_array().text(name).text(value).end_array();
  return writer.end_array().take();
}

std::string write_alert(const Alert& alert) {
  return JsonWriter()
      .begin_object()
      .text("id", alert.id)
      .text("cause", alert.cause)
      .text("rule", to_string(alert.rule))
      .text("subject", alert.subject)
      .text("state", to_string(alert.state))
      .text("title", alert.title)
      .raw("facts", write_facts(alert.facts))
      .number("count", alert.count)
      .time("raised_at", alert.raised_at)
      .time("at", alert.at)
      .end_object()
      .take();
}

Result<Facts> read_facts(std::string_view text) {
  Facts facts;
  json::ArrayReader rows(text);
  for (;;) {
    auto row = rows.next();
    if (!row) return std::unexpected(std::move(row.error()));
    if (!*row) return facts;
    std::vector<std::string> pair;
    json::ArrayReader items((*row)->text, (*row)->offset);
    for (;;) {
      auto item = items.next();
      if (!item) return std::unexpected(std::move(item.error()));
      if (!*item) break;
      auto read = json::read_string(**item);
      if (!read) return std::unexpected(std::move(read.error()));
      pair.push_back(std::move(*read));
    }
    if (pair.size() != 2) return invalid("facts", "are not pairs of a name and a value");
    facts.emplace_back(std::move(pair[0]), std::move(pair[1]));
  }
}

Result<Alert> read_alert(std::string_view payload) {
  Alert alert;
  bool has_rule = false;
  json::ObjectReader members(payload);
  for (;;) {
    auto member = members.next();
    if (!member) return std::unexpected(std::move(member.error()));
    if (!*member) break;
    if (auto known = read_member(alert, **member); !known) return std::unexpected(std::move(known.error()));
    has_rule = has_rule || (*member)->key == "rule";
  }
  if (!has_rule) return invalid("rule", "is missing");
  if (alert.id.empty()) return invalid("id", "is missing");
  if (alert.cause.empty()) return invalid("cause", "is missing");
  if (alert.title.empty()) return invalid("title", "is missing");
  return alert;
}

}  // namespace yizhan::alert
