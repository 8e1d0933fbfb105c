#include <algorithm>
#include <ostream>
#include <vector>

#include "cli/command_line.h"
#include "cli/doctor_schema.h"
#include "cli/json_output.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

void write_finding(JsonWriter& writer, const store::SchemaFinding& finding) {
  writer.begin_object().text("code", finding.code).text("evidence", finding.evidence).text("mend", finding.mend);
  writer.boolean("mended_by_migrate", finding.mended_by_migrate).end_object();
}

Result<std::vector<store::SchemaFinding>> examine(const Context& context) {
  const auto opened = context.open_store(store::OpenMode::kExamine);
  if (!opened) return std::unexpected(opened.error());
  return (*opened)->check_express_schema();
}

}  // namespace

Result<std::vector<store::SchemaFinding>> examine_schema(const Context& context) {
  auto findings = examine(context);
  if (findings || findings.error().code != "sql_error") return findings;
  // An embedded store of an older version has no such tables yet, and nobody else's either.
  const auto usable = context.open_store();
  if (usable || usable.error().code != "schema_outdated") return findings;
  return std::vector{store::SchemaFinding{.code = "schema_outdated",
                                          .evidence = usable.error().message,
                                          .mend = "brings the schema to this version",
                                          .mended_by_migrate = true}};
}

namespace {

Result<ExitStatus> check_schema(const Context& context) {
  const auto findings = examine_schema(context);
  if (!findings) return std::unexpected(findings.error());
  const ExitStatus status = findings->empty() ? ExitStatus::kOk : ExitStatus::kNeedsAttention;
  if (context.options.json) {
    for (const store::SchemaFinding& finding : *findings) context.out() << json_line(write_finding, finding);
    return status;
  }
  if (findings->empty()) {
    context.out() << "Nothing in the schema needs mending.\n";
    return status;
  }
  Table table({{"CODE"}, {"EVIDENCE", Align::kLeft, true}, {"MEND", Align::kLeft, true}});
  for (const store::SchemaFinding& finding : *findings) {
    table.add_row({{finding.code, finding.mended_by_migrate ? Style::kWarning : Style::kBad},
                   {finding.evidence},
                   {finding.mended_by_migrate ? "yizhan migrate: " + finding.mend : finding.mend}});
  }
  context.out() << table.render(context.terminal);
  if (std::ranges::any_of(*findings, [](const auto& finding) { return !finding.mended_by_migrate; })) {
    context.out() << "\nMend what stands without 'yizhan migrate' first: it refuses until then.\n";
  } else {
    context.out() << "\n'yizhan migrate' mends all of it, in one transaction.\n";
  }
  return status;
}

}  // namespace

void add_doctor_schema(Command doctor, Context& context) {
  const Command command = add_command(
      doctor, "schema", "what in the tables of an older system would not work here",
      "Looks only: at the partial unique index on message_id that ON CONFLICT does not match (42P10), at duplicates "
      "that a plain one would refuse, at columns of other types. Works before 'yizhan migrate' has run. Exit status 3 "
      "when something needs mending. With --json, one object a line.",
      {{"yizhan doctor schema --store postgresql://owner@db/postgres", "before the first 'yizhan migrate' there"}});
  on_run(command, context, [&context] { return check_schema(context); });
}

}  // namespace yizhan::cli
