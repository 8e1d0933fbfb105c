// TLS as the client wants it: fault 26, client certificates, sessions, and that nothing is shared between credentials.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "client_fixture.h"
#include "dns_server.h"
#include "hostile_server.h"
#include "test_certificates.h"

namespace yizhan::http::test {
namespace {

using ::testing::HasSubstr;

class ClientTls : public ClientFixture {
 public:
  std::shared_ptr<TlsCredentials> trusting(const CertificateAuthority& whom) {
    return load_tls_credentials({whom.file(), "", ""}).value();
  }

  ServerIdentity identity_of(const CertificateWish& wish) {
    const CertificateFiles files = authority.issue(wish);
    return {files.certificate, files.key, "", 0};
  }

  std::expected<Response, Failure> fetch_with(const std::shared_ptr<TlsCredentials>& credentials,
                                              const std::string& url) {
    Request request = request_to(url);
    request.tls = credentials;
    return fetch(std::move(request));
  }

  void expect_refused(ServerIdentity identity, std::string_view why) {
    HostileServer server({.tls = &identity}, answer_all);
    const auto response = fetch_with(trusting(authority), server.url());
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().error_class, ErrorClass::kTls);
    EXPECT_THAT(response.error().message, HasSubstr(std::string(why)));
    EXPECT_THAT(response.error().message, HasSubstr("127.0.0.1:"));
  }

  CertificateAuthority authority;
};

TEST_F(ClientTls, a_good_certificate_is_accepted_and_the_connection_kept) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  HostileServer server({.tls = &identity}, answer_all);
  const auto credentials = trusting(authority);
  for (int i = 0; i < 5; ++i) {
    const auto response = fetch_with(credentials, server.url());
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->body, "ok");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTls, an_expired_certificate_is_refused) {
  expect_refused(identity_of({"server", "IP:127.0.0.1", -7200, -3600}), "certificate has expired");
}

TEST_F(ClientTls, a_certificate_that_is_not_yet_valid_is_refused) {
  expect_refused(identity_of({"server", "IP:127.0.0.1", 3600, 7200}), "not yet valid");
}

TEST_F(ClientTls, a_certificate_for_another_address_is_refused) {
  expect_refused(identity_of({"server", "IP:127.0.0.2,DNS:localhost"}), "IP address mismatch");
}

TEST_F(ClientTls, a_common_name_is_no_address) {
  expect_refused(identity_of({"127.0.0.1", ""}), "IP address mismatch");
}

TEST_F(ClientTls, an_authority_of_our_own_takes_the_place_of_the_systems) {
  CertificateAuthority other("Another Authority");
  const CertificateFiles files = other.issue({"server", "IP:127.0.0.1"});
  expect_refused({files.certificate, files.key, "", 0}, "unable to get local issuer certificate");
}

TEST_F(ClientTls, the_system_does_not_trust_our_authority) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  HostileServer server({.tls = &identity}, answer_all);
  const auto response = fetch_with(nullptr, server.url());
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kTls);
}

TEST_F(ClientTls, tls_before_1_2_is_refused) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
    identity.max_tls_version = version;
    expect_refused(identity, "protocol version");
  }
}

TEST_F(ClientTls, tls_1_2_is_accepted) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  identity.max_tls_version = TLS1_2_VERSION;
  HostileServer server({.tls = &identity}, answer_all);
  const auto response = fetch_with(trusting(authority), server.url());
  EXPECT_TRUE(response.has_value()) << response.error().message;
}

