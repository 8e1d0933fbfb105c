// The orderly end (fault 47): nothing new is accepted, what is in hand is answered, and it ends in time.
#include <gtest/gtest.h>

#include "server_harness.h"

namespace yizhan::http {
namespace {

std::future<void> stop(RunningServer& running, Milliseconds grace) {
  auto stopped = std::make_shared<std::promise<void>>();
  auto future = stopped->get_future();
  running.on_thread([&] {
    running.server->stop(grace, [stopped] { stopped->set_value(); });
    return 0;
  });
  return future;
}

bool within_20_seconds(const std::future<void>& future) {
  return future.wait_for(Seconds{20}) == std::future_status::ready;
}

TEST(ServerStop, EndsIdleConnectionsAndAnswersWhatIsInHand) {
  std::promise<Responder> asked;
  auto waiting = asked.get_future();
  RunningServer running([&](ServerRequest&, Responder responder) { asked.set_value(std::move(responder)); });
  RawPeer idle(running.port);
  RawPeer busy(running.port);
  busy.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder responder = waiting.get();

  const auto stopped = stop(running, Seconds{60});
  EXPECT_TRUE(idle.ended());
  RawPeer late(running.port);
  EXPECT_FALSE(late.connected);
  EXPECT_EQ(stopped.wait_for(Seconds{0}), std::future_status::timeout);

  running.on_thread([&] { responder.answer({.body = "finished"}); });
  const RawResponse response = busy.receive();
  EXPECT_EQ(response.body, "finished");
  EXPECT_TRUE(response.has_line("Connection: close"));
  EXPECT_TRUE(busy.ended());
  busy.finish_sending();
  EXPECT_TRUE(within_20_seconds(stopped));
}

TEST(ServerStop, ARequestThatIsComingInIsStillAnswered) {
  RunningServer running(echo);
  RawPeer peer(running.port);
  peer.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 100);
  const auto stopped = stop(running, Seconds{60});
  peer.send("hello");
  EXPECT_EQ(peer.receive().body, "POST /a hello");
  peer.finish_sending();
  EXPECT_TRUE(within_20_seconds(stopped));
}

TEST(ServerStop, AnAnswerThatIsBeingSentEndsTheConnection) {
  const std::string large(20'000'000, 'y');
  RunningServer running([&](ServerRequest&, Responder responder) { responder.answer({.body = large}); });
  RawPeer peer(running.port);
  peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  while (running.counters().requests == 0) std::this_thread::yield();
  const auto stopped = stop(running, Seconds{60});
  EXPECT_TRUE(peer.receive().body == large);
  EXPECT_TRUE(peer.ended());
  EXPECT_TRUE(within_20_seconds(stopped));
}

TEST(ServerStop, CutsOffWhatTakesLongerThanTheGrace) {
  std::promise<Responder> asked;
  auto waiting = asked.get_future();
  RunningServer running([&](ServerRequest&, Responder responder) { asked.set_value(std::move(responder)); });
  RawPeer busy(running.port);
  busy.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder responder = waiting.get();
  EXPECT_TRUE(within_20_seconds(stop(running, Milliseconds{50})));
  EXPECT_TRUE(busy.ended());
  // The answer comes too late and does no harm.
  running.on_thread([&] { responder.answer({.body = "late"}); });
  EXPECT_EQ(running.counters().connections_open, 0U);
}

TEST(ServerStop, MayBeCalledTwiceAndWithoutConnections) {
  RunningServer running(echo);
  EXPECT_TRUE(within_20_seconds(stop(running, Seconds{60})));
  EXPECT_TRUE(within_20_seconds(stop(running, Seconds{60})));
}

}  // namespace
}  // namespace yizhan::http
