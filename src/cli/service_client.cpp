#include "cli/service_client.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <optional>
#include <set>

#include "cli/json_members.h"
#include "http/client.h"
#include "http/server.h"

namespace yizhan::cli {
namespace {

/// A service's answer comes from where the operator sent the request: any address will do.
http::AddressGuard any_address() {
  return http::AddressGuard(http::parse_networks("0.0.0.0/0, ::/0").value_or(std::vector<http::Network>{}));
}

/// Error codes are views of texts that live for ever; those of a service arrive at run time.
std::string_view lasting(std::string code) {
  static std::set<std::string> codes;
  return *codes.insert(std::move(code)).first;
}

}  // namespace

bool is_listening(const std::string& base_url) {
  const auto url = http::parse_url(base_url);
  if (!url) return false;
  http::ErrorCode error;
  const auto address = http::asio::ip::make_address(url->host, error);
  if (error) return false;
  http::asio::io_context io(1);
  http::TcpSocket socket(io.get_executor());
  socket.connect(http::tcp::endpoint(address, url->port), error);
  return !error;
}

Result<ServiceAnswer> request_once(const std::string& base_url, std::string_view path, std::string_view method,
                                   std::string_view header_lines, std::string body, Milliseconds timeout) {
  auto url = http::join_url(base_url, path);
  if (!url) return std::unexpected(url.error());
  http::Request request;
  request.url = std::make_shared<const http::Url>(std::move(*url));
  request.method = method;
  request.header_lines = "User-Agent: yizhan-cli\r\nContent-Type: application/json\r\nAccept: application/json\r\n";
  request.header_lines += header_lines;
  request.body = std::make_shared<const std::string>(std::move(body));
  request.timeout = timeout;

  http::asio::io_context io(1);
  std::optional<std::expected<http::Response, http::Failure>> outcome;
  http::ClientOptions options;
  options.response_body_limit = 64 << 20;
  http::Client client(io, any_address(), options);
  client.send(std::move(request), [&](std::expected<http::Response, http::Failure> answer) {
    outcome = std::move(answer);
    io.stop();
  });
  io.run();
  if (!outcome) return fail("service_unavailable", fmt::format("{} did not answer", base_url));
  if (!*outcome) {
    return fail("service_unavailable",
                fmt::format("{}: {}. Is 'yizhan serve' running there?", base_url, outcome->error().message));
  }
  return ServiceAnswer{(*outcome)->status, std::move((*outcome)->body)};
}

Result<std::string> listener_url(const std::string& listen, bool tls) {
  auto address = http::parse_listen_address(listen);
  if (!address) return std::unexpected(address.error());
  if (address->host == "0.0.0.0") address->host = "127.0.0.1";
  if (address->host == "::") address->host = "::1";
  return fmt::format("{}://{}", tls ? "https" : "http", address->to_string());
}

Result<ServiceAnswer> ServiceClient::request(std::string_view method, std::string_view path, std::string body) const {
  const std::string credential = api_key_.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", api_key_);
  return request_once(base_url_, path, method, credential, std::move(body));
}

Error service_error(const ServiceAnswer& answer, const std::string& base_url) {
  const auto fields = simple_members(answer.body);
  if (const auto code = fields.find("code"); code != fields.end()) {
    auto says = fields.find("detail");
    if (says == fields.end()) says = fields.find("title");
    return {lasting(code->second), fmt::format("{} answered {}: {}", base_url, answer.status,
                                               says == fields.end() ? std::string() : says->second)};
  }
  return {"service_answer_unexpected",
          fmt::format("{} answered {} with something that is no answer of this service: is another program listening "
                      "there? --url names the service, --direct writes into the store",
                      base_url, answer.status)};
}

void add_service_options(Command command, ServiceOptions& options, const std::string& scope) {
  command.add_option("--url", options.url, "the API of the service to talk to").type_name("URL");
  command
      .add_option("--api-key", options.api_key,
                  fmt::format("an API key with {}. Better in YIZHAN_API_KEY: arguments can be seen by others", scope))
      .type_name("KEY");
  command.add_flag("--direct", options.direct, "use the store even if a service listens");
}

Result<std::optional<ServiceClient>> find_service(const Context& context, const config::Config& config,
                                                  const ServiceOptions& options) {
  std::string api_key = options.api_key;
  if (api_key.empty()) api_key = context.variable("YIZHAN_API_KEY");
  if (!options.url.empty()) return ServiceClient(options.url, std::move(api_key));
  const bool store_named = !context.options.store_url.empty() || !context.options.data_dir.empty();
  if (options.direct || store_named) return std::nullopt;
  auto url = listener_url(config.listen.api, !config.api.certificate_file.empty());
  if (!url) return std::unexpected(url.error());
  if (!is_listening(*url)) return std::nullopt;
  return ServiceClient(std::move(*url), std::move(api_key));
}

}  // namespace yizhan::cli
