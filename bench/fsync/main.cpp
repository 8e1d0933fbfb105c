// yizhan_bench_fsync FILE SECONDS: how often a second this disk makes 4 KiB durable, one after the other. It bounds
// every store that acknowledges nothing before it is durable: with n events in one commit, n times this figure.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 4096;
constexpr off_t kFileBytes = 16 << 20;  // as a write-ahead log, the file is written over and over

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: yizhan_bench_fsync FILE SECONDS\n");
    return 2;
  }
  const int file = open(argv[1], O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0 || posix_fallocate(file, 0, kFileBytes) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  unlink(argv[1]);

  std::array<char, kBlock> block;
  block.fill('y');
  std::vector<double> milliseconds;
  const Clock::time_point begin = Clock::now();
  const auto length = std::chrono::duration<double>(std::atof(argv[2]));
  off_t at = 0;
  while (Clock::now() - begin < length) {
    const Clock::time_point start = Clock::now();
    if (pwrite(file, block.data(), block.size(), at) != static_cast<ssize_t>(kBlock) || fdatasync(file) != 0) {
      std::perror("write");
      return 1;
    }
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    at = (at + static_cast<off_t>(kBlock)) % kFileBytes;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::ranges::sort(milliseconds);
  std::printf(R"({"per_second":%.1f,"p50_ms":%.3f,"p99_ms":%.3f})"
              "\n",
              static_cast<double>(milliseconds.size()) / seconds, milliseconds[milliseconds.size() / 2],
              milliseconds[milliseconds.size() * 99 / 100]);
  return 0;
}