TEST_F(ClientTls, names_are_checked_and_indicated) {
  DnsServer names([](const std::string&, bool, int) { return DnsReply{{"127.0.0.1"}}; });
  ClientOptions options;
  options.dns_servers = {names.address()};
  make_client(options);
  ServerIdentity identity = identity_of({"server", "DNS:hooks.example.com,DNS:*.wild.example.com"});
  std::vector<std::string> indicated;
  HostileServer server({.tls = &identity}, [&](Peer& peer, int) {
    peer.read_request();
    indicated.push_back(peer.server_name());
    peer.send(response_with("200 OK", "", "Connection: close\r\n"));
  });
  const auto credentials = trusting(authority);
  const auto try_host = [&](const std::string& host) {
    return fetch_with(credentials, "https://" + host + ":" + std::to_string(server.port()) + "/").has_value();
  };
  EXPECT_TRUE(try_host("hooks.example.com"));
  EXPECT_TRUE(try_host("HOOKS.example.com."));  // absolute names are the same names
  EXPECT_TRUE(try_host("a.wild.example.com"));
  EXPECT_FALSE(try_host("other.example.com"));
  EXPECT_FALSE(try_host("a.b.wild.example.com"));
  EXPECT_EQ(indicated, (std::vector<std::string>{"hooks.example.com", "hooks.example.com", "a.wild.example.com"}));
}

TEST_F(ClientTls, no_name_is_indicated_for_an_address) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  std::string indicated = "unset";
  HostileServer server({.tls = &identity}, [&](Peer& peer, int) {
    peer.read_request();
    indicated = peer.server_name();
    peer.send(response_with("200 OK"));
  });
  ASSERT_TRUE(fetch_with(trusting(authority), server.url()).has_value());
  EXPECT_EQ(indicated, "");
}

TEST_F(ClientTls, an_ipv6_address_is_checked_too) {
  ServerIdentity identity = identity_of({"server", "IP:::1"});
  HostileServer server({.address = "::1", .tls = &identity}, answer_all);
  const auto response = fetch_with(trusting(authority), server.url());
  EXPECT_TRUE(response.has_value()) << response.error().message;
}

class ClientTlsSessions : public ClientTls, public ::testing::WithParamInterface<int> {
 public:
  /// Answers one request per connection and closes; notes which connections resumed a session.
  std::unique_ptr<HostileServer> one_shot_server() {
    identity_ = identity_of({"server", "IP:127.0.0.1"});
    identity_.max_tls_version = GetParam();
    return std::make_unique<HostileServer>(HostileServer::Options{.tls = &identity_}, [this](Peer& peer, int) {
      peer.read_request();
      resumed.push_back(peer.tls_resumed());
      peer.send(response_with("200 OK", "", "Connection: close\r\n"));
    });
  }

  std::vector<bool> resumed;

 private:
  ServerIdentity identity_;
};

TEST_P(ClientTlsSessions, are_resumed_on_the_next_connection) {
  const auto server = one_shot_server();
  const auto credentials = trusting(authority);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(fetch_with(credentials, server->url()).has_value());
  EXPECT_EQ(server->connections(), 4);
  EXPECT_EQ(client->counters().connections_opened, 4u);
  EXPECT_EQ(client->counters().tls_resumed, 3u);
  EXPECT_EQ(resumed, (std::vector<bool>{false, true, true, true}));
}

TEST_P(ClientTlsSessions, are_not_shared_between_credentials) {
  const auto server = one_shot_server();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(fetch_with(trusting(authority), server->url()).has_value());  // the same file, loaded anew
  }
  EXPECT_EQ(client->counters().tls_resumed, 0u);
}

TEST_P(ClientTlsSessions, are_not_shared_between_origins) {
  const auto server = one_shot_server();
  const auto other_server = one_shot_server();
  const auto credentials = trusting(authority);
  ASSERT_TRUE(fetch_with(credentials, server->url()).has_value());
  ASSERT_TRUE(fetch_with(credentials, other_server->url()).has_value());
  EXPECT_EQ(client->counters().tls_resumed, 0u);
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientTlsSessions, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& instance) { return instance.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3"; });

TEST_F(ClientTls, connections_are_not_shared_between_credentials) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  HostileServer server({.tls = &identity}, answer_all);
  const auto one = trusting(authority);
  const auto other = trusting(authority);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(fetch_with(one, server.url()).has_value());
    ASSERT_TRUE(fetch_with(other, server.url()).has_value());
  }
  EXPECT_EQ(server.connections(), 2);
}

