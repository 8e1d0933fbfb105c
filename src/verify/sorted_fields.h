// The text that WeChat Pay v2, Alipay and EasyPay sign:
//
//   k1=v1&k2=v2&k3=v3
//
// of all fields received but the signature's own, sorted by the bytes of their names, values raw (neither encoded nor
// escaped). They differ in whether a field without a value is part of it.
//
// A value may hold `&` and `=`, so two sets of fields can make one text. That is the schemes' weakness, not to be
// mended by a receiver; sources check the fields that matter (merchant, order, amount) against the order they know.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/fields.h"

namespace yizhan::verify {

enum class EmptyValues { kDropped, kKept };

/// `without`: names that are left out.
std::string sorted_fields_text(const Fields& fields, std::initializer_list<std::string_view> without,
                               EmptyValues empty_values);

}  // namespace yizhan::verify
