#include "notify/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/json_writer.h"
#include "notify/template_defaults.h"

namespace yizhan::notify {
namespace {

constexpr std::string_view kAny = "*";

/// What the placeholders of one notification stand for.
struct Facts {
  const store::NotifyTask& task;
  Language language;
};

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// The last four characters; of a number shorter than eight its last half, so that it is never told whole.
std::string tail_of(std::string_view tracking_no) {
  const auto characters =
      static_cast<std::size_t>(std::ranges::count_if(tracking_no, [](char c) { return !continues_character(c); }));
  std::size_t wanted = std::min<std::size_t>(4, characters / 2);
  std::size_t begin = tracking_no.size();
  while (wanted > 0 && begin > 0) {
    if (!continues_character(tracking_no[--begin])) --wanted;
  }
  return std::string(tracking_no.substr(begin));
}

/// `02-06 16:30`, as clocks in China show it.
std::string local_time(UtcTime time) {
  const auto local = std::chrono::floor<std::chrono::minutes>(time + std::chrono::hours{8});
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const auto minutes = (local - day).count();
  return fmt::format("{:02}-{:02} {:02}:{:02}", static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     minutes / 60, minutes % 60);
}

struct Placeholder {
  std::string_view name;
  bool safe;  ///< fit for a lock screen
  std::string (*value)(const Facts& facts);
};
constexpr std::array kPlaceholders{
    Placeholder{"tracking_no", false, [](const Facts& facts) { return facts.task.step.tracking_no; }},
    Placeholder{"tracking_tail", true, [](const Facts& facts) { return tail_of(facts.task.step.tracking_no); }},
    Placeholder{
        "state", true,
        [](const Facts& facts) { return std::string(state_in_words(facts.task.step.status_code, facts.language)); }},
    Placeholder{"status_code", false, [](const Facts& facts) { return facts.task.step.status_code; }},
    Placeholder{"text", false, [](const Facts& facts) { return facts.task.step.event_text; }},
    Placeholder{"location", false, [](const Facts& facts) { return facts.task.step.location; }},
    Placeholder{"time", true, [](const Facts& facts) { return local_time(facts.task.step.event_time); }},
    Placeholder{"carrier", true, [](const Facts& facts) { return facts.task.step.carrier_code; }},
    Placeholder{"order_id", false, [](const Facts& facts) { return facts.task.order_id; }},
};

std::string placeholder_names(bool safe_only) {
  std::string names;
  for (const Placeholder& each : kPlaceholders) {
    if (safe_only && !each.safe) continue;
    names += fmt::format("{}{{{}}}", names.empty() ? "" : ", ", each.name);
  }
  return names;
}

/// Calls `literal` and `placeholder` for the parts of a template's text, in order. A `{` without its `}` is literal.
template <class Literal, class Named>
void walk(std::string_view text, Literal literal, Named named) {
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    literal(text.substr(0, close == std::string_view::npos ? text.size() : open));
    if (close == std::string_view::npos) return;
    named(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

const Placeholder* find_placeholder(std::string_view name) {
  const auto found = std::ranges::find(kPlaceholders, name, &Placeholder::name);
  return found == kPlaceholders.end() ? nullptr : found;
}

Result<void> check_text(std::string_view where, std::string_view text, bool safe_only) {
  std::string_view refused;
  const auto check = [&](std::string_view name) {
    const Placeholder* placeholder = find_placeholder(name);
    if (placeholder == nullptr || (safe_only && !placeholder->safe)) refused = name;
  };
  walk(text, [](std::string_view) {}, check);
  if (refused.data() == nullptr) return {};
  const bool unknown = find_placeholder(refused) == nullptr;
  return fail("template_invalid", fmt::format("{}: {{{}}} {}. It may hold {}.", where, refused,
                                              unknown ? "is no placeholder" : "has no place on a lock screen",
                                              placeholder_names(safe_only)));
}

/// Blanks and control characters at the ends dropped, elsewhere each run of them one blank.
std::string tidy(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

std::string filled_in(std::string_view text, const Facts& facts) {
  std::string out;
  walk(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name) {
        if (const Placeholder* placeholder = find_placeholder(name)) out += placeholder->value(facts);
      });
  return tidy(out);
}

/// 0: for one state and audience; kBroadest: for everything.
constexpr int kBroadest = 3;
int breadth(const Template& each) {
  return (each.status_code == kAny ? 2 : 0) + (each.audience == kAny ? 1 : 0);
}

bool fits(const Template& each, std::string_view status_code, std::string_view audience) {
  return (each.status_code == kAny || each.status_code == status_code) &&
         (each.audience == kAny || each.audience == audience);
}

/// For the app, which opens the parcel's page with it.
std::string payload_of(const store::NotifyTask& task) {
  JsonWriter out;
  out.begin_object().text("type", "express");
  out.text("tracking_no", task.step.tracking_no).text("status_code", task.step.status_code);
  if (!task.order_id.empty()) out.text("order_id", task.order_id);
  return out.time("event_time", task.step.event_time).end_object().take();
}

}  // namespace

Result<Templates> Templates::make(std::vector<Template> configured, Language language) {
  for (std::size_t i = 0; i < configured.size(); ++i) {
    const Template& each = configured[i];
    const std::string where = fmt::format("notify_templates.{}", i + 1);
    if (each.audience != kAny && each.audience != to_string(store::Audience::kUser) &&
        each.audience != to_string(store::Audience::kMerchant)) {
      return fail("template_invalid",
                  fmt::format("{}.audience: '{}' must be user, merchant or *.", where, each.audience));
    }
    for (const auto& [name, text, safe_only] :
         {std::tuple("title", &each.title, false), std::tuple("body", &each.body, false),
          std::tuple("safe_text", &each.safe_text, true)}) {
      if (auto fine = check_text(fmt::format("{}.{}", where, name), *text, safe_only); !fine) {
        return std::unexpected(fine.error());
      }
    }
  }
  Templates made;
  made.language_ = language;
  std::vector<Template> defaults = default_templates(language);
  for (const std::vector<Template>* group : {&configured, &defaults}) {
    for (int wanted = 0; wanted <= kBroadest; ++wanted) {
      std::ranges::copy_if(*group, std::back_inserter(made.templates_),
                           [wanted](const Template& each) { return breadth(each) == wanted; });
    }
  }
  return made;
}

std::optional<store::NewNotification> Templates::render(const store::NotifyTask& task, store::Audience audience,
                                                        std::string_view recipient_id) const {
  const Facts facts{task, language_};
  const std::string_view aud = to_string(audience);
  store::NewNotification made;
  bool first = true;
  for (const Template& each : templates_) {
    if (!fits(each, task.step.status_code, aud)) continue;
    if (first && each.silent) return std::nullopt;
    first = false;
    if (made.title.empty()) made.title = filled_in(each.title, facts);
    if (made.body.empty()) made.body = filled_in(each.body, facts);
    if (made.event_text_safe.empty()) made.event_text_safe = filled_in(each.safe_text, facts);
  }
  made.message_id = fmt::format("{}:{}", task.tracking_event_id, aud);
  made.audience = audience;
  made.recipient_id = recipient_id;
  made.content = made.body;
  made.status_code = task.step.status_code;
  made.tracking_no = task.step.tracking_no;
  made.order_id = task.order_id;
  made.tracking_event_id = task.tracking_event_id;
  made.event_time = task.step.event_time;
  made.payload = payload_of(task);
  return made;
}

}  // namespace yizhan::notify
