// The pure parts together, under virtual time: faults 15 (the wall clock jumps), 24, 25, 27 and 28 (an endpoint comes
// back with a backlog). The invariants of every step are in simulated_station.h.
#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include "simulated_station.h"

namespace yizhan {
namespace {

constexpr SteadyTime kStart = SimulatedStation::kStart;

// Times of the simulation, from its start.
SteadyTime after(std::chrono::microseconds passed) {
  return kStart + passed;
}

Microseconds some_milliseconds(Random& random, double least, double most) {
  return Microseconds{static_cast<std::int64_t>(1000 * (least + random.unit() * (most - least)))};
}

Mood up() {
  return [](std::size_t, SteadyTime, UtcTime, Random& random) {
    return reply_with(200, some_milliseconds(random, 5, 50));
  };
}

Mood down_until(SteadyTime end) {
  return [end](std::size_t, SteadyTime now, UtcTime, Random& random) {
    if (now >= end) return reply_with(200, some_milliseconds(random, 5, 50));
    if (random.unit() < 0.5) return no_reply(ErrorClass::kConnect, some_milliseconds(random, 0, 2));
    return no_reply(ErrorClass::kTimeout, Milliseconds{3000});
  };
}

Mood flapping(double failing) {
  return [failing](std::size_t, SteadyTime, UtcTime, Random& random) {
    const int statuses[] = {500, 502, 503, 504, 404, 302};
    const bool fails = random.unit() < failing;
    return reply_with(fails ? statuses[random.next() % std::size(statuses)] : 204, some_milliseconds(random, 1, 100));
  };
}

// Takes `per_second` events in each second and refuses the rest, asking to be left alone: in seconds, or by a date.
Mood throttling(int per_second) {
  return [per_second, second = std::chrono::floor<Seconds>(kStart), taken = 0](std::size_t, SteadyTime now,
                                                                               UtcTime wall, Random& random) mutable {
    if (std::chrono::floor<Seconds>(now) != second) {
      second = std::chrono::floor<Seconds>(now);
      taken = 0;
    }
    const auto duration = some_milliseconds(random, 1, 20);
    if (++taken <= per_second) return reply_with(200, duration);
    const auto seconds = Seconds{1 + static_cast<std::int64_t>(random.next() % 20)};
    switch (random.next() % 4) {
      case 0:
        return reply_with(429, duration, "when I am ready");
      case 1:
        return reply_with(429, duration,
                          fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", std::chrono::floor<Seconds>(wall + seconds)));
      default:
        return reply_with(429, duration, std::to_string(seconds.count()));
    }
  };
}

Mood gone_until(SteadyTime end) {
  return [end](std::size_t, SteadyTime now, UtcTime, Random& random) {
    return reply_with(now < end ? 410 : 200, some_milliseconds(random, 1, 20));
  };
}

// Refuses every seventh event, always.
Mood with_poison() {
  return [](std::size_t event, SteadyTime, UtcTime, Random& random) {
    return reply_with(event % 7 == 0 ? 400 : 200, some_milliseconds(random, 1, 20));
  };
}

Mood dead() {
  return [](std::size_t, SteadyTime, UtcTime, Random&) { return no_reply(ErrorClass::kTimeout, Milliseconds{3000}); };
}

// Every event is at its end, and by the rules: delivered by a 2xx that nothing followed, or a dead letter after exactly
// 1 + max_retries failed tries, a 410 only ever putting the end off.
void expect_all_accounted_for(const SimulatedStation& station, const DeliveryPolicy& policy) {
  const auto is_success = [](int status) { return status >= 200 && status <= 299; };
  const std::size_t allowed_tries = 1 + static_cast<std::size_t>(policy.max_retries);
  for (std::size_t index = 0; index < station.events().size(); ++index) {
    const SimulatedEvent& event = station.events()[index];
    ASSERT_FALSE(event.in_flight) << index;
    ASSERT_FALSE(event.statuses_seen.empty()) << index;
    const auto& seen = event.statuses_seen;
    ASSERT_TRUE(std::none_of(seen.begin(), seen.end() - 1, is_success)) << index << ": sent again after a success";
    std::size_t tries_that_end = seen.size();
    while (tries_that_end > allowed_tries && seen[tries_that_end - 2] == 410) --tries_that_end;
    if (is_success(seen.back())) {
      ASSERT_EQ(event.status, EventStatus::kDelivered) << index;
      ASSERT_LE(tries_that_end, allowed_tries) << index;
    } else {
      ASSERT_EQ(event.status, EventStatus::kDeadLetter) << index;
      ASSERT_EQ(tries_that_end, allowed_tries) << index;
      ASSERT_NE(seen.back(), 410) << index;
    }
  }
}

DeliveryPolicy random_policy(Random& random) {
  DeliveryPolicy policy;
  policy.max_retries = static_cast<int>(random.next() % 8);
  policy.jitter = random.unit() < 0.5 ? 0.0 : 0.1;
  policy.in_flight_cap = 1 + static_cast<int>(random.next() % 64);
  policy.rate_per_second = random.unit() < 0.5 ? 0 : 1 + 200 * random.unit();
  policy.breaker_threshold = static_cast<int>(random.next() % 12);
  return policy;
}

// A station with one endpoint of each mood and events that arrive over ten minutes.
void fill(SimulatedStation& station) {
  const SteadyTime enabled_again = after(std::chrono::hours{2});
  const std::size_t gone = 4;
  for (const Mood& mood : {up(), down_until(after(std::chrono::minutes{7})), flapping(0.4), throttling(5),
                           gone_until(enabled_again), with_poison(), dead(), flapping(1.0)}) {
    const std::size_t endpoint = station.add_endpoint(mood);
    for (int burst = 0; burst < 5; ++burst) {
      const auto when = Microseconds{static_cast<std::int64_t>(station.random().unit() * 600e6)};
      station.accept_at(after(when), endpoint, 1 + station.random().next() % 20);
    }
  }
  station.at(enabled_again, [&station] { station.enable(gone); });
}

TEST(Simulation, EveryEventIsDeliveredOrADeadLetter) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Random choices(seed);
    const DeliveryPolicy policy = random_policy(choices);
    SimulatedStation station(seed, policy);
    fill(station);
    ASSERT_NO_THROW(station.run());
    ASSERT_NO_FATAL_FAILURE(expect_all_accounted_for(station, policy));
  }
}

// Fault 15. Due times move with the clock: an hour back makes a retry wait an hour longer, a year forward makes every
// retry due at once. Nothing is lost and nothing is sent twice.
TEST(Simulation, TheWallClockMayJump) {
  using namespace std::chrono_literals;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Random choices(seed);
    const DeliveryPolicy policy = random_policy(choices);
    SimulatedStation station(seed, policy);
    fill(station);
    constexpr std::chrono::seconds kYear = std::chrono::days{365};
    const std::chrono::seconds jumps[] = {1h, -1h, kYear, -kYear};
    for (int count = 0; count < 6; ++count) {
      const auto when = Microseconds{static_cast<std::int64_t>(choices.unit() * 3600e6)};
      station.at(after(when), [&station, by = jumps[choices.next() % 4]] { station.jump_wall_clock(by); });
    }
    ASSERT_NO_THROW(station.run());
    ASSERT_NO_FATAL_FAILURE(expect_all_accounted_for(station, policy));
  }
}

