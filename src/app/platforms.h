// The configured platforms, made ready for the dispatcher: secrets become signers, certificate files are loaded.
#pragma once

#include "base/error.h"
#include "config/config.h"
#include "dispatch/platform.h"

namespace yizhan::app {

/// Codes `secret_invalid`, `signing_options_invalid`, `tls_files_invalid`, `network_invalid`, `url_invalid`; the
/// message names the platform.
Result<dispatch::Platforms> make_platforms(const config::Config& config);

/// What a signature needs to be made or checked as this platform wants it.
verify::SigningOptions signing_options(const config::Platform& platform);

}  // namespace yizhan::app
