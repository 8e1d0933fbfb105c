// What a payment notice makes of an order: pure functions of the order as the store holds it, so that both engines
// decide alike. The caller has the order locked and writes it back when the effect is applied. States: docs/states.md.
#pragma once

#include <optional>
#include <string_view>

#include "store/inbound.h"

namespace yizhan::store {

/// Pays `order` where it can be paid: 0 → 1, once. Anything but kApplied leaves it as it is.
EffectResult apply_payment(std::optional<PayOrder>& order, const PaymentEffect& payment, UtcTime now);

/// Refunds `order` in part or wholly: 1, 2 → 2, 3. `counted_for` is the order that this refund number of this provider
/// was counted for before, if it was.
EffectResult apply_refund(std::optional<PayOrder>& order, const RefundEffect& refund,
                          std::optional<std::string_view> counted_for, UtcTime now);

}  // namespace yizhan::store
