// Who is told of a parcel and in what words, as it is configured: the section [notify] and the tables
// [[notify_templates]]. What is made of it is in notify/.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace yizhan::config {

/// Of the texts that are not configured.
enum class NotifyLanguage { kChinese, kEnglish };

struct NotifySection {
  Milliseconds poll_interval{1000};  ///< the longest that an edit by hand waits to be noticed
  int batch_size = 100;              ///< rows of notify_queue taken at once
  NotifyLanguage language = NotifyLanguage::kChinese;

  /// Where the orders are, when they are behind Supabase or another PostgREST service. Empty: in the store itself.
  std::string supa_url;
  std::string supa_key;
  std::string supa_key_file;  ///< already read into `supa_key`
  bool supa_use_bearer = false;
  bool use_rls_safe_rpc = false;
  std::string rpc_token;
  std::string rpc_token_file;  ///< already read into `rpc_token`
  Milliseconds supa_timeout{10000};
  std::vector<std::string> outbound_allow;  ///< networks that supa_url may be in, beside outbound.allow

  bool operator==(const NotifySection&) const = default;
};

/// Empty texts are taken from the next template that fits.
struct NotifyTemplate {
  std::string name;  ///< its number, from 1: [[notify_templates]] in the order of the file
  std::string status = "*";
  std::string audience = "*";  ///< `user`, `merchant`, `*`
  std::string title;
  std::string body;
  std::string safe_text;
  bool silent = false;

  bool operator==(const NotifyTemplate&) const = default;
};

}  // namespace yizhan::config
