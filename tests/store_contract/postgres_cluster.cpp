#include "postgres_cluster.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace yizhan::store::contract {

PostgresCluster& PostgresCluster::shared() {
  static PostgresCluster cluster(Servers::kOne);
  return cluster;
}

PostgresCluster::PostgresCluster(Servers servers) {
  int input[2];
  int output[2];
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  holder_ = ::fork();
  if (holder_ == 0) {
    ::dup2(input[0], STDIN_FILENO);
    ::dup2(output[1], STDOUT_FILENO);
    const char* standby = servers == Servers::kWithStandby ? "--standby" : nullptr;
    ::execlp("python3", "python3", YIZHAN_POSTGRES_SERVER, "hold", standby, static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(input[0]);
  ::close(output[1]);
  to_holder_ = input[1];
  from_holder_ = output[0];
  url_ = read_line();
  superuser_url_ = read_line();
}

PostgresCluster::~PostgresCluster() {
  ::close(to_holder_);  // it stops the server at the end of its input
  ::waitpid(holder_, nullptr, 0);
  ::close(from_holder_);
}

void PostgresCluster::order(const std::string& word) {
  const std::string line = word + "\n";
  if (::write(to_holder_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || read_line() != "ok") {
    throw std::runtime_error("the PostgreSQL of this test run did not " + word);
  }
}

std::string PostgresCluster::read_line() {
  std::string line;
  char byte = 0;
  while (::read(from_holder_, &byte, 1) == 1) {
    if (byte == '\n') return line;
    line += byte;
  }
  throw std::runtime_error("PostgreSQL could not be started; see the messages above");
}

}  // namespace yizhan::store::contract
