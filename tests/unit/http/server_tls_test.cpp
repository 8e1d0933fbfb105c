#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "server_harness.h"
#include "test_certificates.h"

namespace yizhan::http {
namespace {

/// A certificate of this server's and its key, in files.
struct TlsFilesOnDisk {
  ServerOptions options() const {
    ServerOptions options;
    options.certificate_file = issued.certificate;
    options.key_file = issued.key;
    return options;
  }

  test::CertificateAuthority authority;
  test::CertificateFiles issued = authority.issue({.common_name = "localhost", .alternative_names = ""});
};

class TlsPeer {
 public:
  TlsPeer(std::uint16_t port, int highest_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())),
        bio_(BIO_new_connect(("127.0.0.1:" + std::to_string(port)).c_str())) {
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, highest_version);
    SSL_CTX_set_cipher_list(context_, "DEFAULT:@SECLEVEL=0");
    BIO_do_connect(bio_);
    ssl_ = SSL_new(context_);
    SSL_set_bio(ssl_, bio_, bio_);
    handshaken = SSL_connect(ssl_) == 1;
  }
  ~TlsPeer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  void send(std::string_view bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }
  std::string receive(std::size_t count) {
    std::string all;
    char bytes[16384];
    while (all.size() < count) {
      const int read = SSL_read(ssl_, bytes, sizeof bytes);
      if (read <= 0) break;
      all.append(bytes, static_cast<std::size_t>(read));
    }
    return all;
  }
  bool ended_properly() {
    char byte;
    return SSL_read(ssl_, &byte, 1) <= 0 && (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

  bool handshaken = false;

 private:
  SSL_CTX* context_;
  BIO* bio_;
  SSL* ssl_ = nullptr;
};

TEST(ServerTls, ServesOverTls12And13) {
  const TlsFilesOnDisk files;
  RunningServer running(
      [](ServerRequest& request, Responder responder) {
        EXPECT_TRUE(request.tls);
        echo(request, std::move(responder));
      },
      files.options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(running.port, version);
    ASSERT_TRUE(peer.handshaken);
    for (int i = 0; i < 3; ++i) {
      peer.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
      peer.send("hello");
      EXPECT_TRUE(peer.receive(1).ends_with("POST /a hello"));
    }
  }
}

TEST(ServerTls, CarriesLargeBodiesBothWays) {
  const TlsFilesOnDisk files;
  RunningServer running(echo, files.options());
  TlsPeer peer(running.port);
  const std::string body(900'000, 'b');
  peer.send("POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n" + body);
  EXPECT_TRUE(peer.receive(900'000).ends_with(body));
  EXPECT_TRUE(peer.ended_properly());
}

TEST(ServerTls, RefusesOldVersions) {
  const TlsFilesOnDisk files;
  RunningServer running(echo, files.options());
  EXPECT_FALSE(TlsPeer(running.port, TLS1_1_VERSION).handshaken);
  EXPECT_TRUE(TlsPeer(running.port, TLS1_2_VERSION).handshaken);
}

TEST(ServerTls, EndsConnectionsThatSpeakPlainHttpOrNothing) {
  const TlsFilesOnDisk files;
  ServerOptions options = files.options();
  options.head_timeout = Milliseconds{150};
  RunningServer running(echo, options);
  RawPeer plain(running.port);
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(plain.receive_all().find("HTTP/1.1 200"), std::string::npos);
  RawPeer silent(running.port);
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(running.counters().requests, 0U);
}

}  // namespace
}  // namespace yizhan::http
