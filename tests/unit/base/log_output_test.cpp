#include "base/log_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "base/json_scan.h"

namespace yizhan::log {
namespace {

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    ::close(ends_[0]);
    close_writer();
  }
  int writer() const { return ends_[1]; }
  /// Takes so much without a reader, who may come late on a busy machine.
  void make_room(int bytes) const {
    if (::fcntl(ends_[1], F_SETPIPE_SZ, bytes) < bytes) throw std::runtime_error("no larger pipe");
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  std::string read_some() const {
    std::string bytes(65536, '\0');
    const ssize_t count = ::read(ends_[0], bytes.data(), bytes.size());
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return bytes;
  }
  std::string read_all() const {
    std::string all;
    for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
    return all;
  }

 private:
  int ends_[2]{};
};

TEST(LogOutput, KeepsTheOrderOfWhatWaitsAndWhatIsUrgent) {
  Pipe pipe;
  LogOutput output(make_descriptor_sink(pipe.writer()));
  output.add("first");
  output.add("second");
  output.write_now("third");
  output.add("fourth");
  output.flush();
  EXPECT_EQ(pipe.read_some(), "first\nsecond\nthird\nfourth\n");
}

TEST(LogOutput, UrgentLinesAreWrittenWhenTheCallReturns) {
  Pipe pipe;
  LogOutput output(make_descriptor_sink(pipe.writer()));
  output.write_now("urgent");
  EXPECT_EQ(pipe.read_some(), "urgent\n");
}

TEST(LogOutput, ItsThreadWritesWhatIsAdded) {
  // They live as long as the thread, which never ends.
  static auto& pipe = *new Pipe;
  static auto& output = *new LogOutput(make_descriptor_sink(pipe.writer()));
  std::thread([] { output.run(); }).detach();
  for (int i = 0; i < 3; ++i) {
    output.add("line");
    EXPECT_EQ(pipe.read_some(), "line\n");
  }
}

TEST(LogOutput, LinesOfManyThreadsAreWhole) {
  Pipe pipe;
  pipe.make_room(1 << 20);
  LogOutput output(make_descriptor_sink(pipe.writer()));
  std::string read;
  std::thread reader([&] { read = pipe.read_all(); });
  {
    std::vector<std::jthread> writers;
    for (char name = 'a'; name < 'e'; ++name) {
      writers.emplace_back([&output, name] {
        for (int i = 0; i < 2000; ++i) {
          i % 100 == 0 ? output.write_now(std::string(60, name)) : output.add(std::string(60, name));
        }
      });
    }
  }
  output.flush();
  pipe.close_writer();
  reader.join();
  EXPECT_EQ(std::ranges::count(read, '\n'), 8000);
  for (std::size_t at = 0; at < read.size(); at += 61) {
    ASSERT_EQ(read.substr(at, 61), std::string(60, read[at]) + "\n");
  }
}

// Fault 31, seen from the log: whoever floods the service may fill a pipe that nobody reads, not its memory.
TEST(LogOutput, DropsAndCountsWhatNobodyReads) {
  Pipe pipe;
  LogOutput output(make_descriptor_sink(pipe.writer()));
  const std::string line(1000, 'x');
  const std::size_t room = LogOutput::kLimit / (line.size() + 1);
  for (std::size_t i = 0; i < room + 50; ++i) output.add(line);
  std::string read;
  std::thread reader([&] { read = pipe.read_all(); });
  output.write_now("urgent lines are never dropped");
  output.add("after it there is room again");
  output.flush();
  pipe.close_writer();
  reader.join();
  EXPECT_LE(read.size(), LogOutput::kLimit + 1000);
  const auto report_at = read.find("{\"time\"");
  ASSERT_NE(report_at, std::string::npos);
  const auto report = read.substr(report_at, read.find('\n', report_at) - report_at);
  EXPECT_TRUE(json::read_document(report)) << report;
  EXPECT_NE(report.find("\"event\":\"log_lines_dropped\""), std::string::npos);
  const auto written = (report_at + line.size()) / (line.size() + 1);
  EXPECT_NE(report.find("\"count\":" + std::to_string(room + 50 - written) + "}"), std::string::npos) << report;
  EXPECT_TRUE(read.ends_with("urgent lines are never dropped\nafter it there is room again\n"));
}

// A log that nobody reads any more may not stop the service: not even a warning waits for it for ever.
TEST(LogOutput, AReaderThatStopsReadingIsNotWaitedForTwice) {
  Pipe pipe;
  LogOutput output(make_descriptor_sink(pipe.writer()));
  const std::string line(1000, 'x');
  for (int i = 0; i < 500; ++i) output.write_now(line);
  EXPECT_GT(output.dropped(), 300U);
  EXPECT_LT(output.dropped(), 500U);
  // He reads again: what is there is whole lines, and he hears of the rest.
  std::string read = pipe.read_some();
  output.write_now("again");
  output.flush();
  pipe.close_writer();
  read += pipe.read_all();
  std::istringstream lines(read);
  for (std::string each; std::getline(lines, each);) {
    EXPECT_TRUE(each == line || each == "again" || each.find("log_lines_dropped") != std::string::npos) << each;
  }
  EXPECT_NE(read.find("\"count\":" + std::to_string(output.dropped()) + "}"), std::string::npos);
  EXPECT_TRUE(read.ends_with("again\n"));
}

TEST(LogOutput, WhatFollowsALineThatWasCutOffIsWhole) {
  Pipe pipe;
  LogOutput output(make_descriptor_sink(pipe.writer()));
  const std::string line(10'000, 'x');  // more than a pipe takes at once
  for (int i = 0; i < 20; ++i) output.write_now(line);
  std::string read = pipe.read_some();
  output.write_now("again");
  pipe.close_writer();
  read += pipe.read_all();
  std::istringstream lines(read);
  int cut_off = 0;
  for (std::string each; std::getline(lines, each);) {
    if (each.starts_with('x')) {
      cut_off += each == line ? 0 : 1;
      EXPECT_EQ(each.find_first_not_of('x'), std::string::npos) << each.substr(each.find_first_not_of('x'));
    } else {
      EXPECT_TRUE(each == "again" || each.find("log_lines_dropped") != std::string::npos) << each;
    }
  }
  EXPECT_EQ(cut_off, 1);
}

/// A sink that loses what comes while it is told to.
class LosingSink final : public LogSink {
 public:
  std::size_t write(std::string_view lines) override {
    if (full) return count_lines(lines);
    written += lines;
    return 0;
  }
  bool full = false;
  std::string written;
};

TEST(LogOutput, WhatTheSinkLosesIsCountedAndSaidWhenThereIsRoom) {
  auto owned = std::make_unique<LosingSink>();
  LosingSink& sink = *owned;
  LogOutput output(std::move(owned));
  output.write_now("before");
  sink.full = true;
  output.write_now("lost");
  output.add("lost");
  output.flush();
  output.write_now("lost");
  EXPECT_EQ(sink.written, "before\n");
  EXPECT_EQ(output.dropped(), 3U);
  sink.full = false;
  output.write_now("after");
  EXPECT_NE(sink.written.find("\"event\":\"log_lines_dropped\",\"count\":3}\nafter\n"), std::string::npos)
      << sink.written;
  output.write_now("and it is said once");
  EXPECT_TRUE(sink.written.ends_with("after\nand it is said once\n")) << sink.written;
}

TEST(LogOutput, AnotherSinkGetsWhatComesAfterIt) {
  Pipe first, second;
  LogOutput output(make_descriptor_sink(first.writer()));
  output.add("one");
  output.replace(make_descriptor_sink(second.writer()));
  output.add("two");
  output.flush();
  EXPECT_EQ(first.read_some(), "one\n");
  EXPECT_EQ(second.read_some(), "two\n");
}

}  // namespace
}  // namespace yizhan::log
