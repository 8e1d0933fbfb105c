#include "cli/token_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <istream>
#include <iterator>
#include <memory>
#include <ostream>

#include "cli/command_line.h"
#include "cli/json_output.h"
#include "cli/moments.h"
#include "cli/readable.h"
#include "verify/jwt.h"

namespace yizhan::cli {
namespace {

/// A key of an HMAC with SHA-256 must not be shorter than its digest (RFC 7518, section 3.2).
constexpr std::size_t kShortestSecret = 32;

struct SecretOptions {
  std::string file;
};

void add_secret_option(Command command, SecretOptions& options) {
  command
      .add_option("--secret-file", options.file,
                  "a file with the secret; default: JWT_SECRET, or push.jwt_secret of the configuration")
      .type_name("FILE");
}

Result<std::string> read_secret(const Context& context, const SecretOptions& options) {
  std::string secret;
  if (!options.file.empty()) {
    std::ifstream file(options.file, std::ios::binary);
    if (!file) return fail("secret_invalid", fmt::format("--secret-file: cannot read '{}'", options.file));
    secret.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  } else if (const std::string_view variable = context.variable("JWT_SECRET"); !variable.empty()) {
    secret = variable;
  } else {
    const auto loaded = context.load_config();
    if (!loaded) return std::unexpected(loaded.error());
    secret = loaded->config.push.jwt_secret;
  }
  if (secret.empty()) {
    return fail("secret_invalid",
                "no secret: give --secret-file, or set JWT_SECRET (never as an argument: others see it)");
  }
  return secret;
}

struct GenerateOptions {
  SecretOptions secret;
  std::string issuer;
  std::string audience;
  int years = 5;
};

Result<ExitStatus> generate(const Context& context, const GenerateOptions& options) {
  const auto secret = read_secret(context, options.secret);
  if (!secret) return std::unexpected(secret.error());
  if (secret->size() < kShortestSecret) {
    return fail("secret_invalid", fmt::format("the secret has {} bytes; at least {} are needed (RFC 7518)",
                                              secret->size(), kShortestSecret));
  }
  const auto or_variable = [&](const std::string& given, std::string_view variable, std::string_view otherwise) {
    if (!given.empty()) return given;
    const std::string_view value = context.variable(variable);
    return std::string(value.empty() ? otherwise : value);
  };
  verify::JwtClaims claims{.issuer = or_variable(options.issuer, "SUPA_JWT_ISSUER", "supabase")};
  if (const std::string audience = or_variable(options.audience, "SUPA_JWT_AUD", ""); !audience.empty()) {
    claims.audience = {audience};
  }
  claims.issued_at = std::chrono::floor<Seconds>(utc_now());
  claims.expires_at = *claims.issued_at + std::chrono::duration_cast<Seconds>(std::chrono::years{options.years});
  const verify::JwtKey key(*secret);
  claims.role = "anon";
  const std::string anon = key.issue(claims);
  claims.role = "service_role";
  const std::string service_role = key.issue(claims);
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("anon_key", anon)
                         .text("service_role_key", service_role)
                         .time("expires_at", *claims.expires_at)
                         .end_object()
                         .take()
                  << '\n';
    return ExitStatus::kOk;
  }
  // As they stand in an environment file; what to know about them beside.
  context.out() << fmt::format("ANON_KEY={}\nSERVICE_ROLE_KEY={}\n", anon, service_role) << std::flush;
  context.terminal.err << fmt::format(
      "Valid until {} UTC. The anon key may be in apps: it registers phones and nothing else. The service_role key "
      "stays on "
      "servers.\nWhoever checks keys has to be given the new ones and started again: the gateway (kong), rest, auth, "
      "and "
      "SUPA_KEY here.\n",
      readable_time(*claims.expires_at));
  return ExitStatus::kOk;
}

struct VerifyOptions {
  SecretOptions secret;
  std::string token;
};

struct Judged {
  bool is_signed = false;
  std::optional<Error> reason;  ///< why it is not to be used
};

Judged judge(const verify::JwtKey& key, const std::string& token, UtcTime now) {
  Judged judged;
  const auto verified = key.verify(token, now);
  if (!verified) judged.reason = verified.error();
  // Times are looked at after the signature: it holds where only they are wrong.
  judged.is_signed = verified || judged.reason->code == "token_expired" || judged.reason->code == "token_not_yet_valid";
  return judged;
}

std::string claims_text(const verify::Jwt& token, UtcTime now, const Terminal& terminal) {
  std::string out;
  StoryWriter writer(terminal.width, terminal.color, out);
  const auto moment = [&](std::string_view name, const std::optional<UtcTime>& time) {
    if (time) writer.field(name, fmt::format("{} UTC, {}", readable_time(*time), relative_time(*time, now)));
  };
  writer.field("algorithm", token.algorithm);
  writer.field("role", token.claims.role);
  writer.field("issuer", token.claims.issuer);
  writer.field("subject", token.claims.subject);
  writer.field("audience", fmt::format("{}", fmt::join(token.claims.audience, ", ")));
  moment("issued", token.claims.issued_at);
  moment("valid from", token.claims.not_before);
  moment("expires", token.claims.expires_at);
  if (!token.claims.expires_at) writer.field("expires", "never");
  return out;
}

Result<ExitStatus> verify_token(const Context& context, const VerifyOptions& options) {
  const auto secret = read_secret(context, options.secret);
  if (!secret) return std::unexpected(secret.error());
  std::string token = options.token;
  if (token == "-") std::getline(context.terminal.in, token);
  while (token.ends_with('\r') || token.ends_with(' ')) token.pop_back();
  const UtcTime now = utc_now();
  const Judged judged = judge(verify::JwtKey(*secret), token, now);
  const auto read = verify::read_jwt(token);
  const std::string_view verdict = judged.is_signed ? "VALID" : "INVALID";
  if (context.options.json) {
    JsonWriter writer;
    writer.begin_object().text("signature", verdict).boolean("usable", !judged.reason);
    writer.text_or_null("reason", judged.reason ? judged.reason->code : "");
    writer.text_or_null("message", judged.reason ? judged.reason->message : "");
    if (read) writer.raw("claims", read->claims_json);
    context.out() << writer.end_object().take() << '\n';
  } else {
    context.out() << styled(fmt::format("Signature {}", verdict), judged.is_signed ? Style::kGood : Style::kBad,
                            context.terminal.color)
                  << '\n';
    if (read) context.out() << claims_text(*read, now, context.terminal);
    if (judged.reason) context.out() << fmt::format("{} [{}]\n", judged.reason->message, judged.reason->code);
  }
  return judged.reason ? ExitStatus::kFailed : ExitStatus::kOk;
}

}  // namespace

