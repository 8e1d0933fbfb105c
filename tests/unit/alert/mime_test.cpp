// The mail's text: encoded as RFC 2047 and MIME have it, the same Message-ID on every attempt, nothing injected.
// tests/interop reads it with another's parser.
#include "alert/mime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

namespace yizhan::alert {
namespace {

using testing::HasSubstr;

Mail some_mail() {
  return {.from = "yizhan@example.com",
          .to = {"a@example.com", "b@example.com"},
          .subject = "🔴 告警",
          .text = "正文\n",
          .id = "0197aabb-ccdd-7eef-8123-456789abcdef",
          .thread = "episode-1",
          .date = from_unix_micros(1'770'366'600'000'000)};
}

TEST(Mime, IsAMessageOfRfc5322) {
  EXPECT_EQ(mime_message(some_mail()),
            "Date: Fri, 06 Feb 2026 08:30:00 +0000\r\n"
            "From: Yizhan <yizhan@example.com>\r\n"
            "To: a@example.com,\r\n b@example.com\r\n"
            "Subject: =?UTF-8?B?8J+UtCDlkYroraY=?=\r\n"
            "Message-ID: <0197aabb-ccdd-7eef-8123-456789abcdef@example.com>\r\n"
            "In-Reply-To: <episode-1@example.com>\r\n"
            "References: <episode-1@example.com>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\n"
            "5q2j5paHCg==\r\n");
}

TEST(Mime, EncodedWordsAreCutBetweenCharacters) {
  std::string text;
  while (text.size() < 300) text += "驿站";
  std::istringstream lines(encoded_words(text));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    if (line.ends_with('\r')) line.pop_back();
    EXPECT_LE(line.size(), 76U) << line;  // the blank that continues the line, and 75
    EXPECT_THAT(line, HasSubstr("=?UTF-8?B?"));
    EXPECT_FALSE(line.ends_with("=?=")) << "45 bytes are 15 characters of three: no padding inside";
    ++count;
  }
  EXPECT_GT(count, 5);
}

TEST(Mime, AnIdIsMadeOfWhatMayStandInOne) {
  EXPECT_EQ(message_id("a>\r\nBcc: x@y", "me@example.com"), "<aBccxy@example.com>");
}

RC_GTEST_PROP(Mime, NothingAddsAHeader, (const std::string& subject, const std::string& text, const std::string& id)) {
  Mail mail = some_mail();
  mail.subject = subject;
  mail.text = text;
  mail.id = mail.thread = id;
  const std::string message = mime_message(mail);
  const std::string head = message.substr(0, message.find("\r\n\r\n"));
  int headers = 0;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string line = head.substr(at, end - at);
    if (!line.starts_with(' ')) ++headers;
    RC_ASSERT(line.find('\n') == std::string::npos && line.find('\r') == std::string::npos);
    at = end + 2;
  }
  RC_ASSERT(headers == 11);
}

}  // namespace
}  // namespace yizhan::alert
