// What the connections of one listener share.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <unordered_map>
#include <vector>

#include "http/response_text.h"
#include "http/server.h"
#include "http/server_connection.h"
#include "http/server_tls.h"

namespace yizhan::http {

struct ServerCore : std::enable_shared_from_this<ServerCore> {
  using Connection = Responder::Connection;
  template <class Hook>
  using ConnectionList = boost::intrusive::list<Connection, boost::intrusive::base_hook<Hook>,
                                                boost::intrusive::constant_time_size<false>>;

  ServerCore(asio::io_context& context, ServerOptions server_options, Server::Handler request_handler);

  void accept_next();
  void on_accept(ErrorCode error, TcpSocket socket);
  void admit(TcpSocket socket, const tcp::endpoint& endpoint);
  bool make_room();
  void turn_away(TcpSocket socket);
  void pause_accepting(ErrorCode error);

  void closed(const Connection& connection);
  void arm_sweep();
  void sweep();
  void stop(Milliseconds grace, std::move_only_function<void()> done);
  void finish_stop();
  void cut_off();

  asio::io_context& io;
  ServerOptions options;
  Server::Handler handler;
  SslContext tls;
  asio::basic_socket_acceptor<tcp, Executor> acceptor;
  tcp::endpoint accepted_peer;
  Timer accept_pause;
  Timer sweep_timer;
  bool sweeping = false;
  Timer grace_timer;
  bool stopping = false;
  std::move_only_function<void()> stopped;
  ServerCounters counters;
  DateText date;
  ConnectionList<ListHook> open;
  ConnectionList<WaitingHook> waiting;  ///< without a request in hand, the longest waiting first
  std::unordered_map<std::string, std::size_t> per_address;
  /// Where dropped bytes are read to.
  std::vector<char> garbage;
};

}  // namespace yizhan::http
