// Names and values as a notice carries them, be it a form (http/form.h) or a flat XML document (receive/xml_fields.h):
// in the order received, each name once. Verifiers sign over them, sources read them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yizhan {

struct ReceivedField {
  std::string name;   ///< never empty
  std::string value;  ///< raw bytes, decoded once; may be GBK or anything else but NUL
  friend bool operator==(const ReceivedField&, const ReceivedField&) = default;
};

class Fields {
 public:
  /// False, and nothing is added, when there is a field of that name: a reader that took the first and a signer that
  /// took the last would not be talking of the same notice.
  [[nodiscard]] bool add(std::string name, std::string value) {
    if (contains(name)) return false;
    fields_.push_back({std::move(name), std::move(value)});
    return true;
  }

  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Empty when the field is absent or has nothing in it: no source tells the two apart. Valid as long as this.
  std::string_view operator[](std::string_view name) const {
    const ReceivedField* field = find(name);
    return field == nullptr ? std::string_view{} : std::string_view(field->value);
  }

  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  std::vector<ReceivedField>::const_iterator begin() const { return fields_.begin(); }
  std::vector<ReceivedField>::const_iterator end() const { return fields_.end(); }

  friend bool operator==(const Fields&, const Fields&) = default;

 private:
  // A notice has a few dozen fields at most, and readers cap them: looking at each is faster than an index.
  const ReceivedField* find(std::string_view name) const {
    for (const ReceivedField& field : fields_) {
      if (field.name == name) return &field;
    }
    return nullptr;
  }

  std::vector<ReceivedField> fields_;
};

/// What both readers refuse to go beyond. WeChat Pay sends some 30 fields and three for each coupon.
inline constexpr std::size_t kMaxFields = 256;

}  // namespace yizhan
