// One mail to one server (RFC 5321), by libcurl, which blocks: for a thread of its own (mail.h).
//
//   implicit TLS   port 465
//   STARTTLS       port 587: EHLO, STARTTLS, EHLO again; without STARTTLS nothing is sent
//
// Credentials go out under TLS only, and there is no way without TLS. The server's address is vetted as that of any
// callback (http/address_guard.h); proxies of the environment are not asked.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "domain/attempt.h"
#include "http/address_guard.h"

namespace yizhan::alert {

enum class SmtpTls { kStartTls, kImplicit };

struct SmtpServer {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 587;
  SmtpTls tls = SmtpTls::kStartTls;
  std::string user;  ///< empty: nobody logs in
  std::string password;
  std::string ca_file;  ///< PEM; empty: the system's authorities
  http::AddressGuard guard;
  std::shared_ptr<const std::vector<http::Network>> extra_networks;
};

struct SmtpEnvelope {
  std::string from;
  std::vector<std::string> to;  ///< one that the server refuses does not keep the others from it
  std::string message;
};

class SmtpSession {
 public:
  explicit SmtpSession(SmtpServer server);
  ~SmtpSession();
  SmtpSession(const SmtpSession&) = delete;
  SmtpSession& operator=(const SmtpSession&) = delete;

  /// Blocks until the mail is taken, refused, or `deadline` has passed; one call at a time. The server's codes: 4xx is
  /// kAlertFailed, 5xx is kAlertRefused; its replies are the response on record, the last one's code its status. When
  /// the message went out to its end and no reply came to it, nobody knows whether it was taken: kAlertUnconfirmed.
  AttemptOutcome send(const SmtpEnvelope& envelope, SteadyTime deadline);

  // From another thread. libcurl keeps its deadline while it polls; where it waits for the reply to a message, and to
  // QUIT, it waits for the server and for nothing else. So its connection is cut.

  /// Ends a send() whose deadline has passed.
  void cut_overdue(SteadyTime now);
  /// Ends a send() at once, and every one after it.
  void stop();

 private:
  struct Handles;
  SmtpServer server_;
  std::unique_ptr<Handles> handles_;
  std::atomic<bool> stopped_{false};
};

}  // namespace yizhan::alert
