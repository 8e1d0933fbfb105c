// Whom a TLS connection trusts and what it shows of itself: one OpenSSL context for each set of TlsFiles. Connections
// and sessions made with one are never used for another.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "http/client.h"

using SSL_SESSION = struct ssl_session_st;  // NOLINT(readability-identifier-naming): <openssl/ssl.h> is heavy

namespace yizhan::http {

class TlsCredentials {
 public:
  explicit TlsCredentials(SSL_CTX* context) : context_(context) {}
  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  SSL_CTX* context() const { return context_; }

 private:
  SSL_CTX* context_;  // owned
};

/// The newest session that the servers of one origin gave us for one set of credentials; resuming it saves the next
/// handshake its key exchange and certificates. A connection's SSL object points to the slot by its application data.
class TlsSessionSlot {
 public:
  TlsSessionSlot() = default;
  ~TlsSessionSlot();
  TlsSessionSlot(const TlsSessionSlot&) = delete;
  TlsSessionSlot& operator=(const TlsSessionSlot&) = delete;

  /// Takes ownership.
  void replace(SSL_SESSION* session);
  void clear() { replace(nullptr); }
  SSL_SESSION* get() const { return session_; }

 private:
  SSL_SESSION* session_ = nullptr;
};

}  // namespace yizhan::http
