#include "bench_store.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <numeric>

#include "base/random.h"

namespace yizhan::bench {
namespace {

constexpr std::size_t kBodyBytes = 600;

std::int64_t steady_micros() {
  return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

Options read_options(int count, char** words, const std::string& says, const std::vector<std::string>& scenarios) {
  Options options;
  options.scenario = scenarios.front();
  CLI::App app(says);
  app.option_defaults()->always_capture_default();
  app.add_option("--store", options.store, "As YIZHAN_STORE names it");
  app.add_option("--scenario", options.scenario, "What is measured")->check(CLI::IsMember(scenarios));
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch, "Items of one transaction")->check(CLI::Range(1, 100'000));
  app.add_option("--present", options.present, "Items that are there first")->check(CLI::NonNegativeNumber);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

void die(std::string_view message) {
  fmt::print(stderr, "{}\n", message);
  std::exit(1);
}

std::string some_body() {
  Random letters(1);
  std::string body;
  for (std::size_t i = 0; i < kBodyBytes; ++i) body += "{\"abcdefgh:1234567,}"[letters.next() % 20];
  return body;
}

BenchStore::BenchStore(const std::string& text) {
  const auto url = store::parse_store_url(text);
  if (!url) die(url.error().message);
  if (url->engine == store::StoreUrl::Engine::kSqlite) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(url->text + suffix);
  }
  auto factory = store::open_store(*url, store::OpenMode::kServe);
  if (!factory) die(factory.error().message);
  if (const auto migrated = (*factory)->migrate(); !migrated) die(migrated.error().message);
  auto writer = (*factory)->open_writer();
  if (!writer) die(writer.error().message);
  factory_ = std::move(*factory);
  writer_ = std::move(*writer);
}

Stopwatch::Stopwatch(const Options& options) : options_(options), begun_(steady_micros()) {}

bool Stopwatch::is_over() const {
  return static_cast<double>(steady_micros() - begun_) >= options_.seconds * 1e6;
}

void Stopwatch::begin_commit() {
  commit_cpu_begun_ = thread_cpu_seconds();
  commit_begun_ = steady_micros();
}

void Stopwatch::end_commit() {
  commits_.push_back(steady_micros() - commit_begun_);
  cpu_seconds_ += thread_cpu_seconds() - commit_cpu_begun_;
}

void Stopwatch::print(std::string_view what, std::int64_t count) {
  if (commits_.empty()) die("nothing was measured");
  std::ranges::sort(commits_);
  const auto took = static_cast<double>(std::accumulate(commits_.begin(), commits_.end(), std::int64_t{0})) * 1e-6;
  const auto all = static_cast<double>(std::max<std::int64_t>(count, 1));
  const auto share = [&](double part) {
    return commits_[static_cast<std::size_t>(static_cast<double>(commits_.size() - 1) * part)];
  };
  fmt::print(
      "{:9} batch {} present {}: {:.0f} {}/s, {:.2f} us of processor each; a commit p50 {} us, p99 {} us, max {} us; "
      "{} {}\n",
      options_.scenario, options_.batch, options_.present, all / took, what, cpu_seconds_ * 1e6 / all, share(0.5),
      share(0.99), share(1), count, what);
}

}  // namespace yizhan::bench
