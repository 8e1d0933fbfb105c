#include "receive/receiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/json_writer.h"
#include "base/version.h"
#include "receive/pipeline.h"

namespace yizhan::receive {
namespace {

constexpr std::string_view kHealthPath = "/health";

/// `/in/{a}` and `/in/{b}` are one path.
std::string without_parameter_names(std::string_view pattern) {
  std::string plain;
  bool inside = false;
  for (const char character : pattern) {
    if (!inside || character == '}') plain += character;
    inside = character == '{' || (inside && character != '}');
  }
  return plain;
}

Result<void> check_paths(const std::vector<ConfiguredSource>& sources) {
  std::set<std::string> taken{std::string(kHealthPath)};
  for (const ConfiguredSource& configured : sources) {
    for (const std::string& path : configured.source->paths()) {
      if (taken.insert(without_parameter_names(path)).second) continue;
      return fail("path_taken", fmt::format("source '{}' listens on {}, which is taken already; give it another path",
                                            configured.options.name, path));
    }
  }
  return {};
}

/// Whether events can be made for `platform`: an error now, at the start, instead of one for each callback.
Result<void> check_platform(store::Intake& intake, const std::string& platform, std::string_view named_by) {
  store::AcceptCall trial;
  store::NewEvent& event = trial.events.emplace_back();
  event.event.platform = platform;
  event.event.event_type = "check";
  event.event.created_at = event.first_attempt_at = utc_now();
  auto prepared = intake.prepare(event);
  if (prepared) {
    intake.abandoned(trial);
    return {};
  }
  return fail(prepared.error().code, fmt::format("{} names the platform '{}', which gets no events: {}", named_by,
                                                 platform, prepared.error().message));
}

Result<void> check_platforms(store::Intake& intake, const std::vector<ConfiguredSource>& sources,
                             const Routes& routes) {
  for (const ConfiguredSource& configured : sources) {
    if (configured.options.platform.empty()) continue;
    const std::string named_by = fmt::format("source '{}'", configured.options.name);
    if (auto checked = check_platform(intake, configured.options.platform, named_by); !checked) return checked;
  }
  for (const Route& route : routes.all()) {
    const std::string named_by = fmt::format("a route of source '{}'", route.source);
    if (auto checked = check_platform(intake, route.platform, named_by); !checked) return checked;
  }
  return {};
}

/// The process runs and answers. Says nothing about the store: restarting the process would not mend that.
void answer_health(http::ServerRequest&, const http::PathParameters&, http::Responder responder) {
  const std::string body =
      JsonWriter().begin_object().text("status", "ok").text("version", version()).end_object().take();
  responder.answer({.body = body + '\n'});
}

class RoutedReceiver final : public Receiver {
 public:
  explicit RoutedReceiver(std::shared_ptr<Pipeline> pipeline) : pipeline_(std::move(pipeline)) {
    router_.add("GET", kHealthPath, answer_health);
    for (const auto& source : pipeline_->sources) {
      const auto handler = [pipeline = pipeline_.get(), at_work = source.get()](http::ServerRequest& request,
                                                                                const http::PathParameters& parameters,
                                                                                http::Responder responder) {
        pipeline->take(*at_work, request, parameters, std::move(responder));
      };
      for (const std::string& path : source->source->paths()) {
        router_.add("POST", path, handler);
        // EasyPay notifies by GET, and other senders try an address by it.
        router_.add("GET", path, handler);
      }
    }
  }

  void handle(http::ServerRequest& request, http::Responder responder) override {
    router_.handle(request, std::move(responder));
  }

  Result<std::unique_ptr<Receiver>> successor(store::Intake& trial, std::vector<ConfiguredSource> sources,
                                              Routes routes, const ReceiverOptions& options) const override;

  std::vector<SourceCounters> counters() const override {
    std::vector<SourceCounters> all;
    for (const auto& source : pipeline_->sources) all.push_back(source->counters);
    return all;
  }

 private:
  const std::shared_ptr<Pipeline> pipeline_;
  http::Router router_;
};

/// What a receiver stands on, and the one whose place it takes, if there is one.
struct Ground {
  http::asio::io_context& io;
  store::GroupCommit& commits;
  store::Intake& intake;
  store::Intake& trial;
  const Pipeline* before = nullptr;

  std::shared_ptr<SourceCounters> counters_of(const std::string& source) const {
    if (before == nullptr) return nullptr;
    for (const auto& each : before->sources) {
      if (each->options.name == source) return each->shared_counters;
    }
    return nullptr;
  }
};

Result<std::unique_ptr<Receiver>> make_receiver(const Ground& ground, std::vector<ConfiguredSource> sources,
                                                Routes routes, const ReceiverOptions& options) {
  auto proxies = TrustedProxies::parse(options.trusted_proxies);
  if (!proxies) return std::unexpected(std::move(proxies.error()));
  if (auto checked = check_paths(sources); !checked) return std::unexpected(std::move(checked.error()));
  if (auto checked = check_platforms(ground.trial, sources, routes); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  auto pipeline = std::make_shared<Pipeline>(ground.io, ground.commits, ground.intake, std::move(routes),
                                             std::move(*proxies), options.rejections_per_second);
  const UtcTime now = utc_now();
  for (ConfiguredSource& configured : sources) {
    auto counted = ground.counters_of(configured.options.name);
    pipeline->sources.push_back(std::make_unique<SourceAtWork>(std::move(configured), now, std::move(counted)));
  }
  return std::make_unique<RoutedReceiver>(std::move(pipeline));
}

Result<std::unique_ptr<Receiver>> RoutedReceiver::successor(store::Intake& trial, std::vector<ConfiguredSource> sources,
                                                            Routes routes, const ReceiverOptions& options) const {
  const Ground ground{pipeline_->io, pipeline_->commits, pipeline_->intake, trial, pipeline_.get()};
  return make_receiver(ground, std::move(sources), std::move(routes), options);
}

}  // namespace

Result<std::unique_ptr<Receiver>> Receiver::make(http::asio::io_context& io, store::GroupCommit& commits,
                                                 store::Intake& intake, std::vector<ConfiguredSource> sources,
                                                 Routes routes, const ReceiverOptions& options) {
  return make_receiver({.io = io, .commits = commits, .intake = intake, .trial = intake}, std::move(sources),
                       std::move(routes), options);
}

}  // namespace yizhan::receive
