// A proxy between the store and PostgreSQL that can cut the wire around a COMMIT (fault 11).
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "harness/temporary_folder.h"

namespace yizhan::store::contract {

class WireProxy {
 public:
  enum class Cut {
    kNever,
    kBeforeCommit,  ///< the server never hears the COMMIT
    kAfterCommit,   ///< the server commits, its answer gets lost
    /// The same two at once, and the server does not notice that its client is gone.
    kBeforeCommitInSilence,
    kAfterCommitInSilence,
  };

  /// Listens on a socket in a directory of its own and connects to the server on the socket in `server_directory`.
  explicit WireProxy(const std::string& server_directory);
  ~WireProxy();
  WireProxy(const WireProxy&) = delete;
  WireProxy& operator=(const WireProxy&) = delete;

  /// The URL of a database of the server, by way of the proxy.
  std::string url(std::string of_server) const;
  /// For the next COMMIT that passes, once.
  void cut(Cut where) { cut_ = where; }
  /// Whether that is still to come.
  bool waits_to_cut() const { return cut_ != Cut::kNever; }
  /// Connections that clients made, until now.
  int connections() const { return connections_; }
  /// How often a client waited for everything it had sent (Sync), until now.
  int round_trips() const { return round_trips_; }
  /// Refuses connections from then on, or takes them again.
  void refuse(bool refuses) { refuses_ = refuses; }

 private:
  struct Link {
    int client = -1;  ///< -1: the server was left alone
    int server = -1;
    bool answer_is_lost = false;
    bool in_silence = false;
  };

  void run();
  void take_connection();
  /// False when the link has ended.
  bool from_client(Link& link);
  bool from_server(Link& link);
  /// Of the client's side alone, where the server is not to notice. False: of both.
  static bool leave(Link& link);

  TemporaryFolder folder_;
  std::string server_directory_;
  std::string server_socket_;
  int listener_ = -1;
  int end_ = -1;
  std::atomic<Cut> cut_{Cut::kNever};
  std::atomic<bool> refuses_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> round_trips_{0};
  std::vector<Link> links_;  // of the thread
  std::thread thread_;
};

}  // namespace yizhan::store::contract
