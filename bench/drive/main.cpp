// yizhan_bench_drive: the benchmark's producer and receiving platform in one thread with one clock.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "drive/run.h"

namespace {

/// NAME=PID[,PID…]
void add_watched(const std::string& text, yizhan::bench::RunOptions& options) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw CLI::ValidationError("--watch", "give it as NAME=PID[,PID...]");
  for (const std::string& process : CLI::detail::split(text.substr(equals + 1), ',')) {
    options.watch[text.substr(0, equals)].push_back(static_cast<pid_t>(std::stol(process)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  yizhan::bench::RunOptions options;
  std::vector<std::string> watch;

  CLI::App app("Posts events, receives their callbacks, and prints what became of them as one line of JSON.");
  app.add_option("--port", options.load.port, "Where to post; without it nothing is posted");
  app.add_option("--path", options.load.shape.path, "Request target");
  app.add_option("--platform", options.load.shape.platform, "Platform of the events");
  app.add_option("--array", options.load.shape.events_per_request, "Events in one request")->check(CLI::Range(1, 1000));
  app.add_option("--not-before", options.load.shape.not_before, "RFC 3339 time of the first attempt");
  app.add_flag("--idempotency-keys", options.load.shape.idempotency_keys, "Give every event a key of its own");
  app.add_option("--callback-secret", options.load.shape.callback_secret,
                 "Post callbacks as GitHub sends them, signed with this secret, instead of events");
  app.add_option("--express-secret", options.load.shape.express_secret,
                 "Post statuses of parcels as a carrier sends them, signed with this secret, instead of events");
  app.add_option("--parcels", options.load.shape.parcels, "How many parcels they are about")
      ->check(CLI::PositiveNumber);
  app.add_option("--connections", options.load.connections, "Keep-alive connections")->check(CLI::Range(1, 10000));
  app.add_option("--rate", options.load.events_per_second, "Events a second (open loop); 0: as fast as answers come");
  app.add_option("--window", options.load.window, "Most events accepted and not yet delivered; 0: no limit");
  app.add_option("--total", options.load.total, "Stop after so many events; 0: no limit");
  app.add_option("--first-number", options.first_number, "Number of the first event");

  app.add_option("--sink-port", options.sink.port, "Receive callbacks here; without it there is no sink");
  app.add_option("--secret", options.sink.secret, "Secret of X-CS-Signature");
  app.add_option("--check-every", options.sink.check_every, "Check one callback in so many; 0: none");
  app.add_option("--fail-every", options.sink.fail_every, "On /fail-first: one event in so many fails once");
  app.add_option("--push-number", options.sink.push_number,
                 "Be a cloud function that pushes: the event's number ends this member of each call");
  app.add_option("--expect", options.expect, "Events of an earlier run, numbered from --first-number, to receive");

  app.add_option("--warm-up", options.warm_up_seconds, "Seconds before the measured window");
  app.add_option("--seconds", options.seconds, "Seconds of the measured window");
  app.add_option("--drain", options.drain_seconds, "Seconds to wait afterwards, at most");
  app.add_option("--side-events", options.side_events, "Events for --side-platform, accepted before the warm-up");
  app.add_option("--side-platform", options.side_platform, "Platform of the side events");
  app.add_option("--retry-delay", options.retry_delay_seconds, "Seconds that the service waits before a retry");
  app.add_option("--watch", watch, "NAME=PID[,PID...]: measure CPU and memory of these and their descendants");
  CLI11_PARSE(app, argc, argv);

  try {
    for (const std::string& text : watch) add_watched(text, options);
    std::puts(yizhan::bench::run(options).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "yizhan_bench_drive: %s\n", error.what());
    return 1;
  }
}
