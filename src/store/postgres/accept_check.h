// What the database would refuse of a new event or a callback, found before it is asked: a refusal there costs the
// batch a second round. The limits are those of store.h and of the schema's CHECK constraints.
#pragma once

#include <optional>

#include "base/error.h"
#include "store/store.h"

namespace yizhan::store::postgres {

/// `value_refused`, naming the field of the first event that cannot be stored.
std::optional<Error> refusal(const AcceptCall& call);
/// Of a callback: what it is known by has to be stored as it is. What is only shown is made storable instead.
std::optional<Error> refusal(const ReceiveCall& call);

}  // namespace yizhan::store::postgres
