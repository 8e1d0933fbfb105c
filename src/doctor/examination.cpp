#include "doctor/examination.h"

#include <algorithm>
#include <array>

#include "doctor/accounting_check.h"
#include "doctor/certificate_check.h"
#include "doctor/clock_check.h"
#include "doctor/configuration_check.h"
#include "doctor/key_check.h"
#include "doctor/notify_check.h"
#include "doctor/platform_check.h"
#include "doctor/schema_check.h"
#include "doctor/service_check.h"
#include "doctor/source_check.h"
#include "doctor/store_check.h"

namespace yizhan::doctor {
namespace {

constexpr std::array kChecks{
    Check{"service", "does it run, does it have its ports", check_service},
    Check{"configuration", "what a start would refuse", check_configuration},
    Check{"store", "is it there, has it room, does it keep what it is given", check_store},
    Check{"tables", "would the tables of an older system do", check_schema},
    Check{"accounting", "the ledger, dead letters, what waits too long", check_accounting},
    Check{"platforms", "who does not take callbacks, and why", check_platforms},
    Check{"sources", "whose callbacks are rejected, who has fallen silent", check_sources},
    Check{"notify", "what keeps people from being told", check_notify},
    Check{"keys", "the key for PostgREST and its secret", check_keys},
    Check{"certificates", "which end soon", check_certificates},
    Check{"clock", "is it right", check_clock},
};

}  // namespace

bool Notes::has_store(const Installation& installation) {
  if (installation.store != nullptr) return true;
  skip(installation.store_error ? installation.store_error->message : "the store was not opened");
  return false;
}

std::span<const Check> all_checks() {
  return kChecks;
}

const Check* find_check(std::string_view name) {
  const auto known = std::ranges::find(kChecks, name, &Check::name);
  return known == kChecks.end() ? nullptr : &*known;
}

Report examine(const Installation& installation, std::span<const Check* const> chosen) {
  Report report;
  for (const Check& check : kChecks) {
    if (!chosen.empty() && std::ranges::find(chosen, &check) == chosen.end()) continue;
    Notes notes(report, check.name);
    check.run(installation, notes);
    ++report.checks;
  }
  // By weight, and of one weight as they came; there are few.
  std::vector<Finding> ordered;
  for (const Weight weight : {Weight::kDown, Weight::kLoss, Weight::kTrouble, Weight::kWarning, Weight::kNote}) {
    for (Finding& finding : report.findings) {
      if (finding.weight == weight) ordered.push_back(std::move(finding));
    }
  }
  report.findings = std::move(ordered);
  return report;
}

}  // namespace yizhan::doctor
