// The client's side of one TLS connection as a filter between bytes: what the peer sent goes in, what it must be sent
// comes out. Does no I/O of its own, so that a plain and a TLS connection read and write in the same way (and OpenSSL's
// records leave in one system call however many calls made them).
//
// TLS 1.2 or newer, server name indication, the certificate checked against the host: a name, or an address literal.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/tls_credentials.h"

namespace yizhan::http {

class TlsFilter {
 public:
  enum class Step {
    kDone,       ///< the handshake is through, or bytes were read
    kWantInput,  ///< more from the peer is needed
    kEnded,      ///< the peer said that it sends no more (close_notify)
    kFailed,     ///< see failure()
  };

  /// `host` as in Url::host. A session in `sessions` is resumed; one that the server hands out is put there.
  TlsFilter(std::shared_ptr<TlsCredentials> credentials, const std::string& host,
            std::shared_ptr<TlsSessionSlot> sessions);
  ~TlsFilter();
  TlsFilter(const TlsFilter&) = delete;
  TlsFilter& operator=(const TlsFilter&) = delete;

  /// Bytes from the peer; must stay where they are until a step wants input again.
  void feed(std::string_view cipher) { input_ = cipher; }
  /// Bytes for the peer, appended to by every call here; the caller sends and clears them.
  std::string& output() { return output_; }

  Step handshake();
  Step read(char* out, std::size_t capacity, std::size_t& count);
  /// False when the connection is beyond use; see failure().
  bool write(std::string_view plain);
  /// Says to the peer that nothing more is sent (close_notify).
  void end();

  /// One line: what was wrong with the certificate, or with the protocol.
  const std::string& failure() const { return failure_; }
  bool resumed() const;

 private:
  friend struct TlsFilterBio;
  void note_failure(int result);

  std::shared_ptr<TlsCredentials> credentials_;
  std::shared_ptr<TlsSessionSlot> sessions_;
  SSL* ssl_ = nullptr;
  std::string_view input_;
  std::string output_;
  std::string failure_;
};

}  // namespace yizhan::http
