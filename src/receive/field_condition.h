// Whether a condition of a route holds for a document.
#pragma once

#include <string_view>

#include "receive/routes.h"

namespace yizhan::receive {

/// `document` is JSON that json::read_document() has checked. False where it lacks the field (find_field() in
/// receive/json_field.h), whatever the operator.
///
/// Strings are compared by what they say, everything else by its text (`12.50`, `true`, `null`). For kGreater and kLess
/// a string that holds a number is one: notices made out of forms have nothing but strings.
bool holds(const FieldCondition& condition, std::string_view document);

}  // namespace yizhan::receive
