// Fields written out in a test, and what a verifier says to them.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "verify/fields_verifier.h"

namespace yizhan::verify {

inline Fields fields_of(std::initializer_list<std::pair<std::string, std::string>> list) {
  Fields fields;
  for (const auto& [name, value] : list) EXPECT_TRUE(fields.add(name, value)) << name << " is there twice";
  return fields;
}

inline Fields without(const Fields& fields, std::string_view name) {
  Fields rest;
  for (const ReceivedField& field : fields) {
    if (field.name == name) continue;
    EXPECT_TRUE(rest.add(field.name, field.value));
  }
  return rest;
}

/// The same with one field set to another value, or added.
inline Fields with(const Fields& fields, std::string_view name, std::string value) {
  Fields changed = without(fields, name);
  EXPECT_TRUE(changed.add(std::string(name), std::move(value)));
  return changed;
}

/// The code of the refusal; empty when it was accepted.
inline std::string_view refusal(const FieldsVerifier& verifier, const Fields& fields) {
  const auto verdict = verifier.verify(fields);
  return verdict ? std::string_view{} : verdict.error().code;
}

/// Every way of spoiling the signature in `field` that fault 34 names is refused, and so is any other character in it.
inline void expect_no_other_signature(const FieldsVerifier& verifier, const Fields& fields, std::string_view field) {
  const std::string good(fields[field]);
  ASSERT_EQ(refusal(verifier, fields), "");
  EXPECT_EQ(refusal(verifier, without(fields, field)), "signature_missing");
  EXPECT_EQ(refusal(verifier, with(fields, field, "")), "signature_missing");
  const std::string bad[] = {
      good.substr(1),
      good.substr(0, good.size() - 1),
      good.substr(0, 4),
      good + "0",
      good + good + good,
      good + "," + good,
      " " + good,
      good + "\n",
      std::string(good.size(), '!'),
      std::string(good.size(), '\xff'),
      std::string(100000, 'A'),
  };
  for (const std::string& text : bad) {
    EXPECT_EQ(refusal(verifier, with(fields, field, text)), "signature_malformed") << text.substr(0, 100);
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = changed[at] == '0' ? '1' : '0';
    const std::string_view code = refusal(verifier, with(fields, field, changed));
    EXPECT_TRUE(code == "signature_mismatch" || code == "signature_malformed") << changed;
  }
}

}  // namespace yizhan::verify
