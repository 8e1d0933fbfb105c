#include "dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace yizhan::http::test {
namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;

void append_16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

/// The question section's name from offset 12; moves `end` behind it.
std::string read_name(const std::string& packet, std::size_t& end) {
  std::string name;
  end = 12;
  while (end < packet.size() && packet[end] != 0) {
    const auto length = static_cast<unsigned char>(packet[end]);
    if (!name.empty()) name.push_back('.');
    name.append(packet, end + 1, length);
    end += length + 1;
  }
  ++end;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

DnsServer::DnsServer(Rule rule) : rule_(std::move(rule)) {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0) {
    throw std::runtime_error("no socket for the name server");
  }
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  stopping_ = true;
  // Wakes the thread: a datagram to itself.
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  ::sendto(socket_, "", 0, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  thread_.join();
  ::close(socket_);
}

int DnsServer::questions(const std::string& name, bool ipv6) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::ranges::count(asked_, std::pair(name, ipv6)));
}

void DnsServer::serve() {
  while (true) {
    std::string packet(1500, '\0');
    sockaddr_storage client{};
    socklen_t client_length = sizeof client;
    const ssize_t count =
        ::recvfrom(socket_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&client), &client_length);
    if (stopping_) return;
    if (count < 17) continue;
    packet.resize(static_cast<std::size_t>(count));
    std::size_t end = 0;
    const std::string name = read_name(packet, end);
    const unsigned type = static_cast<unsigned char>(packet[end + 1]);
    const bool ipv6 = type == kTypeAaaa;
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = static_cast<int>(std::ranges::count(asked_, std::pair(name, ipv6)));
      asked_.emplace_back(name, ipv6);
    }
    const DnsReply reply = rule_(name, ipv6, number);
    if (reply.silent) continue;

    std::string records;
    unsigned record_count = 0;
    for (const std::string& text : reply.addresses) {
      unsigned char bytes[16];
      if (::inet_pton(ipv6 ? AF_INET6 : AF_INET, text.c_str(), bytes) != 1) continue;
      const unsigned size = ipv6 ? 16 : 4;
      append_16(records, 0xc00c);  // the name of the question
      append_16(records, ipv6 ? kTypeAaaa : kTypeA);
      append_16(records, 1);
      append_16(records, reply.ttl >> 16);
      append_16(records, reply.ttl & 0xffff);
      append_16(records, size);
      records.append(reinterpret_cast<const char*>(bytes), size);
      ++record_count;
    }
    std::string answer = packet.substr(0, 2);
    append_16(answer, 0x8180u | static_cast<unsigned>(reply.code));  // response, recursion desired and available
    append_16(answer, 1);
    append_16(answer, record_count);
    append_16(answer, 0);
    append_16(answer, 0);
    answer.append(packet, 12, end + 4 - 12);
    answer.append(records);
    ::sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&client), client_length);
  }
}

}  // namespace yizhan::http::test
