// The master keys that sealed secrets are opened with (verify/sealed_secret.h), from where a process is given them.
#pragma once

#include "config/load.h"
#include "verify/sealed_secret.h"

namespace yizhan::app {

/// Those of YIZHAN_MASTER_KEY, separated by blanks or commas, then those of the file that YIZHAN_MASTER_KEY_FILE names,
/// one a line; empty lines and lines that begin with `#` are passed over. None is no error. Codes
/// `master_key_unreadable`, `master_key_invalid`.
Result<verify::MasterKeys> load_master_keys(const config::Variables& variables);

/// For config::Inputs: reads the keys again for each secret, so that a reload sees a changed file.
config::OpenSecret secret_opener(const config::Variables& variables);

}  // namespace yizhan::app
