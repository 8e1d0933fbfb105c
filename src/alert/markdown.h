// Alerts as the markdown that DingTalk's and WeCom's robots show. Pure.
#pragma once

#include <string>
#include <string_view>

#include "alert/words.h"

namespace yizhan::alert {

/// A heading, a line for each of the words' lines, the command.
std::string markdown(const Words& words);

/// `text` such that it shows as itself: nothing in it becomes a link, an image, a mention, markup or a line of its own.
/// The robots' dialects of markdown differ and none has an escape character that can be relied on, so characters with a
/// meaning are replaced by their full-width forms, and the `://` of a URL is broken by a character that is not shown.
std::string without_markup(std::string_view text);

}  // namespace yizhan::alert
