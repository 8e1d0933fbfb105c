#include "config/documents.h"

#include <fmt/format.h>

#include "config/alert_channel_kinds.h"
#include "config/load.h"
#include "config/source_kinds.h"
#include "config/tables.h"

namespace yizhan::config {
namespace {

constexpr std::string_view kReferenceHead = R"(# Configuration

<!-- Generated from the declarations in src/config by `yizhan config docs`; do not edit. -->

Yizhan runs without any configuration. What is set comes from these places; a later one wins:

1. the defaults below;
2. a TOML file: the one that `--config` or `YIZHAN_CONFIG` names, else `./yizhan.toml` if it exists
   ([a commented sample](yizhan.sample.toml));
3. the variables `AI_CS_…`, `WEBHOOK_…`, `SUPA_…` and others of the services that Yizhan takes over from;
4. the variables `YIZHAN_…`;
5. flags: `--set section.name=value` for any setting, and the options named below.

`yizhan config show` prints every value with where it came from, secrets masked. A key or a variable that does not exist, or
a value that is not allowed, stops the start; everything that is wrong is reported at once.

How values are written:

- Durations and sizes are whole numbers in the unit given (`timeout_ms = 3000`), or a text with its own unit: `"3s"`. Units are
  `ms`, `s`, `m`, `h`, `d` and `B`, `KiB`, `MiB`, `GiB`.
- In variables and flags, lists are separated by commas, tables are `name=value,name=value`, and `true` may be `1`, `yes` or
  `on`. A variable that is empty counts as not set.
- Paths are relative to the folder in which Yizhan is started.
)";

constexpr std::string_view kPlatformsHead = R"(
## Platforms: `[platforms.<name>]`

A platform exists as soon as a section, a variable or a flag names it. Its name has lower-case letters, digits, `-` and `_`. In
variables the name is written in upper case, with `_` for `-`: `YIZHAN_PLATFORM_CRM_BASE_URL` is `base_url` of `crm`. Where
such a name could be read in two ways, the longest setting's name at its end counts.
)";

constexpr std::string_view kSourcesHead = R"(
## Sources: `[sources.<name>]`

Who sends callbacks to us: where they come in, how they are checked, and which platform gets the events that they cause. The
name stands on record with every callback; routes and `yizhan callbacks list --source` name it. In variables it is written like a
platform's: `YIZHAN_SOURCE_SHOP_WX_SECRET` is `secret` of `shop_wx`.

)";

constexpr std::string_view kSourcesTail = R"(
Sources that exist without a table: `<platform>-ingress` of the kind `platform` for each platform that has an
`ingress_secret`, and `express` when `WEBHOOK_SECRET` or `WEBHOOK_REJECT_INVALID_SIGNATURE` is set.

A source without any secret (`express` and `kuaidi100` may go without) is refused when the receiver listens beyond loopback.
)";

constexpr std::string_view kRoutesHead = R"(
## Routes: `[[routes]]`

Which platforms get which callbacks, beside what the sources cause by themselves. Every route that matches makes an event: the
callback's body, decrypted or turned into JSON where it was not, signed as the platform wants it. A callback that no route
matches and that causes nothing by itself is still on record.

```toml
[[routes]]
source = "github"
event_type = "push"
where = ["repository.full_name = acme/shop", "ref ^ refs/heads/"]
platform = "builds"
```

A condition is `field = value`, `field != value`, `field ~ value` (contains), `field ^ value` (starts with), `field exists`,
`field > number` or `field < number`; the field is a path into the JSON (`resource.amount.total`, `data.0.state`). All conditions of
a route must hold. In variables and flags a route goes by its number: `YIZHAN_ROUTE_1_SOURCE`, `--set routes.1.source=github`.
)";

constexpr std::string_view kNotifyTemplatesHead = R"(
## What notifications say: `[[notify_templates]]`

A notification takes its texts from the most particular template that fits the parcel's state and the audience: one for both,
one for the state, one for the audience, one for `*` and `*`; then from the defaults in `notify.language`. Of two alike the first
counts.

```toml
[[notify_templates]]
status = "IN_LOCKER"
audience = "user"
title = "包裹已到驿站"
body = "{carrier} {tracking_tail} 已到 {location}，请尽快领取"

[[notify_templates]]
status = "CREATED"
silent = true
```

