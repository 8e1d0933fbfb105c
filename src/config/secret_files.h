// Secrets and keys that stand in files of their own, so that none has to stand in the configuration. Private to config.
#pragma once

#include <string>
#include <vector>

#include "config/draft.h"

namespace yizhan::config {

/// The contents of `files` (the setting `files_key`), one secret each, go behind `secrets` (the setting
/// `secrets_key`). Given in one input, secrets and files add up; given in two, the later replaces the earlier. A file
/// that cannot be read is a problem while serving, and passed over otherwise.
void collect_secrets(Draft& draft, const Completion& how, const std::string& secrets_key,
                     std::vector<std::string>& secrets, const std::string& files_key, std::vector<std::string>& files);

/// Likewise for a setting that takes one secret, and the one that names its file.
void collect_secret(Draft& draft, const Completion& how, const std::string& secret_key, std::string& secret,
                    const std::string& file_key, std::string& file);

/// The contents of public keys' and certificates' files, in their order; likewise.
std::vector<std::string> read_key_files(Draft& draft, const Completion& how, const std::string& files_key,
                                        const std::vector<std::string>& files);

}  // namespace yizhan::config
