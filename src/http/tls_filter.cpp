#include "http/tls_filter.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

#include "http/address_guard.h"

namespace yizhan::http {

// The BIO through which OpenSSL takes from input_ and appends to output_.
struct TlsFilterBio {
  static int read(BIO* bio, char* out, std::size_t capacity, std::size_t* count) {
    auto& input = static_cast<TlsFilter*>(BIO_get_data(bio))->input_;
    BIO_clear_retry_flags(bio);
    if (input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    *count = std::min(capacity, input.size());
    std::memcpy(out, input.data(), *count);
    input.remove_prefix(*count);
    return 1;
  }
  static int write(BIO* bio, const char* data, std::size_t length, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    static_cast<TlsFilter*>(BIO_get_data(bio))->output_.append(data, length);
    *count = length;
    return 1;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const kMade = [] {
      BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "yizhan filter");
      BIO_meth_set_read_ex(fresh, read);
      BIO_meth_set_write_ex(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      BIO_meth_set_create(fresh, create);
      return fresh;
    }();
    return kMade;
  }
};

TlsFilter::TlsFilter(std::shared_ptr<TlsCredentials> credentials, const std::string& host,
                     std::shared_ptr<TlsSessionSlot> sessions)
    : credentials_(std::move(credentials)), sessions_(std::move(sessions)) {
  ssl_ = SSL_new(credentials_->context());
  BIO* const bio = ssl_ == nullptr ? nullptr : BIO_new(TlsFilterBio::method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, sessions_.get());
  SSL_set_connect_state(ssl_);

  bool host_set = false;
  if (const auto address = parse_address_literal(host)) {
    host_set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), address->to_string().c_str()) == 1;
  } else {
    // The final dot of an absolute name is no part of what certificates and server name indication hold (RFC 6066).
    const std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    host_set = SSL_set1_host(ssl_, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl_, name.c_str()) == 1;
  }
  if (!host_set) failure_ = "the host name cannot be checked";
  if (sessions_->get() != nullptr) SSL_set_session(ssl_, sessions_->get());
}

TlsFilter::~TlsFilter() {
  SSL_free(ssl_);
}

TlsFilter::Step TlsFilter::handshake() {
  if (!failure_.empty()) return Step::kFailed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return Step::kDone;
  if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return Step::kWantInput;
  note_failure(result);
  return Step::kFailed;
}

TlsFilter::Step TlsFilter::read(char* out, std::size_t capacity, std::size_t& count) {
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_, out, capacity, &count);
  if (result == 1) return Step::kDone;
  count = 0;
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ) return Step::kWantInput;
  if (error == SSL_ERROR_ZERO_RETURN) return Step::kEnded;
  note_failure(result);
  return Step::kFailed;
}

bool TlsFilter::write(std::string_view plain) {
  if (plain.empty()) return true;
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &count);
  if (result == 1 && count == plain.size()) return true;
  note_failure(result);
  return false;
}

void TlsFilter::end() {
  ERR_clear_error();
  if (failure_.empty() && SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
  ERR_clear_error();
}

bool TlsFilter::resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

void TlsFilter::note_failure(int result) {
  const long verdict = SSL_get_verify_result(ssl_);
  const unsigned long code = ERR_peek_error();
  if (verdict != X509_V_OK) {
    failure_ = std::string("certificate refused: ") + X509_verify_cert_error_string(verdict);
  } else if (const char* reason = ERR_reason_error_string(code); reason != nullptr) {
    failure_ = reason;
  } else {
    failure_ = "OpenSSL error " + std::to_string(SSL_get_error(ssl_, result));
  }
  ERR_clear_error();
  // A session that leads to failure is not tried again.
  sessions_->clear();
}

}  // namespace yizhan::http
