// The text that three senders sign.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "fields_of.h"
#include "verify/sorted_fields.h"

namespace yizhan::verify {
namespace {

TEST(SortedFields, AreJoinedByNameInTheOrderOfBytes) {
  const Fields fields =
      fields_of({{"b", "2"}, {"a_1", "3"}, {"a", "1"}, {"B", "0"}, {"a1", "4"}, {"\xe4\xb8\xad", "5"}});
  EXPECT_EQ(sorted_fields_text(fields, {}, EmptyValues::kKept), "B=0&a=1&a1=4&a_1=3&b=2&\xe4\xb8\xad=5");
}

TEST(SortedFields, LeaveOutWhatIsNamedAndWhatIsEmptyWhereTheSchemeHasItSo) {
  const Fields fields = fields_of({{"sign", "x"}, {"empty", ""}, {"sign_type", "MD5"}, {"k", "v"}});
  EXPECT_EQ(sorted_fields_text(fields, {"sign"}, EmptyValues::kKept), "empty=&k=v&sign_type=MD5");
  EXPECT_EQ(sorted_fields_text(fields, {"sign", "sign_type"}, EmptyValues::kDropped), "k=v");
  EXPECT_EQ(sorted_fields_text(fields, {"sign", "sign_type", "k"}, EmptyValues::kDropped), "");
  EXPECT_EQ(sorted_fields_text({}, {"sign"}, EmptyValues::kKept), "");
}

TEST(SortedFields, HaveTheirValuesRaw) {
  const Fields fields = fields_of({{"a", "x&y=z"}, {"b", "\xd6\xd0\xce\xc4 %41+"}});
  EXPECT_EQ(sorted_fields_text(fields, {}, EmptyValues::kDropped), "a=x&y=z&b=\xd6\xd0\xce\xc4 %41+");
}

RC_GTEST_PROP(SortedFields, DoNotDependOnTheOrderReceived, (const std::map<std::string, std::string>& values)) {
  Fields forwards;
  for (const auto& [name, value] : values) RC_ASSERT(forwards.add(name, value));
  Fields backwards;
  for (auto field = values.rbegin(); field != values.rend(); ++field) {
    RC_ASSERT(backwards.add(field->first, field->second));
  }
  RC_ASSERT(sorted_fields_text(forwards, {}, EmptyValues::kKept) ==
            sorted_fields_text(backwards, {}, EmptyValues::kKept));
}

TEST(Fields, HaveEachNameOnce) {
  Fields fields;
  EXPECT_TRUE(fields.add("a", "1"));
  EXPECT_FALSE(fields.add("a", "2"));
  EXPECT_EQ(fields["a"], "1");
  EXPECT_EQ(fields["b"], "");
  EXPECT_TRUE(fields.contains("a"));
  EXPECT_FALSE(fields.contains("b"));
  EXPECT_EQ(fields.size(), 1U);
}

}  // namespace
}  // namespace yizhan::verify
