#include "notify/template_defaults.h"

#include <array>

namespace yizhan::notify {
namespace {

struct Texts {
  std::string_view title, body, safe_text;
};
struct State {
  std::string_view status_code;
  std::string_view words;
  Texts user;
  Texts merchant;
};

// What a carrier says follows our own words: where a phone cuts, those remain.
constexpr std::array kChinese{
    State{"CREATED",
          "待揽收",
          {"包裹等待揽收", "尾号 {tracking_tail} 的包裹已下单，等待揽收。{text}", "您有一个包裹等待揽收"},
          {"订单等待揽收", "尾号 {tracking_tail} 的订单包裹等待揽收。{text}", "您有订单包裹等待揽收"}},
    State{"PICKED_UP",
          "已揽收",
          {"包裹已揽收", "尾号 {tracking_tail} 的包裹已揽收。{text}", "您的包裹已揽收"},
          {"订单已揽收", "尾号 {tracking_tail} 的订单包裹已揽收。{text}", "您有订单包裹已揽收"}},
    State{"IN_TRANSIT",
          "运输中",
          {"包裹运输中", "尾号 {tracking_tail} 的包裹正在运输途中。{text}", "您的包裹正在运输途中"},
          {"订单运输中", "尾号 {tracking_tail} 的订单包裹正在运输途中。{text}", "您有订单包裹正在运输途中"}},
    State{"OUT_FOR_DELIVERY",
          "派送中",
          {"包裹派送中", "尾号 {tracking_tail} 的包裹正在派送，请保持电话畅通。{text}", "您的包裹正在派送"},
          {"订单派送中", "尾号 {tracking_tail} 的订单包裹正在派送。{text}", "您有订单包裹正在派送"}},
    State{"IN_LOCKER",
          "待取件",
          {"包裹已到取件点", "尾号 {tracking_tail} 的包裹已到取件点，请及时领取。{text}", "您的包裹已到取件点"},
          {"订单已到取件点", "尾号 {tracking_tail} 的订单包裹已到取件点。{text}", "您有订单包裹已到取件点"}},
    State{"DELIVERED",
          "已签收",
          {"包裹已签收", "尾号 {tracking_tail} 的包裹已签收。{text}", "您的包裹已签收"},
          {"订单已签收", "尾号 {tracking_tail} 的订单包裹已签收。{text}", "您有订单包裹已签收"}},
    State{"EXCEPTION",
          "异常",
          {"包裹运输异常", "尾号 {tracking_tail} 的包裹运输异常，请留意。{text}", "您的包裹运输异常"},
          {"订单物流异常", "尾号 {tracking_tail} 的订单包裹运输异常，请处理。{text}", "您有订单包裹运输异常"}},
    State{"REJECTED",
          "已拒收",
          {"包裹已拒收", "尾号 {tracking_tail} 的包裹已被拒收。{text}", "您的包裹已被拒收"},
          {"订单被拒收", "尾号 {tracking_tail} 的订单包裹已被拒收。{text}", "您有订单包裹被拒收"}},
    State{"RETURNING",
          "退回中",
          {"包裹退回中", "尾号 {tracking_tail} 的包裹正在退回。{text}", "您的包裹正在退回"},
          {"订单退回中", "尾号 {tracking_tail} 的订单包裹正在退回。{text}", "您有订单包裹正在退回"}},
    State{"RETURNED",
          "已退回",
          {"包裹已退回", "尾号 {tracking_tail} 的包裹已退回。{text}", "您的包裹已退回"},
          {"订单已退回", "尾号 {tracking_tail} 的订单包裹已退回。{text}", "您有订单包裹已退回"}},
};
constexpr State kChineseOther{"*",
                              "有更新",
                              {"包裹有新动态", "{text}", "您的包裹有新的物流动态"},
                              {"订单有新动态", "{text}", "您有订单包裹有新的物流动态"}};
constexpr std::string_view kChineseLast = "尾号 {tracking_tail} 的包裹有新的物流动态";

constexpr std::array kEnglish{
    State{"CREATED",
          "awaiting pickup",
          {"Awaiting pickup", "Parcel {tracking_tail} is waiting for pickup. {text}", "A parcel is waiting for pickup"},
          {"Order awaits pickup", "Order parcel {tracking_tail} awaits pickup. {text}", "An order awaits pickup"}},
    State{"PICKED_UP",
          "picked up",
          {"Parcel picked up", "Parcel {tracking_tail} was picked up. {text}", "Your parcel was picked up"},
          {"Order picked up", "Order parcel {tracking_tail} was picked up. {text}", "An order was picked up"}},
    State{"IN_TRANSIT",
          "in transit",
          {"Parcel in transit", "Parcel {tracking_tail} is in transit. {text}", "Your parcel is in transit"},
          {"Order in transit", "Order parcel {tracking_tail} is in transit. {text}", "An order is in transit"}},
    State{"OUT_FOR_DELIVERY",
          "out for delivery",
          {"Out for delivery", "Parcel {tracking_tail} is out for delivery. {text}", "Your parcel is out for delivery"},
          {"Order in delivery", "Order parcel {tracking_tail} is being delivered. {text}", "An order is in delivery"}},
    State{
        "IN_LOCKER",
        "ready to collect",
        {"Ready to collect", "Parcel {tracking_tail} is ready to be collected. {text}", "Your parcel can be collected"},
        {"Order to collect", "Order parcel {tracking_tail} can be collected. {text}", "An order can be collected"}},
    State{"DELIVERED",
          "delivered",
          {"Parcel delivered", "Parcel {tracking_tail} was delivered. {text}", "Your parcel was delivered"},
          {"Order delivered", "Order parcel {tracking_tail} was delivered. {text}", "An order was delivered"}},
    State{"EXCEPTION",
          "in trouble",
          {"Delivery problem", "There is a problem with parcel {tracking_tail}. {text}",
           "There is a problem with your parcel"},
          {"Order problem", "Order parcel {tracking_tail} has a problem. {text}", "An order has a delivery problem"}},
    State{"REJECTED",
          "refused",
          {"Parcel refused", "Parcel {tracking_tail} was refused. {text}", "Your parcel was refused"},
          {"Order refused", "Order parcel {tracking_tail} was refused. {text}", "An order was refused"}},
    State{
        "RETURNING",
        "on its way back",
        {"Parcel returning", "Parcel {tracking_tail} is on its way back. {text}", "Your parcel is on its way back"},
        {"Order returning", "Order parcel {tracking_tail} is on its way back. {text}", "An order is on its way back"}},
    State{"RETURNED",
          "returned",
          {"Parcel returned", "Parcel {tracking_tail} was returned. {text}", "Your parcel was returned"},
          {"Order returned", "Order parcel {tracking_tail} was returned. {text}", "An order was returned"}},
};
constexpr State kEnglishOther{"*",
                              "updated",
                              {"Parcel update", "{text}", "There is news of your parcel"},
                              {"Order update", "{text}", "There is news of an order's parcel"}};
constexpr std::string_view kEnglishLast = "There is news of parcel {tracking_tail}";

void append(std::vector<Template>& all, const State& state, std::string_view audience, const Texts& texts) {
  all.push_back({.status_code = std::string(state.status_code),
                 .audience = std::string(audience),
                 .title = std::string(texts.title),
                 .body = std::string(texts.body),
                 .safe_text = std::string(texts.safe_text)});
}

void append(std::vector<Template>& all, const State& state) {
  append(all, state, "user", state.user);
  append(all, state, "merchant", state.merchant);
}

}  // namespace

std::vector<Template> default_templates(Language language) {
  const bool chinese = language == Language::kChinese;
  std::vector<Template> all;
  for (const State& state : chinese ? kChinese : kEnglish) append(all, state);
  append(all, chinese ? kChineseOther : kEnglishOther);
  all.push_back({.status_code = "*",
                 .audience = "*",
                 .title = {},
                 .body = std::string(chinese ? kChineseLast : kEnglishLast),
                 .safe_text = {}});
  return all;
}

std::string_view state_in_words(std::string_view status_code, Language language) {
  const bool chinese = language == Language::kChinese;
  for (const State& state : chinese ? kChinese : kEnglish) {
    if (state.status_code == status_code) return state.words;
  }
  return chinese ? kChineseOther.words : kEnglishOther.words;
}

}  // namespace yizhan::notify
