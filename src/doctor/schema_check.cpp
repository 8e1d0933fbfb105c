#include "doctor/schema_check.h"

namespace yizhan::doctor {

std::vector<Finding> judge_schema(const std::vector<store::SchemaFinding>& found_in_schema) {
  std::vector<Finding> findings;
  for (const store::SchemaFinding& each : found_in_schema) {
    if (each.code == "schema_outdated") continue;  // the check of the store says so
    findings.push_back(found(symptom("schema_to_mend"), each.code, each.evidence,
                             each.mended_by_migrate ? "yizhan migrate: " + each.mend : each.mend));
  }
  return findings;
}

void check_schema(const Installation& installation, Notes& notes) {
  if (installation.store_error && installation.store_error->code == "store_missing") {
    return notes.skip(installation.store_error->message);
  }
  if (const auto in_schema = notes.look(installation.examine_schema())) notes.add(judge_schema(*in_schema));
}

}  // namespace yizhan::doctor
