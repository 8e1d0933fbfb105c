// What a person does about a callback that had no effect.
#pragma once

#include <string>

#include "store/inbound.h"

namespace yizhan::cli {

/// One sentence or two; empty where there is nothing to do.
std::string callback_advice(const store::CallbackView& view);

}  // namespace yizhan::cli
