// Reading application/x-www-form-urlencoded text: the body of a form, or a query (WHATWG URL standard, section 5.1, in
// a strict reading).
//
//   name=value&name=value     `+` is a space, `%hh` a byte; each is decoded once
//
// The bytes are passed on as they are, whatever their charset: Alipay signs GBK where the merchant asked for GBK.
// Nothing that could be read in two ways is let through, since the sender's signature is over the decoded values: a
// name twice, a name that is empty, a `%` without two hexadecimal digits, and NUL, encoded or not, are refused. Parts
// that are empty
// (`a=1&&b=2`) are passed over; a part without `=` is a name with an empty value.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/fields.h"

namespace yizhan::http {

/// At most kMaxFields. Code `form_invalid`; the message says at which field, counted from 1, and quotes no value.
Result<Fields> decode_form(std::string_view text);

}  // namespace yizhan::http
