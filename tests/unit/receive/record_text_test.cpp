#include "receive/record_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"

namespace yizhan::receive {
namespace {

http::ServerRequest request_for(std::string_view target) {
  http::ServerRequest request;
  request.target = target;
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  return request;
}

// Fault 40: what is secret never goes on record.
TEST(HeaderRecord, HidesCredentialsAndNothingElse) {
  http::ServerRequest request;
  request.headers = {{"Host", "h"},
                     {"AUTHORIZATION", "Bearer canary-1"},
                     {"cookie", "session=canary-2"},
                     {"X-Webhook-Token", "canary-3"},
                     {"X-Signature", "sha256=0a1b"},
                     {"Content-Type", "text/plain"}};
  EXPECT_EQ(HeaderRecord({"X-Webhook-Token"}).text(request),
            "Host: h\nAUTHORIZATION: [redacted]\ncookie: [redacted]\nX-Webhook-Token: [redacted]\n"
            "X-Signature: sha256=0a1b\nContent-Type: text/plain\n");
}

TEST(TargetRecord, HidesValuesWhoseNamesSayThatTheyAreSecret) {
  const auto recorded = [](std::string_view target) { return target_record(request_for(target)); };
  EXPECT_EQ(recorded("/in/a"), "/in/a");
  EXPECT_EQ(recorded("/in/a?"), "/in/a?");
  EXPECT_EQ(recorded("/in/a?x=1&&y&z=2&"), "/in/a?x=1&&y&z=2&");
  EXPECT_EQ(recorded("/in/a?pid=1&sign=ab12&sign_type=MD5"), "/in/a?pid=1&sign=ab12&sign_type=MD5");
  for (const std::string name : {"token", "access_token", "ACCESS-TOKEN", "key", "apiKey", "api_key", "client_secret",
                                 "password", "passwd", "pwd", "auth", "%74oken", "to%6Ben", "credentials"}) {
    EXPECT_EQ(recorded("/in/a?x=1&" + name + "=canary&y=2"), "/in/a?x=1&" + name + "=[redacted]&y=2");
  }
}

// Faults 38 and 39: what strangers wrote is text afterwards.
TEST(Recordable, ReplacesWhatIsNoText) {
  EXPECT_EQ(recordable("order 42 已付款", 100), "order 42 已付款");
  EXPECT_EQ(recordable(std::string_view("a\0b\nc\x7f\x1b[2J", 10), 100), "a\uFFFDb\uFFFDc\uFFFD\uFFFD[2J");
  EXPECT_EQ(recordable("\xff\xc0\xaf", 100), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(recordable("\xc2\x9b", 100), "\uFFFD\uFFFD") << "a control character of two bytes";
  EXPECT_EQ(recordable("\xed\xa0\x80", 100), "\uFFFD\uFFFD\uFFFD") << "half a surrogate pair";
}

TEST(Recordable, CutsBetweenCharacters) {
  EXPECT_EQ(recordable("abcdef", 3), "abc");
  EXPECT_EQ(recordable("ab中", 4), "ab");
  EXPECT_EQ(recordable("ab中", 5), "ab中");
  EXPECT_EQ(recordable("\xff\xff", 5), "\uFFFD");
}

RC_GTEST_PROP(Recordable, IsAlwaysTextWithinItsLimitAndAFixedPoint, (const std::string& raw)) {
  const auto limit = *rc::gen::inRange<std::size_t>(0, 200);
  const std::string text = recordable(raw, limit);
  RC_ASSERT(text.size() <= limit);
  RC_ASSERT(is_utf8(text));
  RC_ASSERT(is_recordable(text));
  RC_ASSERT(recordable(text, limit) == text);
  RC_ASSERT(!is_recordable(raw) || raw.size() > limit || text == raw);
  std::string whole;
  append_recordable(whole, raw);
  RC_ASSERT(whole.starts_with(text));
  RC_ASSERT(is_recordable(whole));
}

}  // namespace
}  // namespace yizhan::receive