void add_token_commands(Command keys, Context& context) {
  auto generate_options = std::make_shared<GenerateOptions>();
  const Command generate_command = add_command(
      keys, "generate", "make an anon and a service_role key from a JWT secret",
      "HS256 JSON Web Tokens, as Supabase's own. Stored nowhere. Issuer and audience may also stand in SUPA_JWT_ISSUER "
      "and SUPA_JWT_AUD.",
      {{"JWT_SECRET=… yizhan keys generate --issuer supabase-1 --years 5", "a pair that matches that secret"},
       {"yizhan keys generate --secret-file /etc/yizhan/jwt_secret --aud authenticated >> .env", "into a file"}});
  add_secret_option(generate_command, generate_options->secret);
  generate_command.add_option("--issuer", generate_options->issuer, "the claim iss (supabase)").type_name("TEXT");
  generate_command.add_option("--aud", generate_options->audience, "the claim aud (none)").type_name("TEXT");
  generate_command.add_option("--years", generate_options->years, "how long they are valid (5)")
      .type_name("N")
      .between(1, 100);
  on_run(generate_command, context, [&context, generate_options] { return generate(context, *generate_options); });

  auto verify_options = std::make_shared<VerifyOptions>();
  const Command verify_command = add_command(
      keys, "verify", "does this token match the secret, and is it valid now?",
      "Prints 'Signature VALID' or 'Signature INVALID', the claims, and the reason. Exit status 0 only when the token "
      "can "
      "be used.",
      {{"yizhan keys verify eyJ… --secret-file /etc/yizhan/jwt_secret", "why does PostgREST answer PGRST301?"},
       {"printenv SUPA_KEY | yizhan keys verify -", "from standard input, with the configured secret"}});
  verify_command.add_option("token", verify_options->token, "the token, or - for standard input")
      .type_name("TOKEN")
      .required();
  add_secret_option(verify_command, verify_options->secret);
  on_run(verify_command, context, [&context, verify_options] { return verify_token(context, *verify_options); });
}

}  // namespace yizhan::cli
