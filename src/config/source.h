// Where callbacks come in, and where what they bring goes, as it is configured: the tables [sources.<name>] and
// [[routes]]. What each kind of source does is in receive/.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "config/hmac_options.h"

namespace yizhan::config {

/// Named as receive/sources.h names them.
enum class SourceKind {
  kWxpay,
  kAlipay,
  kEasypay,
  kPlatform,
  kSub2api,
  kNewapi,
  kExpress,
  kKuaidi100,
  kKdniao,
  kGithub,
  kStripe,
  kShopify,
  kSlack,
  kStandardWebhooks,
  kHmac,
};

struct Source {
  std::string name;  ///< lower-case letters, digits, `-`, `_`; at most 64
  SourceKind kind = SourceKind::kHmac;
  bool enabled = true;
  std::string account;   ///< the last part of its path
  std::string platform;  ///< gets the events that its callbacks cause; empty: none are made
  bool reject_unfit = true;
  double rate_per_second = 0;  ///< 0: no limit
  double burst = 0;            ///< callbacks at once, above the rate
  Seconds silence{0};          ///< as domain/silence.h reads it

  /// In the order given; the contents of the secret files (without a line end) come last.
  std::vector<std::string> secrets;
  std::vector<std::string> secret_files;  ///< already read into `secrets`
  std::vector<std::string> api_v3_keys;   ///< likewise
  std::vector<std::string> api_v3_key_files;
  std::vector<std::string> public_key_files;
  std::vector<std::string> public_key_ids;  ///< of wxpay: as many as public_key_files, in their order
  std::vector<std::string> certificate_files;
  std::vector<std::string> public_keys;   ///< contents of public_key_files
  std::vector<std::string> certificates;  ///< contents of certificate_files

  std::vector<std::string> app_ids;  ///< empty: any of the merchant's
  std::string mch_id;
  std::string seller_id;
  std::string pid;
  std::string business_id;

  bool reject_invalid_signature = true;  ///< express only; false: recorded and let through
  Seconds tolerance{300};                ///< of a signed timestamp, in either direction

  // For SourceKind::kHmac; the header for kPlatform too.
  std::string signature_header;
  HmacOptions hmac;
  std::string id_header;           ///< carries `{id}` of the signed text
  std::string idempotency_header;  ///< one of the two, or neither: the body's digest is the key then
  std::string idempotency_field;
  std::string event_type_header;
  std::string event_type_field;
};

struct Route {
  std::string name;  ///< its number, from 1: [[routes]] in the order of the file
  std::string source;
  std::string event_type;
  std::vector<std::string> where;
  std::string platform;
  std::string rename;
};

}  // namespace yizhan::config
