// From the sections of the configuration to the options of the parts: at the start, and again at a reload.
#pragma once

#include "config/config.h"
#include "dispatch/dispatcher.h"
#include "http/client.h"
#include "http/server.h"
#include "receive/receiver.h"
#include "store/store.h"

namespace yizhan::app {

http::ClientOptions client_options(const config::OutboundSection& outbound);
http::ServerOptions server_options(const config::ServerSection& server);
dispatch::DispatcherOptions dispatcher_options(const config::Config& config);
receive::ReceiverOptions receiver_options(const config::ReceiveSection& receive);
store::InboundQuota inbound_quota(const config::ReceiveSection& receive);

}  // namespace yizhan::app
