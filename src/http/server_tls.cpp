#include "http/server_tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <climits>

namespace yizhan::http {
namespace {

std::string last_tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

std::unexpected<Error> bad_file(const std::string& file, std::string_view what) {
  return fail("tls_files_invalid", fmt::format("{} '{}' cannot be used: {}", what, file, last_tls_error()));
}

int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  static constexpr unsigned char kSupported[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_length, kSupported, sizeof kSupported, offered, offered_length);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

Result<SslContext> make_server_tls(const std::string& certificate_file, const std::string& key_file) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Buffers of idle connections are given back, and a moved write buffer is no error to us.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_http_1_1, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return bad_file(certificate_file, "the certificate file");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return bad_file(key_file, "the key file");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return bad_file(key_file, "the key does not belong to the certificate; the key file");
  }
  return context;
}

TlsSession::TlsSession(SSL_CTX* context)
    : session_(SSL_new(context)), from_network_(BIO_new(BIO_s_mem())), to_network_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(session_.get(), from_network_, to_network_);
  SSL_set_accept_state(session_.get());
}

void TlsSession::feed(std::span<const char> ciphertext) {
  BIO_write(from_network_, ciphertext.data(), static_cast<int>(ciphertext.size()));
}

TlsSession::Pull TlsSession::pull(std::span<char> plaintext, std::size_t& count) {
  ERR_clear_error();
  const int room = static_cast<int>(std::min<std::size_t>(plaintext.size(), INT_MAX));
  const int result = SSL_read(session_.get(), plaintext.data(), room);
  collect_output();
  if (result > 0) {
    count = static_cast<std::size_t>(result);
    return Pull::kData;
  }
  count = 0;
  const int error = SSL_get_error(session_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) return Pull::kNeedMore;
  return error == SSL_ERROR_ZERO_RETURN ? Pull::kClosed : Pull::kFailed;
}

bool TlsSession::push(std::string_view plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    const int part = static_cast<int>(std::min<std::size_t>(plaintext.size(), INT_MAX));
    const int written = SSL_write(session_.get(), plaintext.data(), part);
    collect_output();
    if (written <= 0) {
      ERR_clear_error();
      return false;
    }
    plaintext.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void TlsSession::close() {
  ERR_clear_error();
  if (SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
  ERR_clear_error();
  collect_output();
}

void TlsSession::collect_output() {
  char* bytes = nullptr;
  const long pending = BIO_get_mem_data(to_network_, &bytes);
  if (pending <= 0) return;
  output.append(bytes, static_cast<std::size_t>(pending));
  BIO_reset(to_network_);
}

}  // namespace yizhan::http
