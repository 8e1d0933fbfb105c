// What both programs of this folder are made of: their options, the store that they measure, on one thread, and how
// long its commits took. Errors end the program, with a message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace yizhan::bench {

struct Options {
  std::string store = "sqlite:yizhan-store-bench.db";
  std::string scenario;  ///< by default the first of those that there are
  double seconds = 5;
  int batch = 200;           ///< items of one transaction
  std::int64_t present = 0;  ///< items that are there first
};

Options read_options(int count, char** words, const std::string& says, const std::vector<std::string>& scenarios);

[[noreturn]] void die(std::string_view message);

/// 600 bytes that look like JSON and do not compress to nothing.
std::string some_body();

/// An embedded file is made anew; a database is taken as it is.
class BenchStore {
 public:
  explicit BenchStore(const std::string& url);
  store::Store& operator*() const { return *writer_; }

 private:
  std::unique_ptr<store::StoreFactory> factory_;
  std::unique_ptr<store::Store> writer_;
};

/// Goes on for Options::seconds, and prints what the commits took: on the clock, and of this thread's processor time,
/// which does not depend on who else uses the machine.
class Stopwatch {
 public:
  explicit Stopwatch(const Options& options);
  bool is_over() const;
  /// Around each commit.
  void begin_commit();
  void end_commit();
  /// `what`: events or callbacks; as many were taken through.
  void print(std::string_view what, std::int64_t count);

 private:
  const Options& options_;
  std::int64_t begun_;  ///< microseconds of the steady clock, as the following
  std::int64_t commit_begun_ = 0;
  double commit_cpu_begun_ = 0;
  double cpu_seconds_ = 0;
  std::vector<std::int64_t> commits_;
};

}  // namespace yizhan::bench
