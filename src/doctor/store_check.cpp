#include "doctor/store_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/retention.h"
#include "base/readable.h"
#include "store/retention.h"

namespace yizhan::doctor {
namespace {

struct Trouble {
  std::string_view code;  ///< of store.h
  Symptom symptom;
  std::string_view mend;
};
constexpr std::array kTroubles{
    Trouble{"store_missing", symptom("store_missing"),
            "start the service, which makes it: 'yizhan up'; or name the right one with --store or --data-dir"},
    Trouble{"store_corrupt", symptom("store_corrupt"),
            "stop the service, keep a copy of the file and of its -wal and -shm, then restore the newest backup"},
    Trouble{"store_newer", symptom("store_newer"), "use the version of yizhan that wrote it, or a later one"},
    Trouble{"schema_outdated", symptom("schema_outdated"), "yizhan migrate"},
};

Finding of_error(const StoreFacts& facts, const Error& error) {
  for (const Trouble& trouble : kTroubles) {
    if (trouble.code == error.code) {
      return found(trouble.symptom, facts.place, error.message, std::string(trouble.mend));
    }
  }
  return found(symptom("store_unavailable"), facts.place, error.message,
               facts.place.empty()
                   ? "start PostgreSQL, or correct store.url; 'yizhan status' says when it is ready again"
                   : "check the disk and the file's permissions, and end SQL shells with an open "
                     "transaction");
}

std::optional<Finding> of_space(const StoreFacts& facts) {
  if (!facts.space) return std::nullopt;
  const auto [available, capacity] = *facts.space;
  const std::string evidence = fmt::format("{} of {} are left on the file system of the store.",
                                           readable_bytes(available), readable_bytes(capacity));
  const std::string mend = fmt::format("make room on that file system ('df -h {}'); the service goes on by itself",
                                       std::filesystem::path(facts.place).parent_path().string());
  if (available < kNoRoom) return found(symptom("disk_full"), facts.place, evidence, mend);
  const bool little =
      available < kLittleRoom && static_cast<double>(available) < kLittleShare * static_cast<double>(capacity);
  if (little) return found(symptom("disk_low"), facts.place, evidence, mend);
  return std::nullopt;
}

std::optional<Finding> of_quota(const StoreFacts& facts) {
  if (!facts.taken || facts.taken->used_share() < kSpaceWarning) return std::nullopt;
  const bool exceeded = facts.taken->used_bytes > facts.taken->quota_bytes;
  const bool is_set = facts.disk_quota > 0;
  return found(exceeded ? symptom("quota_exceeded") : symptom("quota_low"),
               is_set ? "retention.disk_quota" : facts.place, app::readable_space(*facts.taken),
               fmt::format("shorten the ages in [retention], or {}; 'yizhan retention status' says what goes when",
                           is_set ? "raise retention.disk_quota" : "make the file system larger"));
}

/// `fsync` of `PostgreSQL runs with fsync = off: …`; empty where the sentence names no setting.
std::string setting_of(std::string_view warning) {
  const auto end = warning.find(" = off");
  if (end == std::string_view::npos) return {};
  return std::string(warning.substr(warning.rfind(' ', end - 1) + 1, end - warning.rfind(' ', end - 1) - 1));
}

Finding of_warning(const std::string& warning) {
  const std::string setting = setting_of(warning);
  if (setting.empty()) {
    return found(
        symptom("failover_can_lose"), "", warning,
        "name a standby in synchronous_standby_names, or accept it: docs/operations.md, \"What a crash means\"");
  }
  const std::string mend = fmt::format("as its superuser: ALTER SYSTEM SET {} = on; SELECT pg_reload_conf();", setting);
  if (setting == "autovacuum") return found(symptom("store_setting_doubtful"), setting, warning, mend);
  return found(symptom("durability_off"), setting, warning, mend);
}

}  // namespace

std::vector<Finding> judge_store(const StoreFacts& facts) {
  std::vector<Finding> findings;
  if (facts.error) findings.push_back(of_error(facts, *facts.error));
  // Where no quota is set, it is the file system's room: of that one finding is enough.
  auto room = of_space(facts);
  if (!room || facts.disk_quota > 0) {
    if (auto quota = of_quota(facts)) findings.push_back(std::move(*quota));
  }
  if (room) findings.push_back(std::move(*room));
  if (facts.sync && *facts.sync > kSlowSync) {
    findings.push_back(found(
        symptom("sync_slow"), facts.place,
        fmt::format("A sync of 4 KiB takes {} ms there; every commit waits for one.",
                    std::chrono::floor<Milliseconds>(*facts.sync).count()),
        "move the data directory to a local disk (an SSD, no network file system), or stop what keeps this one busy"));
  }
  if (facts.log > kLongLog) {
    findings.push_back(found(
        symptom("log_held"), facts.place + "-wal",
        fmt::format("The log of the database has {}; it grows, and makes reading slow.", readable_bytes(facts.log)),
        fmt::format("end the shell or program that keeps a transaction open on {} ('fuser {}' names them); the service "
                    "then moves the log into the database, some seconds for each GiB",
                    facts.place, facts.place)));
  }
  for (const std::string& warning : facts.warnings) findings.push_back(of_warning(warning));
  return findings;
}

Result<Microseconds> measure_sync(const std::string& directory) {
  const int file = ::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  const auto refuse = [&] {
    const std::string why = std::strerror(errno);
    if (file >= 0) ::close(file);
    return fail("file_unwritable", fmt::format("the speed of syncs in {} cannot be measured: {}", directory, why));
  };
  if (file < 0) return refuse();
  const std::array<char, 4096> page{};
  std::array<Microseconds, 5> taken{};
  for (Microseconds& each : taken) {
    const auto start = std::chrono::steady_clock::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) return refuse();
    each = std::chrono::floor<Microseconds>(std::chrono::steady_clock::now() - start);
  }
  ::close(file);
  std::ranges::nth_element(taken, taken.begin() + taken.size() / 2);
  return taken[taken.size() / 2];
}

void check_store(const Installation& installation, Notes& notes) {
  StoreFacts facts;
  facts.error = installation.store_error;
  facts.disk_quota = installation.config.retention.disk_quota;
  const auto url = store::parse_store_url(installation.config.store.url);
  if (url && url->engine == store::StoreUrl::Engine::kSqlite) {
    facts.place = url->text;
    const auto directory = std::filesystem::absolute(facts.place).parent_path();
    std::error_code unknown;
    if (const auto space = std::filesystem::space(directory, unknown); !unknown) {
      facts.space = {.available = space.available, .capacity = space.capacity};
    }
    if (const auto log = std::filesystem::file_size(facts.place + "-wal", unknown); !unknown) facts.log = log;
    if (std::filesystem::exists(directory, unknown)) facts.sync = notes.look(measure_sync(directory.string()));
  }
  if (installation.store != nullptr) {
    facts.taken = notes.look(store::store_space(*installation.store, facts.disk_quota, installation.now));
  }
  // Of an embedded store they speak of its room, which was measured.
  if (installation.store != nullptr && facts.place.empty()) {
    if (auto warnings = notes.look(installation.store->warnings())) facts.warnings = std::move(*warnings);
  }
  notes.add(judge_store(facts));
}

}  // namespace yizhan::doctor
