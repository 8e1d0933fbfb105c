#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <sstream>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/display_text.h"
#include "cli/doctor_schema.h"
#include "cli/doctor_service.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "doctor/examination.h"

namespace yizhan::cli {
namespace {

using doctor::Finding;
using doctor::Report;
using doctor::Weight;

struct DoctorOptions {
  std::vector<std::string> checks;
  bool probe = false;
  bool verbose = false;
};

Result<std::vector<const doctor::Check*>> chosen_checks(const DoctorOptions& options) {
  std::vector<const doctor::Check*> chosen;
  for (const std::string& name : options.checks) {
    const doctor::Check* check = doctor::find_check(name);
    if (check == nullptr) {
      std::string names;
      for (const doctor::Check& each : doctor::all_checks()) names += fmt::format(" {}", each.name);
      return fail("usage_invalid", fmt::format("there is no check '{}'; there are:{}", name, names));
    }
    chosen.push_back(check);
  }
  return chosen;
}

/// What a start would say of the configuration; this command does without the service's secrets.
void load_as_service(const Context& context, doctor::Installation& installation) {
  const auto inputs = context.config_inputs(Context::Purpose::kServe);
  if (!inputs) return;  // it was loaded before
  const auto loaded = config::load(*inputs);
  if (loaded) {
    installation.warnings = loaded->warnings;
    return;
  }
  for (const Error& problem : loaded.error()) installation.problems.push_back(problem.message);
}

Report examine(const Context& context, const config::Config& config, const DoctorOptions& options,
               const std::vector<const doctor::Check*>& chosen) {
  doctor::Installation installation{.config = config,
                                    .service = look_at_service(context, config),
                                    .examine_schema = [&] { return examine_schema(context); },
                                    .probe = options.probe,
                                    .now = utc_now()};
  load_as_service(context, installation);
  const auto opened = Context::open_store(config);
  if (opened) {
    installation.store = opened->store.get();
  } else {
    installation.store_error = opened.error();
  }
  return doctor::examine(installation, chosen);
}

/// Without a configuration there is nothing that could be examined.
Report unreadable(const Error& error) {
  Report report;
  report.findings.push_back(doctor::found(doctor::symptom("configuration_invalid"), std::string(error.code),
                                          error.message, "'yizhan config check' says what is allowed"));
  for (const doctor::Check& check : doctor::all_checks()) {
    report.skipped.push_back({std::string(check.name), "the configuration cannot be read"});
  }
  return report;
}

/// By the worst.
ExitStatus status_of(const Report& report) {
  const auto weighs = [&](Weight weight) {
    return std::ranges::any_of(report.findings, [&](const Finding& each) { return each.weight == weight; });
  };
  if (weighs(Weight::kDown)) return ExitStatus::kFailed;
  const bool any = weighs(Weight::kLoss) || weighs(Weight::kTrouble) || weighs(Weight::kWarning);
  return any ? ExitStatus::kNeedsAttention : ExitStatus::kOk;
}

void write_finding(JsonWriter& writer, const Finding& finding) {
  writer.begin_object().text("code", finding.code).text("weight", doctor::to_string(finding.weight));
  writer.text("subject", finding.subject).text("evidence", finding.evidence).text("mend", finding.mend).end_object();
}

void write_skipped(JsonWriter& writer, const doctor::Skipped& skipped) {
  writer.begin_object().text("skipped", skipped.check).text("reason", skipped.reason).end_object();
}

Style weight_style(Weight weight) {
  if (weight == Weight::kNote) return Style::kFaint;
  return weight == Weight::kWarning ? Style::kWarning : Style::kBad;
}

void print_finding(const Context& context, const Finding& finding) {
  constexpr int kIndent = 9;
  const Terminal& terminal = context.terminal;
  const auto paragraph = [&](std::string_view text) {
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
      context.out() << std::string(kIndent, ' ') << wrapped(printable(line), terminal.width, kIndent, kIndent) << '\n';
    }
  };
  context.out() << styled(padded_right(doctor::to_string(finding.weight), kIndent), weight_style(finding.weight),
                          terminal.color)
                << styled(finding.code, Style::kStrong, terminal.color);
  if (!finding.subject.empty()) context.out() << "  " << printable(finding.subject);
  context.out() << '\n';
  paragraph(finding.evidence);
  paragraph("mend: " + finding.mend);
}

void print(const Context& context, const Report& report, const DoctorOptions& options, Microseconds taken) {
  for (const Finding& finding : report.findings) print_finding(context, finding);
  if (options.verbose) {
    for (const doctor::Skipped& each : report.skipped) {
      context.out() << fmt::format("skipped  {}: {}\n", each.check, printable(each.reason));
    }
  }
  const auto wrong =
      std::ranges::count_if(report.findings, [](const Finding& each) { return each.weight != Weight::kNote; });
  if (!report.findings.empty()) context.out() << '\n';
  context.out() << (wrong == 0 && report.checks > 0 ? "Nothing is wrong. " : counted(wrong, "finding. ", "findings. "))
                << fmt::format("{}, {}.", counted(report.checks, "check", "checks"), readable_span(taken));
  if (!report.skipped.empty() && !options.verbose) {
    context.out() << fmt::format(" {} skipped: --verbose says which and why.",
                                 counted(static_cast<std::int64_t>(report.skipped.size()), "look was", "looks were"));
  }
  context.out() << '\n';
}

Result<ExitStatus> run(const Context& context, const DoctorOptions& options) {
  const auto chosen = chosen_checks(options);
  if (!chosen) return std::unexpected(chosen.error());
  const auto start = std::chrono::steady_clock::now();
  const auto loaded = context.load_config();
  const Report report = loaded ? examine(context, loaded->config, options, *chosen) : unreadable(loaded.error());
  if (context.options.json) {
    for (const Finding& finding : report.findings) context.out() << json_line(write_finding, finding);
    if (options.verbose) {
      for (const doctor::Skipped& each : report.skipped) context.out() << json_line(write_skipped, each);
    }
    return status_of(report);
  }
  print(context, report, options, std::chrono::floor<Microseconds>(std::chrono::steady_clock::now() - start));
  return status_of(report);
}

std::string explanation() {
  std::string text =
      "Looks only. Each finding has a code (docs/operations.md explains it), what was seen, and what mends it; the "
      "heaviest come first. Exit status 0: nothing is wrong; 3: something needs attention; 1: the station does not "
      "work. With --json, one finding a line. YIZHAN_API_KEY lets it ask the service for its breakers. The checks:\n";
  for (const doctor::Check& check : doctor::all_checks()) {
    text += fmt::format("  {:<14} {}\n", check.name, check.looks_at);
  }
  text.pop_back();
  return text;
}

}  // namespace

void add_doctor(Command parent, Context& context) {
  auto options = std::make_shared<DoctorOptions>();
  const Command doctor = add_command(parent, "doctor", "find what is wrong, and what mends it", explanation(),
                                     {{"yizhan doctor", "everything"},
                                      {"yizhan doctor store platforms", "these checks only"},
                                      {"yizhan doctor clock --probe", "compare the clock with the platforms'"},
                                      {"yizhan doctor schema", "will the tables of an older system do?"}});
  doctor.group(kLookGroup);
  doctor.add_option("check", options->checks, "run these checks only").type_name("CHECK");
  doctor.add_flag("--probe", options->probe, "ask each platform for its time, with one HEAD to its base URL");
  doctor.add_flag("--verbose", options->verbose, "also say what could not be looked at, and why");
  on_run(doctor, context, [&context, options] { return run(context, *options); });
  add_doctor_schema(doctor, context);
}

}  // namespace yizhan::cli
