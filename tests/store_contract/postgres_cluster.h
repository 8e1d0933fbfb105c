// The PostgreSQL of this test run: started when the first test asks for it, gone when the program ends, however it
// ends.
#pragma once

#include <sys/types.h>

#include <string>

namespace yizhan::store::contract {

class PostgresCluster {
 public:
  /// The one of this program.
  static PostgresCluster& shared();

  enum class Servers { kOne, kWithStandby };

  explicit PostgresCluster(Servers servers);
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  /// For an ordinary role that owns the database.
  const std::string& url() const { return url_; }
  const std::string& superuser_url() const { return superuser_url_; }
  /// Of its socket, as the URLs name it.
  std::string directory() const { return url_.substr(url_.find("host=") + 5); }

  /// As a crash would.
  void stop() { order("stop"); }
  void start() { order("start"); }
  void restart() { order("restart"); }
  /// The standby takes over from a server that has crashed.
  void fail_over() { order("failover"); }

 private:
  void order(const std::string& word);
  std::string read_line();

  pid_t holder_ = -1;
  int to_holder_ = -1;
  int from_holder_ = -1;
  std::string url_;
  std::string superuser_url_;
};

}  // namespace yizhan::store::contract
