#include "actor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>

#include "contract_test.h"
#include "push_calls.h"
#include "retention_calls.h"

namespace yizhan::store::contract {

int act(const std::string& url, std::string_view deed) {
  try {
    if (deed == "migrate") {
      value_of(open_factory(url)->migrate());
      return 0;
    }
    Node node(url);
    if (deed.starts_with("accept:")) {
      NewEvent event = node.event();
      event.event.id = deed.substr(7);
      event.idempotency_key = event.event.id;
      node.accept(std::move(event));
    } else if (deed == "deliver") {
      node.deliver(node.claim_one(kEndedLease));
    } else if (deed == "bury") {
      node.bury(node.claim_one(kEndedLease));
    } else if (deed == "replay") {
      value_of(node.store().replay({}, 100, node.now));
    } else if (deed == "retain") {
      remove_all(node, RetentionKind::kDelivered, node.now + Seconds{1});
    } else if (deed == "fan_out") {
      PushDesk(node).fan_out();
    } else {
      return 2;
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

bool killed_at(std::string_view fail_point, const std::string& url, const std::string& deed) {
  const std::string setting = "YIZHAN_FAIL_POINT=" + std::string(fail_point);
  const pid_t child = ::fork();
  if (child == 0) {
    std::array<char*, 2> environment{const_cast<char*>(setting.c_str()), nullptr};
    ::execle("/proc/self/exe", "store_contract", "--act", url.c_str(), deed.c_str(), static_cast<char*>(nullptr),
             environment.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL;
  if (WEXITSTATUS(status) != 0) throw std::runtime_error("the process failed by itself");
  return false;
}

}  // namespace yizhan::store::contract
