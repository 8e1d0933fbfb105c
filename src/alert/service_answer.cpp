#include "alert/service_answer.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "base/utf8.h"

namespace yizhan::alert {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestCode = 80;
constexpr std::size_t kLongestMessage = 200;

struct Answer {
  std::string code;
  std::string message;
};

std::string text_of(const json::value& value, std::size_t longest) {
  const json::string* text = value.if_string();
  return one_line(text ? std::string(text->data(), text->size()) : json::serialize(value), longest);
}

std::optional<Answer> read_answer(std::string_view body, std::span<const AnswerNames> all_names) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  for (const AnswerNames& names : all_names) {
    const json::value* code = object.if_contains(names.code);
    if (code == nullptr || code->is_null()) continue;
    Answer answer{text_of(*code, kLongestCode), ""};
    if (const json::value* message = object.if_contains(names.message); message && message->is_string()) {
      answer.message = text_of(*message, kLongestMessage);
    }
    return answer;
  }
  return std::nullopt;
}

const CodeMeaning* find_meaning(std::string_view code, std::span<const CodeMeaning> meanings) {
  for (const CodeMeaning& meaning : meanings) {
    const bool is_family = meaning.code.ends_with('*');
    if (is_family ? code.starts_with(meaning.code.substr(0, meaning.code.size() - 1)) : code == meaning.code) {
      return &meaning;
    }
  }
  return nullptr;
}

}  // namespace

void judge_answer(AttemptOutcome& outcome, std::string_view body, const AnswerForm& form) {
  if (outcome.response_status == 0) return;  // nothing was answered
  const bool success_status = class_of_status(outcome.response_status) == ErrorClass::kNone;
  const auto answer = read_answer(body, form.names);
  if (!answer) {
    if (!success_status) return;
    outcome.error_class = ErrorClass::kAlertFailed;
    outcome.error_message =
        fmt::format("the answer is none of {}: JSON with '{}' is expected. Check the channel's url.", form.service,
                    form.names.front().code);
    return;
  }
  if (answer->code == form.success) return;  // under another status than 2xx that status stands
  outcome.error_message = fmt::format("{} answered with code {}", form.service, answer->code);
  if (!answer->message.empty()) outcome.error_message += fmt::format(": {}", answer->message);
  if (const CodeMeaning* meaning = find_meaning(answer->code, form.meanings)) {
    outcome.error_class = meaning->error_class;
    if (!meaning->advice.empty()) outcome.error_message += fmt::format(". {}", meaning->advice);
  } else if (success_status) {
    outcome.error_class = ErrorClass::kAlertFailed;
  }
}

}  // namespace yizhan::alert
