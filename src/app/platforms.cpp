#include "app/platforms.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/networks.h"
#include "verify/header_text.h"

namespace yizhan::app {
namespace {

std::string header_lines(const config::Platform& platform) {
  std::string lines;
  for (const auto& [name, value] : platform.headers) lines += fmt::format("{}: {}\r\n", name, value);
  return lines;
}

bool has_previous_secret(const config::Signing& signing) {
  return signing.scheme != SigningScheme::kNone && signing.secrets.size() > 1;
}

Result<std::shared_ptr<const dispatch::Platform>> make_platform(const config::Platform& configured) {
  auto platform = std::make_shared<dispatch::Platform>();
  platform->name = configured.name;
  platform->enabled = configured.enabled;
  platform->base_url = configured.base_url;
  platform->policy = configured.policy;
  platform->envelope =
      configured.envelope == config::Envelope::kStandard ? dispatch::Envelope::kStandard : dispatch::Envelope::kNone;
  platform->event_id_header = configured.event_id_header;
  platform->event_type_header = configured.event_type_header;
  platform->content_type = configured.content_type;
  platform->extra_header_lines = header_lines(configured);
  platform->ordered = configured.ordered;

  verify::SigningOptions options = signing_options(configured);
  auto signer = verify::make_signer(options);
  if (!signer) return std::unexpected(std::move(signer.error()));
  platform->signer = std::move(*signer);
  if (has_previous_secret(configured.signing)) {
    options.secrets = {configured.signing.secrets[1]};
    auto previous = verify::make_signer(options);
    if (!previous) return std::unexpected(std::move(previous.error()));
    platform->previous_signer = std::move(*previous);
  }
  // A signed id goes out in the signer's header; a second one of that name would make the callback ambiguous.
  const auto is_event_id = [&](const std::string& name) {
    return verify::same_header_name(name, platform->event_id_header);
  };
  if (std::ranges::any_of(platform->signer->header_names(), is_event_id)) platform->event_id_header.clear();

  if (!configured.base_url.empty()) {
    if (auto url = http::parse_url(configured.base_url); !url) return std::unexpected(std::move(url.error()));
  }
  if (!configured.ca_file.empty() || !configured.client_certificate_file.empty()) {
    auto credentials = http::load_tls_credentials(
        {configured.ca_file, configured.client_certificate_file, configured.client_key_file});
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    platform->tls = std::move(*credentials);
  }
  auto allowed = shared_networks(configured.outbound_allow);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  platform->extra_networks = std::move(*allowed);
  return platform;
}

}  // namespace

verify::SigningOptions signing_options(const config::Platform& platform) {
  const config::Signing& signing = platform.signing;
  verify::SigningOptions options;
  options.scheme = signing.scheme;
  options.secrets = signing.secrets;
  options.signature_header = signing.signature_header;
  options.prefix = signing.hmac.prefix;
  options.encoding = signing.hmac.encoding;
  options.algorithm = signing.hmac.algorithm;
  options.timestamp_header = signing.hmac.timestamp_header;
  options.signed_text = signing.hmac.signed_text;
  if (options.signed_text.contains("{id}")) options.id_header = platform.event_id_header;
  return options;
}

Result<void> check_previous_secret(const config::Config& config, std::string_view name) {
  const config::Platform* const platform = config.find_platform(name);
  if (platform != nullptr && has_previous_secret(platform->signing)) return {};
  if (platform == nullptr || platform->signing.scheme == SigningScheme::kNone) {
    return fail("previous_secret_missing", fmt::format("events of platform '{}' are not signed", name));
  }
  if (platform->signing.secrets.empty()) return {};
  return fail(
      "previous_secret_missing",
      fmt::format("platform '{0}' has one secret: name the previous one as the second of platforms.{0}.secrets, "
                  "or replay without choosing a secret",
                  name));
}

Result<dispatch::Platforms> make_platforms(const config::Config& config) {
  dispatch::Platforms platforms;
  for (const config::Platform& configured : config.platforms) {
    auto platform = make_platform(configured);
    if (!platform) {
      return fail(platform.error().code, fmt::format("platform '{}': {}", configured.name, platform.error().message));
    }
    platforms.emplace(configured.name, std::move(*platform));
  }
  return platforms;
}

}  // namespace yizhan::app
