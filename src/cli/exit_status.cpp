#include "cli/exit_status.h"

#include <algorithm>

namespace yizhan::cli {
namespace {

constexpr std::array kUsageCodes{std::string_view("usage_invalid"),           std::string_view("store_url_invalid"),
                                 std::string_view("listen_address_invalid"),  std::string_view("secret_invalid"),
                                 std::string_view("signing_options_invalid"), std::string_view("url_invalid"),
                                 std::string_view("public_key_invalid"),      std::string_view("master_key_missing"),
                                 std::string_view("master_key_invalid"),      std::string_view("master_key_unreadable"),
                                 std::string_view("secret_not_opened"),       std::string_view("secret_in_clear")};
constexpr std::array kUnavailableCodes{std::string_view("store_unavailable"),      std::string_view("store_locked"),
                                       std::string_view("commit_outcome_unknown"), std::string_view("store_busy"),
                                       std::string_view("service_unavailable"),    std::string_view("schema_outdated")};

bool contains(const auto& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

ExitStatus exit_status_of(const Error& error) {
  if (error.code.ends_with("_not_found")) return ExitStatus::kNotFound;
  if (error.code == "interrupted") return ExitStatus::kInterrupted;
  if (contains(kUsageCodes, error.code) || error.code.starts_with("config_")) return ExitStatus::kUsage;
  if (contains(kUnavailableCodes, error.code)) return ExitStatus::kStoreUnavailable;
  return ExitStatus::kFailed;
}

}  // namespace yizhan::cli
