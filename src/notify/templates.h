// What a notification says: by the parcel's state and the audience, from the configuration or the defaults, Chinese or
// English. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/push.h"

namespace yizhan::notify {

/// A text with placeholders: {tracking_no}, {tracking_tail} (its last four characters), {state} (in words),
/// {status_code}, {text} (the carrier's), {location}, {time} (local to UTC+8), {carrier}, {order_id}.
struct Template {
  std::string status_code;  ///< canonical, or `*`
  std::string audience;     ///< `user`, `merchant`, or `*`
  std::string title;
  std::string body;
  /// For a lock screen (`event_text_safe`): {text}, {location}, {order_id} and the whole {tracking_no} are refused in it.
  std::string safe_text;
  bool silent = false;  ///< this state is not told to this audience
};

enum class Language { kChinese, kEnglish };

class Templates {
 public:
  /// The configured ones come before the defaults; the most particular wins: state and audience, state, audience, `*`.
  /// Codes: `template_invalid` (an unknown placeholder, or one not fit for a lock screen).
  static Result<Templates> make(std::vector<Template> configured, Language language);

  /// The notification of one step for one recipient, or nothing where the state is silent. title, body, content and
  /// event_text_safe are never all empty.
  std::optional<store::NewNotification> render(const store::NotifyTask& task, store::Audience audience,
                                               std::string_view recipient_id) const;

 private:
  std::vector<Template> templates_;
  Language language_ = Language::kChinese;
};

}  // namespace yizhan::notify