class ClientTlsCertificates : public ClientTls, public ::testing::WithParamInterface<int> {};

TEST_P(ClientTlsCertificates, are_shown_by_those_who_have_one_only) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  identity.client_ca_file = authority.file();
  identity.max_tls_version = GetParam();
  std::vector<std::string> subjects;
  HostileServer server({.tls = &identity}, [&](Peer& peer, int) {
    if (peer.read_request().empty()) return;
    subjects.push_back(peer.client_subject());
    peer.send(response_with("200 OK"));
    peer.wait_for_close();
  });
  const CertificateFiles files = authority.issue({"yizhan-client", ""});
  const auto with_certificate = load_tls_credentials({authority.file(), files.certificate, files.key}).value();
  const auto response = fetch_with(with_certificate, server.url());
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_THAT(subjects, ::testing::ElementsAre("/CN=yizhan-client"));

  const auto without = fetch_with(trusting(authority), server.url());
  ASSERT_FALSE(without.has_value());
  EXPECT_EQ(without.error().error_class, ErrorClass::kTls) << without.error().message;
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientTlsCertificates, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& instance) { return instance.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3"; });

TEST_F(ClientTls, a_plain_server_is_not_taken_for_a_tls_one) {
  HostileServer plain([](Peer& peer, int) {
    peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    while (!peer.wait_for_close()) peer.discard();
  });
  const auto response = fetch_with(trusting(authority), "https" + plain.url().substr(4));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kTls);
}

TEST_F(ClientTls, a_server_that_closes_in_the_handshake) {
  HostileServer plain([](Peer& peer, int) { peer.close(); });
  const auto response = fetch_with(trusting(authority), "https" + plain.url().substr(4));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error_class, ErrorClass::kTls);
}

TEST_F(ClientTls, large_bodies_go_both_ways) {
  ServerIdentity identity = identity_of({"server", "IP:127.0.0.1"});
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 251);
  std::string seen;
  HostileServer server({.tls = &identity}, [&](Peer& peer, int) {
    seen = peer.read_request();
    peer.send(response_with("200 OK", std::string_view(body).substr(0, 60000)));
    answer_all(peer, 0);
  });
  const auto credentials = trusting(authority);
  Request request = request_to(server.url(), body);
  request.tls = credentials;
  const auto response = fetch(std::move(request));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_TRUE(seen.ends_with(body));
  EXPECT_EQ(response->body, body.substr(0, 60000));
  EXPECT_TRUE(fetch_with(credentials, server.url()).has_value());
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTls, files_that_cannot_be_used_are_named) {
  const CertificateFiles one = authority.issue({"one", ""});
  const CertificateFiles other = authority.issue({"other", ""});
  const std::string nonsense = authority.write_file("nonsense.pem", "not a certificate\n");
  struct Case {
    TlsFiles files;
    std::string named;
  };
  for (const Case& bad : {Case{{"/nowhere/ca.pem", "", ""}, "/nowhere/ca.pem"}, Case{{nonsense, "", ""}, nonsense},
                          Case{{"", nonsense, ""}, nonsense}, Case{{"", one.certificate, nonsense}, nonsense},
                          Case{{"", one.certificate, other.key}, other.key},
                          Case{{"", one.certificate, ""}, one.certificate}, Case{{"", "", one.key}, one.key}}) {
    const auto result = load_tls_credentials(bad.files);
    ASSERT_FALSE(result.has_value()) << bad.named;
    EXPECT_EQ(result.error().code, "tls_files_invalid");
    EXPECT_THAT(result.error().message, HasSubstr(bad.named));
  }
}

}  // namespace
}  // namespace yizhan::http::test
