// JSON made out of notices that come as a form or as XML, so that routes hand on one format only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/fields.h"

namespace yizhan::receive {

/// `{"name":"value",…}` in the order received, every value a string. `without`: names that are left out: signatures,
/// which say nothing about the JSON, and ciphertexts. Bytes that are not UTF-8 (charset.h says which fields are made
/// so) become U+FFFD; the raw body on record has them as they came.
std::string fields_as_json(const Fields& fields, std::initializer_list<std::string_view> without);

}  // namespace yizhan::receive
