// The journal's native protocol, over a real datagram socket.
#include "base/journal.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstdlib>

#include <algorithm>
#include <string>
#include <utility>

#include "harness/temporary_folder.h"

namespace yizhan::log {
namespace {

class JournalSocket {
 public:
  JournalSocket() {
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path(), address.sun_path);
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("no socket");
    }
  }
  ~JournalSocket() { ::close(descriptor_); }
  std::string path() const { return folder_ / "socket"; }
  /// The next datagram; empty when none has come.
  std::string take() const {
    std::string entry(1 << 20, '\0');
    const ssize_t size = ::recv(descriptor_, entry.data(), entry.size(), MSG_DONTWAIT);
    entry.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return entry;
  }
  void close() { ::close(std::exchange(descriptor_, -1)); }

 private:
  TemporaryFolder folder_;
  int descriptor_ = -1;
};

constexpr std::string_view kLine =
    R"({"time":"2026-02-06T08:30:00Z","level":"warning","event":"attempt","eventId":"e-1","durationMs":12,"last":true})";

TEST(Journal, EachMemberIsAField) {
  EXPECT_EQ(journal_entry(kLine), "MESSAGE=" + std::string(kLine) +
                                      "\nPRIORITY=4\nSYSLOG_IDENTIFIER=yizhan\n"
                                      "YIZHAN_TIME=2026-02-06T08:30:00Z\nYIZHAN_LEVEL=warning\nYIZHAN_EVENT=attempt\n"
                                      "YIZHAN_EVENT_ID=e-1\nYIZHAN_DURATION_MS=12\nYIZHAN_LAST=true\n");
}

TEST(Journal, LevelsAreSyslogs) {
  for (const auto& [level, priority] : {std::pair{"debug", "7"}, {"info", "6"}, {"warning", "4"}, {"error", "3"}}) {
    const std::string entry = journal_entry(R"({"level":")" + std::string(level) + "\"}");
    EXPECT_NE(entry.find("\nPRIORITY=" + std::string(priority) + "\n"), std::string::npos) << entry;
  }
}

// Fault 39: what a stranger wrote cannot make a field of its own.
TEST(Journal, AValueWithALineEndIsSentWithItsLength) {
  const std::string entry = journal_entry(R"({"level":"info","reason":"a\nPRIORITY=0"})");
  std::string expected = "YIZHAN_REASON\n";
  expected += '\x0c';
  expected += std::string(7, '\0') + "a\nPRIORITY=0\n";
  EXPECT_TRUE(entry.ends_with(expected)) << entry;
  EXPECT_EQ(journal_entry("{\"a b\\n=\":\"x\"}").find("YIZHAN"), std::string::npos);
}

TEST(Journal, EachLineIsADatagram) {
  const JournalSocket socket;
  auto journal = open_journal(socket.path());
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ(socket.take(), "");  // it was tried out
  EXPECT_EQ((*journal)->write(std::string(kLine) + "\n{\"event\":\"second\"}\n"), 0U);
  EXPECT_EQ(socket.take(), journal_entry(kLine));
  EXPECT_EQ(socket.take(), journal_entry("{\"event\":\"second\"}"));
}

TEST(Journal, ALineTooLongForADatagramIsCut) {
  const JournalSocket socket;
  auto journal = open_journal(socket.path());
  ASSERT_TRUE(journal);
  socket.take();
  EXPECT_EQ((*journal)->write("{\"event\":\"long\",\"text\":\"" + std::string(1 << 20, 'x') + "\"}\n"), 0U);
  const std::string entry = socket.take();
  EXPECT_TRUE(entry.starts_with("MESSAGE={\"event\":\"long\"")) << entry.substr(0, 40);
  EXPECT_LT(entry.size(), 40'000U);
}

TEST(Journal, OneThatIsGoneOrFullLosesLinesAndHoldsNobodyUp) {
  JournalSocket socket;
  auto journal = open_journal(socket.path());
  ASSERT_TRUE(journal);
  std::size_t lost = 0;
  for (int i = 0; i < 2000; ++i) lost += (*journal)->write("{}\n");
  EXPECT_GT(lost, 0U);
  socket.take();  // the empty one by which it was tried out
  while (!socket.take().empty()) {
  }
  EXPECT_EQ((*journal)->write("{}\n"), 0U) << "there is room again";
  socket.close();
  EXPECT_EQ((*journal)->write("{}\n{}\n"), 2U);
}

TEST(Journal, WithoutAJournalItIsSaidAtOnce) {
  EXPECT_EQ(open_journal("/nonexistent/socket").error().code, "log_journal_unusable");
  EXPECT_EQ(open_journal("relative").error().code, "log_journal_unusable");
}

}  // namespace
}  // namespace yizhan::log