TEST(Simulation, AForwardJumpMakesRetriesDueAtOnceAndABackwardJumpPutsThemOff) {
  using namespace std::chrono_literals;
  DeliveryPolicy policy;
  policy.jitter = 0;
  const auto second_attempt_after = [&](std::chrono::seconds jump) {
    SimulatedStation station(1, policy);
    station.add_endpoint([](std::size_t, SteadyTime now, UtcTime, Random&) {
      return reply_with(now < after(1s) ? 500 : 200, Milliseconds{1});
    });
    station.accept_at(kStart, 0, 1);
    station.at(after(5s), [&station, jump] { station.jump_wall_clock(jump); });
    station.run();
    return station.endpoint(0).attempts_begun.at(1) - kStart;
  };
  EXPECT_EQ(second_attempt_after(0s), 10s + 1ms);
  EXPECT_EQ(second_attempt_after(3600s), 5s);
  EXPECT_EQ(second_attempt_after(-3600s), 3610s + 1ms);
}

// Fault 28. An hour's backlog is not thrown at an endpoint that has just come back: each answer since then at most
// doubles what is in flight, from a single probe; and while it was down it was hardly touched.
TEST(Simulation, ARecoveringEndpointIsNotFlooded) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    DeliveryPolicy policy;
    const SteadyTime back = after(std::chrono::hours{1});
    SimulatedStation station(seed, policy);
    station.add_endpoint(down_until(back));
    for (int minute = 0; minute < 60; ++minute) station.accept_at(after(std::chrono::minutes{minute}), 0, 50);

    int answers_since_back = 0;
    std::size_t attempts_while_down = 0;
    bool flooded = false;
    station.on_begin = [&](std::size_t) {
      if (station.now() < back) {
        ++attempts_while_down;
        return;
      }
      const int allowed = answers_since_back >= 6 ? policy.in_flight_cap : 1 << answers_since_back;
      if (station.endpoint(0).in_flight > allowed) flooded = true;
    };
    station.on_end = [&](std::size_t, const SimulatedReply& reply) {
      if (reply.outcome.response_status == 200) ++answers_since_back;
    };
    ASSERT_NO_THROW(station.run());
    ASSERT_NO_FATAL_FAILURE(expect_all_accounted_for(station, policy));
    EXPECT_FALSE(flooded);
    EXPECT_EQ(station.endpoint(0).most_in_flight, policy.in_flight_cap)
        << "the backlog did use the whole cap in the end";
    // The first burst, then a probe a minute, and a few while the open time was still short.
    EXPECT_LE(attempts_while_down, 64u + 60u + 10u);
  }
}

