// A rotated file loses no line and tears none, whoever rotates it.
#include "base/log_file.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <cstdlib>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/log_output.h"
#include "harness/temporary_folder.h"

namespace yizhan::log {
namespace {

class LogFolder {
 public:
  std::string log() const { return folder_ / "yizhan.log"; }
  std::string rotated(int number) const { return log() + "." + std::to_string(number); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

 private:
  TemporaryFolder folder_;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::unique_ptr<LogSink> opened(LogFileOptions options) {
  auto sink = open_log_file(std::move(options));
  if (!sink) throw std::runtime_error(sink.error().message);
  return std::move(*sink);
}

TEST(LogFile, GoesOnWhereItEnded) {
  const LogFolder folder;
  opened({.path = folder.log()})->write("one\n");
  opened({.path = folder.log()})->write("two\n");
  EXPECT_EQ(text_of(folder.log()), "one\ntwo\n");
  struct stat state{};
  ASSERT_EQ(::stat(folder.log().c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0007, 0U) << "strangers may not read it";
}

TEST(LogFile, IsRotatedBySizeAndTheOldestGoes) {
  const LogFolder folder;
  const auto sink = opened({.path = folder.log(), .rotate_size = 10, .rotate_keep = 2});
  for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "eeee\n", "ffff\n", "gggg\n"}) {
    EXPECT_EQ(sink->write(line), 0U);
  }
  EXPECT_EQ(text_of(folder.log()), "gggg\n");
  EXPECT_EQ(text_of(folder.rotated(1)), "eeee\nffff\n");
  EXPECT_EQ(text_of(folder.rotated(2)), "cccc\ndddd\n");
  EXPECT_EQ(folder.files(), 3U);
}

TEST(LogFile, NoLineIsLostOrTornWhateverComesAtOnce) {
  EXPECT_TRUE(rc::check("rotation", [] {
    const LogFolder folder;
    const auto size = *rc::gen::inRange<std::size_t>(1, 60);
    const auto lengths =
        rc::gen::resize(8, rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 40)));
    const auto batches = *rc::gen::resize(8, rc::gen::container<std::vector<std::vector<std::size_t>>>(lengths));
    const auto sink = opened({.path = folder.log(), .rotate_size = size, .rotate_keep = 10'000});
    std::string all;
    for (const auto& batch : batches) {
      std::string lines;
      for (const std::size_t length : batch) lines += std::string(length, 'x') + "\n";
      RC_ASSERT(sink->write(lines) == 0U);
      all += lines;
    }
    std::string found;
    for (auto number = static_cast<int>(folder.files()) - 1; number >= 1; --number) {
      const std::string one = text_of(folder.rotated(number));
      RC_ASSERT(one.ends_with('\n'));
      // Larger than it may be only where a single line is.
      RC_ASSERT(one.size() <= size || count_lines(one) == 1U);
      found += one;
    }
    RC_ASSERT(found + text_of(folder.log()) == all);
  }));
}

TEST(LogFile, IsRotatedAtTheFirstLineOfADay) {
  const LogFolder folder;
  opened({.path = folder.log()})->write("yesterday\n");
  timeval yesterday[2]{};
  ::gettimeofday(&yesterday[0], nullptr);
  yesterday[0].tv_sec -= 86'400;
  yesterday[1] = yesterday[0];
  ASSERT_EQ(::utimes(folder.log().c_str(), yesterday), 0);
  const auto sink = opened({.path = folder.log(), .rotate_daily = true});
  sink->write("today\n");
  sink->write("today, too\n");
  EXPECT_EQ(text_of(folder.log()), "today\ntoday, too\n");
  EXPECT_EQ(text_of(folder.rotated(1)), "yesterday\n");
}

TEST(LogFile, IsMadeAnewWhenSomebodyMovedIt) {
  const LogFolder folder;
  const auto sink = opened({.path = folder.log()});
  sink->write("one\n");
  std::filesystem::rename(folder.log(), folder.rotated(1));
  sink->reopen();
  sink->write("two\n");
  EXPECT_EQ(text_of(folder.rotated(1)), "one\n");
  EXPECT_EQ(text_of(folder.log()), "two\n");
}

TEST(LogFile, MovedWhileManyWriteItLosesNothing) {
  const LogFolder folder;
  LogOutput output(opened({.path = folder.log()}));
  constexpr int kLines = 20'000;
  std::thread writer([&output] {
    for (int i = 0; i < kLines; ++i) output.write_now(std::to_string(i));
  });
  for (int number = 1; number <= 20; ++number) {
    std::error_code gone;
    std::filesystem::rename(folder.log(), folder.rotated(number), gone);
    output.reopen();
  }
  writer.join();
  std::string all;
  for (int number = 1; number <= 20; ++number) all += text_of(folder.rotated(number));
  std::istringstream lines(all + text_of(folder.log()));
  int expected = 0;
  for (std::string line; std::getline(lines, line); ++expected) ASSERT_EQ(line, std::to_string(expected));
  EXPECT_EQ(expected, kLines);
}

// Fault 8, seen from the log.
TEST(LogFile, AFullDiskLosesWholeLinesAndGoesOn) {
  const auto sink = opened({.path = "/dev/full"});
  EXPECT_EQ(sink->write("one\ntwo\n"), 2U);
  EXPECT_EQ(sink->write("three\n"), 1U);
}

TEST(LogFile, AFileThatCannotBeWrittenIsSaidAtOnce) {
  const LogFolder folder;
  const auto sink = open_log_file({.path = folder.log() + "/missing/yizhan.log"});
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, "log_file_unusable");
  EXPECT_NE(sink.error().message.find("missing/yizhan.log"), std::string::npos) << sink.error().message;
}

}  // namespace
}  // namespace yizhan::log
