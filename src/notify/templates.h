// What a notification says: by the parcel's state and the audience, from the configuration or the defaults, Chinese or
// English. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/push.h"

namespace yizhan::notify {

/// Texts with placeholders: {tracking_no}, {tracking_tail} (its last four characters; of a short one less), {state} (in
/// words), {status_code}, {text} (the carrier's), {location}, {time} (`02-06 16:30`, UTC+8), {carrier}, {order_id}.
/// A text that is empty, or comes to nothing because what it shows is not known, is taken from the next template.
struct Template {
  std::string status_code = "*";  ///< canonical, or `*`
  std::string audience = "*";     ///< `user`, `merchant`, or `*`
  std::string title{};
  std::string body{};
  /// For a lock screen (`event_text_safe`): {text}, {location}, {order_id}, {status_code} (which may be any text of a
  /// carrier's) and the whole {tracking_no} are refused in it.
  std::string safe_text{};
  bool silent = false;  ///< this state is not told to this audience
};

enum class Language { kChinese, kEnglish };

class Templates {
 public:
  /// The configured ones come before the defaults; of each, the most particular wins: state and audience, state,
  /// audience, `*`; of two alike, the first. `silent` is what the first of all that fit says. Codes: `template_invalid`
  /// (an unknown placeholder, or one not fit for a lock screen).
  static Result<Templates> make(std::vector<Template> configured, Language language);

  /// The notification of one step for one recipient, or nothing where the state is silent. title, body, content and
  /// event_text_safe are never empty. Control characters and runs of blanks in what a carrier says become one blank.
  /// content is the body: push/ cuts it to what phones show. payload tells the app what it is about, as JSON: `type`
  /// (`express`), `tracking_no`, `status_code`, `order_id`, `event_time`. message_id is `<tracking_event_id>:<aud>`.
  std::optional<store::NewNotification> render(const store::NotifyTask& task, store::Audience audience,
                                               std::string_view recipient_id) const;

 private:
  std::vector<Template> templates_;  ///< in the order in which they are tried
  Language language_ = Language::kChinese;
};

}  // namespace yizhan::notify
