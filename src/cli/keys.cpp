#include "api/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>

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

Result<ExitStatus> create(const Context& context, const CreateOptions& options) {
  const auto scopes = api::parse_scopes(options.scopes);
  if (!scopes) return fail("usage_invalid", "--scopes: " + scopes.error().message);
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const api::NewApiKey made = api::make_api_key(options.name, *scopes, utc_now());
  if (const auto added = (*opened)->add_api_key(made.record); !added) return std::unexpected(added.error());
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("id", made.record.id)
                         .text("name", made.record.name)
                         .text("scopes", made.record.scopes)
                         .text("key", made.text)
                         .end_object()
                         .take()
                  << '\n';
    return ExitStatus::kOk;
  }
  // The key alone on standard output, so that a script can take it; what to know about it beside it.
  context.out() << made.text << '\n' << std::flush;
  context.terminal.err << fmt::format(
      "Key {} for '{}' ({}). It is shown this once: only its hash is stored.\n"
      "Send it as 'Authorization: Bearer …', or give it to the commands in YIZHAN_API_KEY.\n",
      made.record.id, options.name, made.record.scopes);
  return ExitStatus::kOk;
}

Result<ExitStatus> list(const Context& context) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto keys = (*opened)->api_keys();
  if (!keys) return std::unexpected(keys.error());
  Table table({{"ID"}, {"NAME", Align::kLeft, true}, {"SCOPES"}, {"CREATED (UTC)"}, {"STATE"}});
  for (const store::ApiKey& key : *keys) {
    if (context.options.json) {
      context.out() << JsonWriter()
                           .begin_object()
                           .text("id", key.id)
                           .text("name", key.name)
                           .text("scopes", key.scopes)
                           .time("created_at", key.created_at)
                           .time_or_null("revoked_at", key.revoked_at)
                           .end_object()
                           .take()
                    << '\n';
      continue;
    }
    table.add_row({{key.id},
                   {key.name},
                   {key.scopes},
                   {readable_time(key.created_at)},
                   {key.revoked_at ? "revoked " + readable_time(*key.revoked_at) : "valid",
                    key.revoked_at ? Style::kFaint : Style::kGood}});
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
  const auto revoked = (*opened)->revoke_api_key(id, utc_now());
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

void add_keys(CLI::App& parent, Context& context) {
  CLI::App* keys =
      add_command(parent, "keys", "make, list and revoke API keys; make signing secrets and role tokens", "",
                  {{"yizhan keys create backend", "a key that may hand events over and look at them"},
                   {"yizhan keys secret", "a secret to sign a platform's callbacks with"},
                   {"yizhan keys verify TOKEN", "does a service_role key match the JWT secret?"}});
  keys->group(kSetUpGroup);

  auto options = std::make_shared<CreateOptions>();
  CLI::App* create_command = add_command(
      *keys, "create", "make an API key; printed this once, stored as a hash",
      "From the first key on, every request needs one; a listener beyond loopback does not start without.",
      {{"yizhan keys create backend", "hands events over and looks at them"},
       {"yizhan keys create shop --scopes orders:write,orders:read", "creates orders and looks whether they are paid"},
       {"yizhan keys create phones --scopes push:register", "for an app: registers the phone that it runs on"},
       {"yizhan keys create operator --scopes admin", "may do everything"},
       {"export YIZHAN_API_KEY=$(yizhan keys create me --scopes admin)", "for the commands of this shell"}});
  create_command->add_option("name", options->name, "whose it is; shown in the list")->type_name("NAME")->required();
  create_command
      ->add_option("--scopes", options->scopes,
                   fmt::format("what it may do, comma-separated: {} (everything)", api::scope_names()))
      ->type_name("SCOPES");
  on_run(*create_command, context, [&context, options] { return create(context, *options); });

  CLI::App* list_command =
      add_command(*keys, "list", "list API keys, without their secrets", "With --json, one object a line.",
                  {{"yizhan keys list", "which there are, and what they may do"}});
  on_run(*list_command, context, [&context] { return list(context); });

  auto id = std::make_shared<std::string>();
  CLI::App* revoke_command = add_command(*keys, "revoke", "revoke an API key", "",
                                         {{"yizhan keys revoke 0123456789ab", "by its id, from 'yizhan keys list'"}});
  revoke_command->add_option("id", *id, "the key's id")->type_name("ID")->required();
  on_run(*revoke_command, context, [&context, id] { return revoke(context, *id); });

  auto asymmetric = std::make_shared<bool>(false);
  CLI::App* secret_command = add_command(
      *keys, "secret", "make a secret to sign callbacks with; stored nowhere",
      "A whsec_ secret is shared with the receiver. With --asymmetric a pair: the receiver gets the public half only.",
      {{"yizhan keys secret", "for standard-webhooks, and good for every HMAC scheme"},
       {"yizhan keys secret --asymmetric", "whsk_ and whpk_ for standard-webhooks-v1a"}});
  secret_command->add_flag("--asymmetric", *asymmetric, "an ed25519 key pair");
  on_run(*secret_command, context, [&context, asymmetric] { return secret(context, *asymmetric); });

  add_token_commands(*keys, context);
}

}  // namespace yizhan::cli
