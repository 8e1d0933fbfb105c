#include "http/tls_credentials.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace yizhan::http {
namespace {

std::string last_openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unreadable" : reason;
}

std::unexpected<Error> unusable(std::string_view what, const std::string& file) {
  return fail("tls_files_invalid",
              fmt::format("The {} '{}' cannot be used: {}. It must be a PEM file that the service may read.", what,
                          file, last_openssl_reason()));
}

/// Called by OpenSSL for each session ticket received; 1 says that we keep the reference.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<TlsSessionSlot*>(SSL_get_app_data(ssl))->replace(session);
  return 1;
}

}  // namespace

TlsCredentials::~TlsCredentials() {
  SSL_CTX_free(context_);
}

TlsSessionSlot::~TlsSessionSlot() {
  clear();
}

void TlsSessionSlot::replace(SSL_SESSION* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

Result<std::shared_ptr<TlsCredentials>> load_tls_credentials(const TlsFiles& files) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return fail("tls_files_invalid", "OpenSSL gave no context: " + last_openssl_reason());
  auto credentials = std::make_shared<TlsCredentials>(context);

  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // An idle connection keeps no record buffers: 34 KB less each.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Sessions are kept by origin (TlsSessionSlot), never in the context, where every origin would see them.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);

  if (files.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      return fail("tls_files_invalid", "The system's certificate authorities cannot be read: " + last_openssl_reason());
    }
  } else if (SSL_CTX_load_verify_file(context, files.ca_file.c_str()) != 1) {
    return unusable("authority file", files.ca_file);
  }

  if (files.client_certificate_file.empty()) {
    if (!files.client_key_file.empty()) {
      return fail("tls_files_invalid",
                  fmt::format("There is a client key '{}' but no client certificate: set both, or neither.",
                              files.client_key_file));
    }
    return credentials;
  }
  if (SSL_CTX_use_certificate_chain_file(context, files.client_certificate_file.c_str()) != 1) {
    return unusable("client certificate", files.client_certificate_file);
  }
  // A key may stand in the certificate's file.
  const std::string& key_file = files.client_key_file.empty() ? files.client_certificate_file : files.client_key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable("client key", key_file);
  }
  return credentials;
}

}  // namespace yizhan::http
