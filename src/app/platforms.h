// The configured platforms, made ready for the dispatcher: secrets become signers, certificate files are loaded.
#pragma once

#include "base/error.h"
#include "config/config.h"
#include "dispatch/platform.h"

namespace yizhan::app {

/// Codes `secret_invalid`, `signing_options_invalid`, `tls_files_invalid`, `network_invalid`, `url_invalid`; the
/// message names the platform.
Result<dispatch::Platforms> make_platforms(const config::Config& config);

/// Whether events of this platform can be signed with SigningSecret::kPrevious. A command may not be able to read the
/// secrets: where it sees none at all it leaves that to the service. Code `previous_secret_missing`.
Result<void> check_previous_secret(const config::Config& config, std::string_view platform);

/// What a signature needs to be made or checked as this platform wants it.
verify::SigningOptions signing_options(const config::Platform& platform);

}  // namespace yizhan::app