Placeholders: `{tracking_no}`, `{tracking_tail}` (its last four characters), `{state}` (in words), `{status_code}`, `{text}` (what
the carrier says), `{location}`, `{time}` (in China), `{carrier}`, `{order_id}`. Phones show few characters: `push.title_limit` and
`push.content_limit` cut what is longer. In variables and flags a template goes by its number: `YIZHAN_NOTIFY_TEMPLATE_1_TITLE`.
)";

constexpr std::string_view kAlertChannelsHead = R"(
## Alert channels: `[alert_channels.<name>]`

Where operators are told when something is wrong ([alert channels](alert-channels.md) has what to create at each provider). In
variables the name is written like a platform's: `YIZHAN_ALERT_CHANNEL_OPS_TOKEN` is `token` of `ops`.

)";

/// What the defaults come to when nothing is set: one platform and one source that little was said about.
Config plain_config() {
  Inputs inputs;
  inputs.flags = {{"platforms.crm.enabled", "true", "--set"},  {"sources.github.enabled", "true", "--set"},
                  {"routes.1.source", "*", "--set"},           {"routes.1.platform", "crm", "--set"},
                  {"notify_templates.1.status", "*", "--set"}, {"alert_channels.ops.kind", "dingtalk", "--set"}};
  inputs.serving = false;
  inputs.read_file = [](const std::string&) -> Result<std::string> { return fail("file_missing", "none"); };
  return load(inputs).value().config;
}

