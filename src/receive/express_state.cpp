#include "receive/express_state.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace yizhan::receive {
namespace {

using Mapping = std::pair<std::string_view, std::string_view>;

constexpr std::array kCanonical{
    Mapping{"CREATED", "CREATED"},
    Mapping{"PICKED_UP", "PICKED_UP"},
    Mapping{"IN_TRANSIT", "IN_TRANSIT"},
    Mapping{"OUT_FOR_DELIVERY", "OUT_FOR_DELIVERY"},
    Mapping{"IN_LOCKER", "IN_LOCKER"},
    Mapping{"DELIVERED", "DELIVERED"},
    Mapping{"EXCEPTION", "EXCEPTION"},
    Mapping{"REJECTED", "REJECTED"},
    Mapping{"RETURNING", "RETURNING"},
    Mapping{"RETURNED", "RETURNED"},
    // Words for them.
    Mapping{"COLLECTED", "PICKED_UP"},
    Mapping{"PICKUP", "PICKED_UP"},
    Mapping{"TRANSIT", "IN_TRANSIT"},
    Mapping{"DELIVERING", "OUT_FOR_DELIVERY"},
    Mapping{"SIGNED", "DELIVERED"},
    Mapping{"REFUSED", "REJECTED"},
};

constexpr std::array kKuaidi100{
    Mapping{"0", "IN_TRANSIT"},
    Mapping{"1", "PICKED_UP"},
    Mapping{"2", "EXCEPTION"},
    Mapping{"3", "DELIVERED"},
    Mapping{"4", "RETURNED"},
    Mapping{"5", "OUT_FOR_DELIVERY"},
    Mapping{"6", "RETURNING"},
    Mapping{"7", "IN_TRANSIT"},  // handed over to another carrier
    Mapping{"8", "IN_TRANSIT"},  // customs
    Mapping{"14", "REJECTED"},
    Mapping{"101", "CREATED"},      // ordered
    Mapping{"102", "CREATED"},      // to be picked up
    Mapping{"103", "PICKED_UP"},    //
    Mapping{"301", "DELIVERED"},    // signed by the recipient
    Mapping{"302", "DELIVERED"},    // after trouble
    Mapping{"303", "DELIVERED"},    // signed by somebody else
    Mapping{"304", "DELIVERED"},    // taken out of a locker or a station
    Mapping{"501", "IN_LOCKER"},    // or at a station
    Mapping{"1001", "IN_TRANSIT"},  // in the city of delivery
    Mapping{"1002", "IN_TRANSIT"},  // between cities
    Mapping{"1003", "IN_TRANSIT"},  // forwarded
    // What its lines say where they have no code.
    Mapping{"在途", "IN_TRANSIT"},
    Mapping{"揽收", "PICKED_UP"},
    Mapping{"疑难", "EXCEPTION"},
    Mapping{"签收", "DELIVERED"},
    Mapping{"退签", "RETURNED"},
    Mapping{"派件", "OUT_FOR_DELIVERY"},
    Mapping{"退回", "RETURNING"},
    Mapping{"转投", "IN_TRANSIT"},
    Mapping{"清关", "IN_TRANSIT"},
    Mapping{"拒签", "REJECTED"},
    Mapping{"投柜或驿站", "IN_LOCKER"},
};

constexpr std::array kKdniao{
    Mapping{"0", "CREATED"},  // no trace yet
    Mapping{"1", "PICKED_UP"},
    Mapping{"2", "IN_TRANSIT"},
    Mapping{"201", "IN_TRANSIT"},  // in the city of delivery
    Mapping{"202", "OUT_FOR_DELIVERY"},
    Mapping{"211", "IN_LOCKER"},  // or at a station
    Mapping{"3", "DELIVERED"},
    Mapping{"301", "DELIVERED"},
    Mapping{"302", "DELIVERED"},  // after trouble
    Mapping{"304", "DELIVERED"},  // signed by somebody else
    Mapping{"311", "DELIVERED"},  // taken out of a locker
    Mapping{"4", "EXCEPTION"},
    Mapping{"401", "EXCEPTION"},  // nothing known after dispatch
    Mapping{"402", "EXCEPTION"},  // not signed in time
    Mapping{"403", "EXCEPTION"},  // no news in time
    Mapping{"404", "REJECTED"},
    Mapping{"412", "EXCEPTION"},  // not taken out of the locker in time
};

std::optional<std::string> look_up(std::span<const Mapping> mappings, std::string_view code) {
  const auto found = std::ranges::find(mappings, code, &Mapping::first);
  if (found == mappings.end()) return std::nullopt;
  return std::string(found->second);
}

}  // namespace

std::string canonical_express_state(std::string_view code) {
  std::string upper(code);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-' || c == ' ') c = '_';
  }
  return look_up(kCanonical, upper).value_or(std::string(code));
}

std::string kuaidi100_express_state(std::string_view code) {
  return look_up(kKuaidi100, code).value_or(std::string(code));
}

std::string kdniao_express_state(std::string_view state, std::string_view state_ex) {
  if (auto known = look_up(kKdniao, state_ex)) return *std::move(known);
  return look_up(kKdniao, state).value_or(std::string(state_ex.empty() ? state : state_ex));
}

}  // namespace yizhan::receive
