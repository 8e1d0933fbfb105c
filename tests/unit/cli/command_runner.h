// Runs commands as main() would, with everything captured, on a real embedded store in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cli/cli.h"
#include "harness/temporary_folder.h"
#include "store/store.h"

namespace yizhan::cli {

struct CommandOutcome {
  int status = 0;
  std::string out;
  std::string err;
};

class CommandRunner {
 public:
  CommandRunner() {
    environment["YIZHAN_DATA_DIR"] = folder_ / "data";
    environment["YIZHAN_CONFIG"] = folder_ / "yizhan.toml";
    // Nobody listens there: commands that look for a running service must not find one of this machine.
    environment["YIZHAN_API_LISTEN"] = "127.0.0.1:1";
    write_file("yizhan.toml",
               "[platforms.crm]\nbase_url = \"https://crm.example/hooks\"\nsigning = \"none\"\n"
               "[platforms.shop]\nbase_url = \"https://shop.example\"\nsigning = \"none\"\n");
  }
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;

  /// `typed`: standard input. With `terminal` all three streams are one, 100 columns wide, without colours.
  CommandOutcome run(const std::vector<std::string>& arguments, const std::string& typed = "", bool terminal = false) {
    std::istringstream in(typed);
    std::ostringstream out;
    std::ostringstream err;
    Terminal streams{in, out, err};
    streams.in_is_terminal = streams.out_is_terminal = streams.err_is_terminal = terminal;
    streams.width = terminal ? 100 : 0;
    const int status = cli::run(arguments, streams, environment);
    return {status, out.str(), err.str()};
  }
  /// One that must succeed; answers its standard output.
  std::string output_of(const std::vector<std::string>& arguments, const std::string& typed = "") {
    const CommandOutcome outcome = run(arguments, typed);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  std::filesystem::path write_file(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    std::filesystem::permissions(folder_ / name,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return folder_ / name;
  }
  std::string read_file(const std::string& name) {
    std::ostringstream content;
    content << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return content.str();
  }
  const std::filesystem::path& folder() const { return folder_.path(); }

  // ---- what a service would have done
  // --------------------------------------------------------------------------------

  /// Stores an event and makes it what `failures` failed attempts and then, where `last` is not pending, that state
  /// make it.
  std::string add_event(const std::string& platform, EventStatus last, int failures,
                        const std::string& payload = "{}") {
    const UtcTime now = utc_now();
    store::NewEvent event;
    event.event.id = ids_.make(now);
    event.event.platform = platform;
    event.event.event_type = "order.paid";
    event.event.payload = payload;
    event.event.correlation = "order-" + std::to_string(++events_);
    event.event.created_at = now;
    event.first_attempt_at = now;
    event.endpoint_key = 1;
    event.lease_token = "token";
    event.lease = Seconds(60);
    store::WriteBatch batch;
    batch.now = now;
    batch.accepts.push_back({{event}});
    auto& store = opened();
    const auto reply = store.write(batch);
    if (!reply || !reply->accepts.front()) throw std::runtime_error("event was not stored");
    const store::Accepted accepted = reply->accepts.front()->front();
    const int attempts = failures + (last == EventStatus::kDelivered ? 1 : 0);
    for (int attempt = 1; attempt <= attempts; ++attempt) {
      const bool final = attempt == attempts;
      const EventStatus next = final && last != EventStatus::kPending ? last : EventStatus::kRetrying;
      record(accepted, next, final && last == EventStatus::kDelivered);
      if (next == EventStatus::kRetrying && !final) claim();
    }
    if (attempts == 0) release(accepted);
    return accepted.id;
  }

  /// As the service does it, which alone receives: for as long as this takes it owns the file.
  void receive(std::vector<store::ReceiveCall> calls) {
    const auto factory = std::move(store::open_store(url(), store::OpenMode::kServe).value());
    const auto writer = std::move(factory->open_writer().value());
    store::WriteBatch batch;
    batch.now = utc_now();
    batch.receives = std::move(calls);
    const auto reply = writer->write(batch);
    if (!reply) throw std::runtime_error(reply.error().message);
    for (const auto& each : reply->receives) {
      if (!each) throw std::runtime_error(each.error().message);
    }
  }

  store::Store& opened() {
    if (!store_) {
      factory_ = std::move(store::open_store(url(), store::OpenMode::kTool).value());
      store_ = std::move(factory_->open_reader().value());
    }
    return *store_;
  }

  config::Variables environment;

 private:
  store::StoreUrl url() const { return {store::StoreUrl::Engine::kSqlite, (folder_ / "data" / "yizhan.db").string()}; }
  void record(const store::Accepted& event, EventStatus next, bool succeeded) {
    store::WriteBatch batch;
    batch.now = utc_now();
    store::AttemptRecord record;
    record.sequence = event.sequence;
    record.event_id = event.id;
    record.lease_token = "token";
    record.outcome.error_class = succeeded ? ErrorClass::kNone : ErrorClass::kHttp5xx;
    record.outcome.response_status = succeeded ? 200 : 503;
    record.outcome.error_message = succeeded ? "" : "answered with status 503";
    record.outcome.started_at = batch.now;
    record.outcome.duration = Milliseconds(7);
    record.next_status = next;
    record.next_attempt_at = batch.now;
    record.recorded_at = batch.now;
    batch.records.push_back(record);
    const auto reply = opened().write(batch);
    if (!reply || reply->records.front() != store::RecordReply::kRecorded) throw std::runtime_error("not recorded");
  }
  void claim() {
    store::WriteBatch batch;
    batch.now = utc_now();
    batch.claims.push_back({.endpoint_key = 1, .limit = 1, .lease_token = "token", .lease = Seconds(60)});
    const auto reply = opened().write(batch);
    if (!reply || reply->claims.front().events.size() != 1) throw std::runtime_error("not claimed");
  }
  void release(const store::Accepted& event) {
    store::WriteBatch batch;
    batch.now = utc_now();
    batch.releases.push_back({event.sequence, "token", {}, {}, {}});
    if (!opened().write(batch)) throw std::runtime_error("not released");
  }

  TemporaryFolder folder_;
  IdMaker ids_;
  int events_ = 0;
  std::unique_ptr<store::StoreFactory> factory_;
  std::unique_ptr<store::Store> store_;
};

/// A test with a store that is migrated and empty.
class StoreCommandTest : public ::testing::Test {
 public:
  void SetUp() override { commands.output_of({"migrate"}); }
  CommandRunner commands;
};

}  // namespace yizhan::cli
