#include "alert/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace yizhan::alert {
namespace {

constexpr std::size_t kLongestHeadline = 200;
constexpr std::size_t kLongestValue = 400;

struct InTwoLanguages {
  std::string_view english;
  std::string_view chinese;

  std::string_view in(Language language) const { return language == Language::kChinese ? chinese : english; }
};

struct StateWords {
  std::string_view mark;
  InTwoLanguages name;
};

constexpr StateWords kRaised{"🔴", {"Yizhan alert", "Yizhan 告警"}};
constexpr StateWords kContinues{"🟠", {"Yizhan alert continues", "Yizhan 告警持续"}};
constexpr StateWords kCleared{"🟢", {"Yizhan alert cleared", "Yizhan 告警恢复"}};
constexpr StateWords kTried{"🔵", {"Yizhan test alert", "Yizhan 测试告警"}};

const StateWords& words_of_state(const Alert& alert) {
  if (alert.rule == Rule::kTest) return kTried;
  switch (alert.state) {
    case Alert::State::kRaised:
      return kRaised;
    case Alert::State::kContinues:
      return kContinues;
    case Alert::State::kCleared:
      return kCleared;
  }
  return kRaised;
}

/// In English the alert brings its own headline; `{}` stands for the subject.
std::string_view chinese_headline(Rule rule) {
  switch (rule) {
    case Rule::kFailures:
      return "{} 出现失败";
    case Rule::kDeadLetter:
      return "{} 出现死信";
    case Rule::kEndpointDisabled:
      return "{} 答复 410，已停止投递";
    case Rule::kBreakerOpen:
      return "{} 已熔断";
    case Rule::kBacklogAge:
      return "{} 积压";
    case Rule::kProviderSilence:
      return "{} 长时间没有回调";
    case Rule::kLedgerMismatch:
      return "{} 账目不符";
    case Rule::kCertificateExpiry:
      return "{} 证书即将到期";
    case Rule::kStoreSpace:
      return "{} 存储空间不足";
    case Rule::kTest:
      return "这是一条测试，无需处理";
  }
  return "{}";
}

constexpr InTwoLanguages kSubject{"Subject", "对象"};
constexpr InTwoLanguages kCount{"Count", "次数"};
constexpr InTwoLanguages kSince{"Since", "开始于"};
constexpr InTwoLanguages kAt{"Time", "时间"};
constexpr InTwoLanguages kNext{"Next", "下一步"};
constexpr std::string_view kNextFact = "next";

struct FactLabel {
  std::string_view name;
  InTwoLanguages label;
};
/// Names of facts that are not listed are shown as they are.
constexpr std::array<FactLabel, 13> kFactLabels{{{"error_class", {"Error class", "错误类别"}},
                                                 {"error", {"Error", "错误"}},
                                                 {"reason", {"Reason", "原因"}},
                                                 {"example", {"Example", "示例"}},
                                                 {"platform", {"Platform", "平台"}},
                                                 {"failures_in_row", {"Failures in a row", "连续失败"}},
                                                 {"oldest_due_at", {"Oldest due", "最早到期"}},
                                                 {"last_accepted_at", {"Last callback", "最近一次回调"}},
                                                 {"longest_gap_before", {"Longest gap before", "以往最长间隔"}},
                                                 {"odd_after", {"Odd after", "异常阈值"}},
                                                 {"first_minute", {"First minute", "最早一分钟"}},
                                                 {"certificate", {"Certificate", "证书"}},
                                                 {"not_after", {"Not after", "有效期至"}}}};
/// Shown by themselves, before the others.
constexpr std::array<std::string_view, 4> kOwnLines{"count", "since", "subject", kNextFact};

std::string label_of(std::string_view name, Language language) {
  const auto found = std::ranges::find(kFactLabels, name, &FactLabel::name);
  return found == kFactLabels.end() ? one_line(name, 40) : std::string(found->label.in(language));
}

/// To the second; people in China are shown their own time.
std::string time_text(UtcTime time, Language language) {
  constexpr std::size_t kToTheSecond = 19;
  if (language == Language::kEnglish) return to_store_text(time).substr(0, kToTheSecond) + " UTC";
  return to_store_text(time + Seconds{8 * 3600}).substr(0, kToTheSecond) + " (UTC+8)";
}

}  // namespace

std::string Words::title() const {
  return fmt::format("{} {}: {}", mark, state, headline);
}

std::string Words::plain_text() const {
  std::string text;
  for (const auto& [label, value] : lines) text += fmt::format("{}: {}\n", label, value);
  if (!next.empty()) text += fmt::format("{}: {}\n", next_label, next);
  return text;
}

Words words_of(const Alert& alert, Language language) {
  const StateWords& state = words_of_state(alert);
  const std::string subject = one_line(alert.subject, kLongestHeadline);
  Words words;
  words.mark = state.mark;
  words.state = state.name.in(language);
  words.headline = language == Language::kEnglish ? one_line(alert.title, kLongestHeadline)
                                                  : fmt::format(fmt::runtime(chinese_headline(alert.rule)), subject);
  if (!subject.empty()) words.lines.emplace_back(kSubject.in(language), subject);
  if (alert.count > 0) words.lines.emplace_back(kCount.in(language), fmt::to_string(alert.count));
  if (alert.raised_at != UtcTime{}) {
    words.lines.emplace_back(kSince.in(language), time_text(alert.raised_at, language));
  }
  if (alert.at != UtcTime{} && alert.at != alert.raised_at) {
    words.lines.emplace_back(kAt.in(language), time_text(alert.at, language));
  }
  words.next_label = kNext.in(language);
  for (const auto& [name, value] : alert.facts) {
    if (name == kNextFact) words.next = one_line(value, kLongestValue);
    if (std::ranges::find(kOwnLines, name) != kOwnLines.end()) continue;
    words.lines.emplace_back(label_of(name, language), one_line(value, kLongestValue));
  }
  return words;
}

}  // namespace yizhan::alert
