// A platform as the dispatcher needs it: where its callbacks go, how they look, who may read them. Built once from the
// configuration, shared, never changed; a reload makes a new one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/policy.h"
#include "http/client.h"
#include "verify/signing.h"

namespace yizhan::dispatch {

enum class Envelope {
  kNone,      ///< the payload is the body, byte for byte
  kStandard,  ///< {"type","timestamp","data"}, as Standard Webhooks recommends
};

struct Platform {
  std::string name;
  bool enabled = true;   ///< false: its events wait
  std::string base_url;  ///< may be empty when every event brings a full URL
  DeliveryPolicy policy;
  std::shared_ptr<const verify::Signer> signer;
  /// With SigningSecret::kPrevious alone; null where nothing is being replaced.
  std::shared_ptr<const verify::Signer> previous_signer;
  Envelope envelope = Envelope::kNone;
  std::string event_id_header;  ///< carries the event id on every attempt
  std::string event_type_header;
  std::string content_type = "application/json";
  std::string extra_header_lines;             ///< each `Name: value\r\n`
  std::shared_ptr<http::TlsCredentials> tls;  ///< null: the system's authorities
  std::shared_ptr<const std::vector<http::Network>> extra_networks;
  bool ordered = true;  ///< events with an order_key go out strictly in order
};

using Platforms = std::unordered_map<std::string, std::shared_ptr<const Platform>>;

}  // namespace yizhan::dispatch
