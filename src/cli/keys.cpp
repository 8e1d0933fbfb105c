#include "api/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "cli/table.h"
#include "cli/token_keys.h"
#include "verify/secret_maker.h"

namespace yizhan::cli {
namespace {

struct CreateOptions {
  std::string name;
  std::string scopes = "events:write,events:read";
};

/// What the audit trail says of a key: never the key.
std::string detail_of(const store::ApiKey& key) {
  return JsonWriter().begin_object().text("name", key.name).text("scopes", key.scopes).end_object().take();
}

/// The key itself, this once; with the one whose place it takes, if there is one.
void show_key(const Context& context, const api::NewApiKey& made, const store::ApiKey* replaced = nullptr) {
  if (context.options.json) {
    JsonWriter writer;
    writer.begin_object().text("id", made.record.id).text("name", made.record.name);
    writer.text("scopes", made.record.scopes).text("key", made.text);
    if (replaced != nullptr) {
      writer.key("replaces").begin_object().text("id", replaced->id).time("valid_until", *replaced->revoked_at);
      writer.end_object();
    }
    context.out() << writer.end_object().take() << '\n';
    return;
  }
  // The key alone on standard output, so that a script can take it; what to know about it beside it.
  context.out() << made.text << '\n' << std::flush;
  context.terminal.err << fmt::format(
      "Key {} for '{}' ({}). It is shown this once: only its hash is stored.\n"
      "Send it as 'Authorization: Bearer …', or give it to the commands in YIZHAN_API_KEY.\n",
      made.record.id, made.record.name, made.record.scopes);
  if (replaced == nullptr) return;
  context.terminal.err << fmt::format("The old key {} is valid until {} UTC.\n", replaced->id,
                                      readable_time(*replaced->revoked_at));
}

Result<ExitStatus> create(const Context& context, const CreateOptions& options) {
  const auto scopes = api::parse_scopes(options.scopes);
  if (!scopes) return fail("usage_invalid", "--scopes: " + scopes.error().message);
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const api::NewApiKey made = api::make_api_key(options.name, *scopes, utc_now());
  store::AuditEntry entry = audit_entry(context, "key.create", made.record.id);
  entry.detail = detail_of(made.record);
  const auto added = store::audited(*opened->store, std::move(entry),
                                    [&](store::AuditEntry&) { return (*opened)->add_api_key(made.record); });
  if (!added) return std::unexpected(added.error());
  show_key(context, made);
  return ExitStatus::kOk;
}

struct RotateOptions {
  std::string id;
  std::string overlap = "24h";
};

/// A key with the same name and scopes; the old one ends after the overlap. One transaction.
Result<ExitStatus> rotate(const Context& context, const RotateOptions& options) {
  const auto overlap = parse_span(options.overlap);
  if (!overlap) return fail("usage_invalid", "--overlap: " + overlap.error().message);
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto keys = (*opened)->api_keys();
  if (!keys) return std::unexpected(keys.error());
  const auto found = std::ranges::find(*keys, options.id, &store::ApiKey::id);
  if (found == keys->end() || found->revoked_at) {
    return fail("key_not_found", fmt::format("there is no key '{}' that is valid without an end: 'yizhan keys list' "
                                             "shows them",
                                             options.id));
  }
  store::ApiKey old_key = *found;
  const auto scopes = api::parse_scopes(old_key.scopes);
  if (!scopes) return std::unexpected(scopes.error());
  const UtcTime now = utc_now();
  old_key.revoked_at = now + *overlap;
  const api::NewApiKey made = api::make_api_key(old_key.name, *scopes, now);
  store::AuditEntry entry = audit_entry(context, "key.rotate", old_key.id);
  entry.detail = JsonWriter()
                     .begin_object()
                     .text("name", old_key.name)
                     .text("scopes", old_key.scopes)
                     .text("new_key", made.record.id)
                     .time("valid_until", *old_key.revoked_at)
                     .end_object()
                     .take();
  const auto done = store::audited(*opened->store, std::move(entry), [&](store::AuditEntry&) -> Result<void> {
    if (auto added = (*opened)->add_api_key(made.record); !added) return added;
    const auto ends = (*opened)->revoke_api_key(old_key.id, *old_key.revoked_at);
    if (!ends) return std::unexpected(ends.error());
    if (!*ends) return fail("key_not_found", fmt::format("the key '{}' was revoked meanwhile", old_key.id));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  show_key(context, made, &old_key);
  return ExitStatus::kOk;
}

struct Validity {
  std::string text;
  Style style = Style::kGood;
};

Validity validity_of(const store::ApiKey& key, UtcTime now) {
  if (!key.revoked_at) return {"valid"};
  if (key.valid_at(now)) return {"until " + readable_time(*key.revoked_at), Style::kWarning};
  return {"revoked " + readable_time(*key.revoked_at), Style::kFaint};
}

Result<ExitStatus> list(const Context& context) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto keys = (*opened)->api_keys();
  if (!keys) return std::unexpected(keys.error());
  const UtcTime now = utc_now();
  Table table({{"ID"}, {"NAME", Align::kLeft, true}, {"SCOPES"}, {"CREATED (UTC)"}, {"STATE"}});
  for (const store::ApiKey& key : *keys) {
    if (context.options.json) {
      context.out() << JsonWriter()
                           .begin_object()
                           .text("id", key.id)
                           .text("name", key.name)
                           .text("scopes", key.scopes)
                           .time("created_at", key.created_at)
                           .boolean("valid", key.valid_at(now))
                           .time_or_null("revoked_at", key.revoked_at)
                           .end_object()
                           .take()
                    << '\n';
      continue;
    }
    const Validity validity = validity_of(key, now);
    table.add_row(
        {{key.id}, {key.name}, {key.scopes}, {readable_time(key.created_at)}, {validity.text, validity.style}});
  }
  if (context.options.json) return ExitStatus::kOk;
  if (table.empty()) {
    context.out() << "No API keys: the API answers on loopback only, without asking for one.\n";
  } else {
    context.out() << table.render(context.terminal);
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> revoke(const Context& context, const std::string& id) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto revoked = change_audited<bool>(
      *opened->store, audit_entry(context, "key.revoke", id), [&] { return (*opened)->revoke_api_key(id, utc_now()); },
      [](bool changed) { return changed; });
  if (!revoked) return std::unexpected(revoked.error());
  if (!*revoked) {
    return fail("key_not_found", fmt::format("there is no valid key '{}': 'yizhan keys list' shows them", id));
  }
  if (context.options.json) {
    context.out() << JsonWriter().begin_object().text("id", id).boolean("revoked", true).end_object().take() << '\n';
  } else {
    context.out() << fmt::format("Revoked {}: a running service refuses it within seconds.\n", id);
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> secret(const Context& context, bool asymmetric) {
  if (!asymmetric) {
    const std::string made = verify::make_hmac_secret();
    if (context.options.json) {
      context.out() << JsonWriter().begin_object().text("secret", made).end_object().take() << '\n';
    } else {
      context.out() << made << '\n';
    }
    return ExitStatus::kOk;
  }
  const verify::SigningKeyPair pair = verify::make_signing_key_pair();
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("private_key", pair.private_key)
                         .text("public_key", pair.public_key)
                         .end_object()
                         .take()
                  << '\n';
  } else {
    context.out() << pair.private_key << '\n' << pair.public_key << '\n' << std::flush;
    context.terminal.err
        << "The first line (whsk_) stays here as the platform's secret; the second (whpk_) is given to the receiver.\n";
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_keys(Command parent, Context& context) {
  const Command keys =
      add_command(parent, "keys", "make, list and revoke API keys; make signing secrets and role tokens", "",
                  {{"yizhan keys create backend", "a key that may hand events over and look at them"},
                   {"yizhan keys secret", "a secret to sign a platform's callbacks with"},
                   {"yizhan keys verify TOKEN", "does a service_role key match the JWT secret?"}});
  keys.group(kSetUpGroup);

  auto options = std::make_shared<CreateOptions>();
  const Command create_command = add_command(
      keys, "create", "make an API key; printed this once, stored as a hash",
      "From the first key on, every request needs one; a listener beyond loopback does not start without.",
      {{"yizhan keys create backend", "hands events over and looks at them"},
       {"yizhan keys create shop --scopes orders:write,orders:read", "creates orders and looks whether they are paid"},
       {"yizhan keys create phones --scopes push:register", "for an app: registers the phone that it runs on"},
       {"yizhan keys create operator --scopes admin", "may do everything"},
       {"export YIZHAN_API_KEY=$(yizhan keys create me --scopes admin)", "for the commands of this shell"}});
  create_command.add_option("name", options->name, "whose it is; shown in the list").type_name("NAME").required();
  create_command
      .add_option("--scopes", options->scopes,
                  fmt::format("what it may do, comma-separated: {} (everything)", api::scope_names()))
      .type_name("SCOPES");
  on_run(create_command, context, [&context, options] { return create(context, *options); });

  const Command list_command =
      add_command(keys, "list", "list API keys, without their secrets", "With --json, one object a line.",
                  {{"yizhan keys list", "which there are, and what they may do"}});
  on_run(list_command, context, [&context] { return list(context); });

  auto id = std::make_shared<std::string>();
  const Command revoke_command =
      add_command(keys, "revoke", "revoke an API key", "",
                  {{"yizhan keys revoke 0123456789ab", "by its id, from 'yizhan keys list'"}});
  revoke_command.add_option("id", *id, "the key's id").type_name("ID").required();
  on_run(revoke_command, context, [&context, id] { return revoke(context, *id); });

  auto rotation = std::make_shared<RotateOptions>();
  const Command rotate_command =
      add_command(keys, "rotate", "make a new API key in the place of an old one, which ends later",
                  "The new key has the name and the scopes of the old one and is shown this once. Both are valid until "
                  "the overlap has passed, so that whoever uses it can change over; 'keys list' shows until when.",
                  {{"yizhan keys rotate 0123456789ab", "a day to change over"},
                   {"yizhan keys rotate 0123456789ab --overlap 15m", "a quarter of an hour"}});
  rotate_command.add_option("id", rotation->id, "the old key's id").type_name("ID").required();
  rotate_command.add_option("--overlap", rotation->overlap, "how long the old key stays valid (24h)").type_name("SPAN");
  on_run(rotate_command, context, [&context, rotation] { return rotate(context, *rotation); });

  auto asymmetric = std::make_shared<bool>(false);
  const Command secret_command = add_command(
      keys, "secret", "make a secret to sign callbacks with; stored nowhere",
      "A whsec_ secret is shared with the receiver. With --asymmetric a pair: the receiver gets the public half only.",
      {{"yizhan keys secret", "for standard-webhooks, and good for every HMAC scheme"},
       {"yizhan keys secret --asymmetric", "whsk_ and whpk_ for standard-webhooks-v1a"}});
  secret_command.add_flag("--asymmetric", *asymmetric, "an ed25519 key pair");
  on_run(secret_command, context, [&context, asymmetric] { return secret(context, *asymmetric); });

  add_token_commands(keys, context);
}

}  // namespace yizhan::cli
