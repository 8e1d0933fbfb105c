// How repetitions of a callback are told, and by what it is found again.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "receive/source.h"

namespace yizhan::receive {

/// The parts joined by `/`. What the store could not keep as a key (longer than 255 bytes, control characters, not
/// UTF-8) becomes the digest_key() of it.
std::string idempotency_key(std::initializer_list<std::string_view> parts);

/// `sha256:` and the hexadecimal digest: for callbacks that have nothing of their own to tell them apart.
std::string digest_key(std::string_view content);

/// Adds a key to search by; none where the value is no identifier (field_reader.h).
void add_key(Notice& notice, std::string_view name, std::string_view value);

}  // namespace yizhan::receive
