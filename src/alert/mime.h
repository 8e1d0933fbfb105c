// An alert as an e-mail (RFC 5322, MIME). Pure.
//
// Everything that comes from elsewhere is encoded: the subject as RFC 2047 has it, the text as base64. No line of the
// message's head is made of anything but the configuration's addresses and encoded words, so nothing can add one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace yizhan::alert {

struct Mail {
  std::string from;  ///< an address alone
  std::vector<std::string> to;
  std::string subject;  ///< UTF-8
  std::string text;     ///< UTF-8
  std::string id;       ///< of the event: the same on every attempt
  std::string thread;   ///< of the episode: mail programs show its mails as one conversation
  UtcTime date{};
};

/// The whole message, its lines ended by CRLF.
std::string mime_message(const Mail& mail);

/// `<event id@domain of from>`; what cannot stand in an id is left out of it.
std::string message_id(std::string_view id, std::string_view from);

/// A header's text as encoded words of at most 75 characters each, cut between characters, on lines of their own.
std::string encoded_words(std::string_view text);

}  // namespace yizhan::alert
