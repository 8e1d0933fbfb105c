// TLS on the server's side, as a layer between bytes from and to the network and bytes of HTTP. It does no I/O of its
// own, so that the connection reads and writes in one way whether TLS is used or not.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace yizhan::http {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

/// TLS 1.2 or newer, HTTP/1.1 by ALPN, no renegotiation, no compression. Code `tls_files_invalid` with the file's name.
Result<SslContext> make_server_tls(const std::string& certificate_file, const std::string& key_file);

class TlsSession {
 public:
  explicit TlsSession(SSL_CTX* context);

  /// Bytes from the network.
  void feed(std::span<const char> ciphertext);
  enum class Pull { kData, kNeedMore, kClosed, kFailed };
  /// Decrypts into `plaintext`; `count` says how many bytes. Shakes hands first. May add to `output`.
  Pull pull(std::span<char> plaintext, std::size_t& count);
  /// Encrypts `plaintext` into `output`. False when the session is broken.
  bool push(std::string_view plaintext);
  /// Adds close_notify to `output`.
  void close();

  /// Bytes for the network; the connection sends and clears them.
  std::string output;

 private:
  struct SslDeleter {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  void collect_output();

  std::unique_ptr<SSL, SslDeleter> session_;
  BIO* from_network_ = nullptr;  // owned by session_
  BIO* to_network_ = nullptr;    // owned by session_
};

}  // namespace yizhan::http
