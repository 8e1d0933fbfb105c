// What an alert says to a person, in one of two languages; every text of the channels stands in words.cpp. Pure.
//
// Values come from payloads and strangers: here they are one line each and not too long. What a channel's own format
// takes for markup is the channel's to escape (markdown.h, mime.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert/alert.h"

namespace yizhan::alert {

enum class Language { kEnglish, kChinese };

struct Words {
  std::string mark;      ///< one emoji: which of the states, at a glance
  std::string state;     ///< `Yizhan alert`, `Yizhan alert continues`, `Yizhan alert cleared`; a robot's keyword may be
                         ///< `Yizhan`
  std::string headline;  ///< what is wrong, with whom
  std::vector<std::pair<std::string, std::string>> lines;  ///< label and value, in the order in which they are shown
  std::string next_label;
  std::string next;  ///< a command that says more; empty where there is none

  /// `🔴 Yizhan alert: …`
  std::string title() const;
  /// Each line on its own, then the command.
  std::string plain_text() const;
};

Words words_of(const Alert& alert, Language language);

}  // namespace yizhan::alert
