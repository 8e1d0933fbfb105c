// Mail: one message to every recipient, by SMTP (smtp.h), on a thread of its own.
//
// The Message-ID is made of the event's id and the same on every attempt: a server or a mail program that has had the
// message can tell. The mails of one episode make one conversation.
#pragma once

#include "alert/channel.h"
#include "alert/smtp.h"
#include "alert/words.h"
#include "http/asio.h"

namespace yizhan::alert {

struct MailOptions {
  SmtpServer server;
  std::string from;
  std::vector<std::string> to;
  Milliseconds timeout{30000};  ///< of a whole attempt, the wait for the thread included
  Language language = Language::kEnglish;
};

/// Starts the thread; it ends with the channel, at once. `io` outlives the channel.
std::unique_ptr<Channel> make_mail(http::asio::io_context& io, MailOptions options);

}  // namespace yizhan::alert