// An endpoint that throttles is not hammered: even with a backlog a hundred times its rate it refuses less than half of
// what it takes, although every pause has to be ended by trying.
TEST(Simulation, AThrottlingEndpointIsLeftAloneWhenItAsks) {
  DeliveryPolicy policy;
  policy.max_retries = 50;
  SimulatedStation station(7, policy);
  station.add_endpoint(throttling(10));
  station.accept_at(kStart, 0, 1000);
  std::size_t refused = 0;
  station.on_end = [&](std::size_t, const SimulatedReply& reply) { refused += reply.outcome.response_status == 429; };
  ASSERT_NO_THROW(station.run());
  ASSERT_NO_FATAL_FAILURE(expect_all_accounted_for(station, policy));
  EXPECT_LT(refused, 500u);
}

// Fault 25. What waits at an endpoint that is gone waits there, open, however long; and goes out when it is enabled.
TEST(Simulation, AGoneEndpointKeepsItsEvents) {
  DeliveryPolicy policy;
  policy.max_retries = 0;
  SimulatedStation station(3, policy);
  const SteadyTime enabled = after(std::chrono::days{30});
  const std::size_t gone = station.add_endpoint(gone_until(enabled));
  station.accept_at(kStart, gone, 100);
  ASSERT_NO_THROW(station.run());
  EXPECT_TRUE(station.endpoint(gone).disabled);
  for (const SimulatedEvent& event : station.events()) EXPECT_TRUE(is_open(event.status));

  station.at(enabled, [&station, gone] { station.enable(gone); });
  ASSERT_NO_THROW(station.run());
  for (const SimulatedEvent& event : station.events()) EXPECT_EQ(event.status, EventStatus::kDelivered);
}

// Fault 27. The poisoned ones end as dead letters; their neighbours go out at once, whatever comes back for those.
TEST(Simulation, APoisonEventHoldsNobodyUp) {
  DeliveryPolicy policy;
  SimulatedStation station(11, policy);
  station.add_endpoint(with_poison());
  station.accept_at(kStart, 0, 700);
  SteadyTime last_delivery{};
  station.on_end = [&](std::size_t, const SimulatedReply& reply) {
    if (reply.outcome.response_status == 200) last_delivery = station.now();
  };
  ASSERT_NO_THROW(station.run());
  ASSERT_NO_FATAL_FAILURE(expect_all_accounted_for(station, policy));
  EXPECT_LT(last_delivery, after(Seconds{5}));
}

}  // namespace
}  // namespace yizhan
