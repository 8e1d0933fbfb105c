#include "doctor/service_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace yizhan::doctor {
namespace {

Finding port_taken(const ListenerState& listener) {
  const std::string owner = listener.owner.empty() ? "a process that cannot be seen from here" : listener.owner;
  return found(symptom("port_taken"), listener.address,
               fmt::format("{} has the {} port; it does not answer as this service.", owner, listener.name),
               fmt::format("end that process, or choose another address: --set {}=ADDRESS:PORT, or in the "
                           "configuration; then 'yizhan up'",
                           listener.setting));
}

/// A service answers; is it the one that serves this store?
std::optional<Finding> other_store(const ServiceState& service) {
  const auto api = std::ranges::find(service.listeners, "api", &ListenerState::name);
  if (!service.store_is_embedded || api == service.listeners.end() || !api->answers || api->owner.empty()) return {};
  if (!service.store_owner) {
    return found(
        symptom("store_served_elsewhere"), api->address,
        fmt::format("{} answers there, and nobody serves this store: that service has another one.", api->owner),
        "name that service's data directory with --data-dir, or stop it and start one here with 'yizhan up'");
  }
  if (api->owner.contains(fmt::format("(pid {})", *service.store_owner))) return {};
  return found(symptom("store_served_elsewhere"), api->address,
               fmt::format("Two services run: {} answers there, and pid {} serves this store.", api->owner,
                           *service.store_owner),
               fmt::format("keep one of them: 'yizhan down' in the data directory of the other, or 'kill {}'",
                           *service.store_owner));
}

std::string addresses(const ServiceState& service) {
  std::string text;
  for (const ListenerState& listener : service.listeners) text += (text.empty() ? "" : ", ") + listener.address;
  return text;
}

/// Of a service that is there; empty where none is.
std::string process_of(const ServiceState& service) {
  if (service.background_pid) return fmt::format("pid {}", *service.background_pid);
  if (service.store_owner) return fmt::format("pid {}", *service.store_owner);
  const auto listener = std::ranges::find_if(service.listeners, &ListenerState::is_service);
  return listener == service.listeners.end() ? std::string() : listener->owner;
}

}  // namespace

std::vector<Finding> judge_service(const ServiceState& service) {
  std::vector<Finding> findings;
  for (const ListenerState& listener : service.listeners) {
    if (listener.listening && !listener.is_service) findings.push_back(port_taken(listener));
  }
  const bool answers = std::ranges::any_of(service.listeners, &ListenerState::answers);
  const std::string process = process_of(service);
  const bool can_tell = service.store_is_embedded || !service.listeners.empty();
  if (!answers && process.empty() && can_tell) {
    findings.push_back(found(symptom("service_not_running"), "",
                             fmt::format("No service serves this store, and none answers at {}.", addresses(service)),
                             "yizhan up"));
  } else if (!answers && !process.empty() && !service.listeners.empty()) {
    findings.push_back(
        found(symptom("service_not_answering"), process,
              fmt::format("The process is there, and nobody answers at {}.", addresses(service)),
              "look at the end of its log ('yizhan status' names it); if it hangs: 'yizhan down', then 'yizhan up'"));
  }
  if (auto other = other_store(service)) findings.push_back(std::move(*other));
  if (answers && !service.ready && !service.not_ready_because.empty()) {
    findings.push_back(found(symptom("service_not_ready"), "", service.not_ready_because,
                             "mend the store (see what is said of it here); the service goes on by itself"));
  }
  return findings;
}

void check_service(const Installation& installation, Notes& notes) {
  if (!installation.service.examined) return notes.skip("nobody looked for a service");
  notes.add(judge_service(installation.service));
}

}  // namespace yizhan::doctor