std::vector<std::string> seed_variables_of(const auto& setting) {
  std::vector<std::string> names;
  for (const std::string_view name : {setting.seed_variable, setting.second_seed_variable}) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

template <class Owner>
SettingDescription described(const Setting<Owner>& setting, const Owner& owner) {
  const Value value = setting.field.read(owner);
  const auto* text = std::get_if<std::string>(&value);
  const bool none = !setting.default_note.empty() || (text && text->empty());
  return {.section = std::string(section_of(setting.key)),
          .key = std::string(setting.key),
          .allowed = allowed_text(setting.kind),
          .default_value = none ? "" : toml_form(value),
          .default_note = std::string(setting.default_note),
          .sample_value = toml_form(value),
          .variable = {},
          .seed_variables = seed_variables_of(setting),
          .flag = std::string(setting.flag),
          .help = std::string(setting.help),
          .needs_restart = setting.needs_restart,
          .secret = setting.secrecy != Secrecy::kPublic};
}

std::string name_in_section(const SettingDescription& setting) {
  return setting.section.empty() ? setting.key : setting.key.substr(setting.section.size() + 1);
}

std::string entry(const SettingDescription& setting) {
  std::string text = fmt::format("\n### `{}`\n\n{}\n\n", setting.key, setting.help);
  text += fmt::format("- Value: {}\n", setting.allowed);
  if (!setting.default_note.empty()) {
    text += fmt::format("- Default: {}\n", setting.default_note);
  } else {
    text +=
        setting.default_value.empty() ? "- Default: none\n" : fmt::format("- Default: `{}`\n", setting.default_value);
  }
  text += fmt::format("- Variable: `{}`", setting.variable);
  for (const std::string& name : setting.seed_variables) text += fmt::format(", `{}`", name);
  text += '\n';
  if (!setting.flag.empty()) text += fmt::format("- Option: `{}`\n", setting.flag);
  if (setting.secret) text += "- Secret: shown masked\n";
  if (setting.needs_restart) text += "- A change needs a restart; `yizhan reload` leaves it as it is\n";
  return text;
}

/// The text in lines of at most 100 characters, each after "# ".
std::string comment(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    if (column == 0 || column + 1 + word.size() > kWidth) {
      if (column != 0) out += '\n';
      out += "# ";
      column = 2;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out + '\n';
}

std::string sample_entry(const SettingDescription& setting) {
  std::string text = "\n" + comment(setting.help);
  text += comment("Value: " + setting.allowed + ".");
  if (!setting.default_note.empty()) text += comment("Default: " + setting.default_note + ".");
  return text + fmt::format("#{} = {}\n", name_in_section(setting), setting.sample_value);
}

}  // namespace

namespace {

template <class Owner>
void describe_table(const Owner& plain, std::vector<SettingDescription>& all) {
  using Words = Table<Owner>;
  for (const auto& setting : Words::settings()) {
    SettingDescription description = described(setting, plain);
    description.section = fmt::format("{}.{}", Words::kName, Words::kPlaceholder);
    description.key = table_key<Owner>(Words::kPlaceholder, setting.key);
    description.variable = table_variable<Owner>(Words::kPlaceholder, setting.key);
    if constexpr (std::is_same_v<Owner, Platform>) {
      for (std::string& name : description.seed_variables) {
        name = fmt::format("{}<NAME>_{}", Table<Platform>::kSeedPrefix, name);
      }
    }
    all.push_back(std::move(description));
  }
}

std::string list_of_keys(const std::vector<std::string_view>& keys) {
  std::string list;
  for (const std::string_view key : keys) list += fmt::format("{}`{}`", list.empty() ? "" : ", ", key);
  return list;
}

std::string source_kinds_table() {
  std::string text = "| kind | comes in at | needs | settings of its own |\n|---|---|---|---|\n";
  for (const SourceKindFacts& facts : source_kinds()) {
    text += fmt::format("| `{}` | `{}` | {} | {} |\n", name_of(facts.kind), facts.path, facts.needs,
                        list_of_keys(facts.own_settings));
  }
  return text;
}

std::string alert_channel_kinds_table() {
  std::string text = "| kind | needs | settings of its own |\n|---|---|---|\n";
  for (const AlertChannelKindFacts& facts : alert_channel_kinds()) {
    text += fmt::format("| `{}` | {} | {} |\n", name_of(facts.kind), facts.needs, list_of_keys(facts.own_settings));
  }
  return text;
}

std::string section_head(const std::string& section) {
  if (section.empty()) return "\n## Top level\n";
  if (section.starts_with(Table<Platform>::kName)) return std::string(kPlatformsHead);
  if (section.starts_with(Table<Route>::kName)) return std::string(kRoutesHead);
  if (section.starts_with(Table<NotifyTemplate>::kName)) return std::string(kNotifyTemplatesHead);
  if (section.starts_with(Table<AlertChannel>::kName))
    return std::string(kAlertChannelsHead) + alert_channel_kinds_table();
  if (section.starts_with(Table<Source>::kName)) {
    return fmt::format("{}{}{}", kSourcesHead, source_kinds_table(), kSourcesTail);
  }
  return fmt::format("\n## `[{}]`\n", section);
}

std::string sample_section(const std::string& section) {
  if (section.starts_with(Table<Platform>::kName)) {
    return "\n# One such section for each platform; `crm` stands for its name.\n#[platforms.crm]\n";
  }
  if (section.starts_with(Table<Source>::kName)) {
    return "\n# One such section for each source; `github` stands for its name.\n#[sources.github]\n";
  }
  if (section.starts_with(Table<Route>::kName)) return "\n# One such section for each route.\n#[[routes]]\n";
  if (section.starts_with(Table<NotifyTemplate>::kName)) {
    return "\n# One such section for each template.\n#[[notify_templates]]\n";
  }
  if (section.starts_with(Table<AlertChannel>::kName)) {
    return "\n# One such section for each channel; `ops` stands for its name.\n#[alert_channels.ops]\n";
  }
  return fmt::format("\n[{}]\n", section);
}

}  // namespace

std::vector<SettingDescription> describe_settings() {
  std::vector<SettingDescription> all;
  const Config plain = plain_config();
  for (const auto& setting : settings()) {
    all.push_back(described(setting, plain));
    all.back().variable = variable_name(setting);
  }
  describe_table(plain.platforms.front(), all);
  describe_table(plain.sources.front(), all);
  describe_table(plain.routes.front(), all);
  describe_table(plain.notify_templates.front(), all);
  describe_table(plain.alert_channels.front(), all);
  return all;
}

std::string reference_markdown() {
  std::string text(kReferenceHead);
  std::string section = "none yet";
  for (const SettingDescription& setting : describe_settings()) {
    if (setting.section != section) {
      section = setting.section;
      text += section_head(section);
    }
    text += entry(setting);
  }
  return text;
}

std::string sample_toml() {
  std::string text =
      "# Every setting of Yizhan with its default. To set one, take the # away from the line that begins with #name.\n"
      "# docs/configuration.md has the whole story.\n"
      "# Generated by `yizhan config sample`.\n";
  std::string section;
  for (const SettingDescription& setting : describe_settings()) {
    if (setting.section != section) {
      section = setting.section;
      text += sample_section(section);
    }
    text += sample_entry(setting);
  }
  return text;
}

}  // namespace yizhan::config
