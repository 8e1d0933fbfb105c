// How a setting is declared: once, with its name, kind, bounds, secrecy and help, and the field that it fills. Loading,
// validation, `config show`, the reference, the sample file and the command line's completion all read the declarations
// in the files *_settings.cpp and settings.cpp; there is no second place to change.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/config.h"
#include "config/names.h"
#include "config/value.h"

namespace yizhan::config {

enum class Secrecy {
  kPublic,
  kSecret,         ///< shown masked; of a table only the names are shown
  kPasswordInUrl,  ///< shown without the password
};

/// Where the value lives, as functions between the field's own type and Value.
template <class Owner>
struct Field {
  std::function<Value(const Owner&)> read;
  std::function<void(Owner&, const Value&)> write;
};

template <class Owner>
struct Setting {
  std::string_view key;  ///< `outbound.allow`; of a platform, a source, a route the last part only: `base_url`
  Kind kind;
  Field<Owner> field;
  std::string_view help;           ///< sentences; markdown
  std::string_view variable = {};  ///< where the name is not made from the key (variable_name())
  /// The seed's name; of a platform what follows AI_CS_PLATFORM_<P>_; of a source it means the one called `express`.
  std::string_view seed_variable = {};
  /// The seeds had two names for it. The first wins where both are set; of yes and no, yes does.
  std::string_view second_seed_variable = {};
  std::string_view flag = {};  ///< an option of `yizhan serve` for it
  Secrecy secrecy = Secrecy::kPublic;
  std::string_view default_note = {};  ///< for people, where the default depends on something
  std::string_view single = {};        ///< of a list: the key that gives it as one text
  /// The value as we write it, where the seed's variable has it in another form.
  std::string (*from_seed)(std::string_view value) = nullptr;
  bool needs_restart = false;  ///< a reload (`yizhan reload`) leaves it as it is
};

/// `outbound` of `outbound.allow`; empty when the key has no section.
inline std::string_view section_of(std::string_view key) {
  const auto point = key.find('.');
  return point == std::string_view::npos ? std::string_view() : key.substr(0, point);
}

const std::vector<Setting<Config>>& settings();
const std::vector<Setting<Platform>>& platform_settings();
const std::vector<Setting<Source>>& source_settings();
const std::vector<Setting<Route>>& route_settings();
const std::vector<Setting<NotifyTemplate>>& notify_template_settings();
const std::vector<Setting<AlertChannel>>& alert_channel_settings();

// ---- between a field's type and Value
// ----------------------------------------------------------------------------------

std::vector<std::string> role_names(const Roles& roles);
Roles roles_of(const std::vector<std::string>& names);

template <class T>
concept DurationType = std::is_same_v<T, Milliseconds> || std::is_same_v<T, Seconds>;

template <class T>
Value to_value(const T& field) {
  if constexpr (std::is_enum_v<T>) {
    return Value(std::string(name_of(field)));
  } else if constexpr (DurationType<T>) {
    return Value(static_cast<std::int64_t>(field.count()));
  } else if constexpr (std::is_same_v<T, Roles>) {
    return Value(role_names(field));
  } else if constexpr (std::is_same_v<T, std::vector<Seconds>>) {
    std::vector<std::int64_t> numbers;
    numbers.reserve(field.size());
    for (const Seconds item : field) numbers.push_back(item.count());
    return Value(std::move(numbers));
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return Value(static_cast<std::int64_t>(field));
  } else {
    return Value(field);
  }
}

/// The value has been checked: its alternative is the setting's kind, and it fits.
template <class T>
void from_value(const Value& value, T& field) {
  if constexpr (std::is_enum_v<T>) {
    field = value_of<T>(std::get<std::string>(value)).value();
  } else if constexpr (DurationType<T>) {
    field = T(std::get<std::int64_t>(value));
  } else if constexpr (std::is_same_v<T, Roles>) {
    field = roles_of(std::get<std::vector<std::string>>(value));
  } else if constexpr (std::is_same_v<T, std::vector<Seconds>>) {
    field.clear();
    for (const std::int64_t item : std::get<std::vector<std::int64_t>>(value)) field.emplace_back(item);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    field = static_cast<T>(std::get<std::int64_t>(value));
  } else {
    field = std::get<T>(value);
  }
}

// ---- words for the declarations
// ----------------------------------------------------------------------------------------

template <class Object, class Member>
auto& member_at(Object& object, Member member) {
  return object.*member;
}
template <class Object, class Member, class... Rest>
auto& member_at(Object& object, Member member, Rest... rest) {
  return member_at(object.*member, rest...);
}

/// `at(&Config::outbound, &OutboundSection::allow)`
template <class Owner, class Member, class... Rest>
Field<Owner> at(Member Owner::* first, Rest... rest) {
  return {
      .read = [=](const Owner& owner) { return to_value(member_at(owner, first, rest...)); },
      .write = [=](Owner& owner, const Value& value) { from_value(value, member_at(owner, first, rest...)); },
  };
}

inline Kind milliseconds(std::int64_t minimum, std::int64_t maximum) {
  return IntegerKind{minimum, maximum, Unit::kMilliseconds};
}
inline Kind seconds(std::int64_t minimum, std::int64_t maximum) {
  return IntegerKind{minimum, maximum, Unit::kSeconds};
}
inline Kind bytes(std::int64_t minimum, std::int64_t maximum) {
  return IntegerKind{minimum, maximum, Unit::kBytes};
}
inline Kind whole_number(std::int64_t minimum, std::int64_t maximum) {
  return IntegerKind{minimum, maximum};
}
inline Kind text(const Shape& shape) {
  return TextKind{&shape};
}
inline Kind text_not_empty(const Shape& shape) {
  return TextKind{&shape, false};
}
inline Kind list_of(const Shape& shape, std::size_t minimum_items = 0) {
  return TextListKind{&shape, minimum_items};
}
template <class Enum>
Kind choice_of() {
  ChoiceKind kind;
  for (const auto& [value, name] : Names<Enum>::kAll) kind.names.push_back(name);
  return kind;
}

// ---- names
// -------------------------------------------------------------------------------------------------------------

/// `outbound.allow` → `OUTBOUND_ALLOW`, `a-b` → `A_B`.
std::string variable_part(std::string_view key);
/// `YIZHAN_OUTBOUND_ALLOW`, or the fixed name.
std::string variable_name(const Setting<Config>& setting);

}  // namespace yizhan::config
