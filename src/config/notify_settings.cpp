// The declarations of [notify] and [[notify_templates]].
#include "config/setting.h"
#include "config/setting_groups.h"

namespace yizhan::config {

std::vector<Setting<Config>> declare_notify() {
  return {
      {.key = "notify.poll_interval_ms",
       .kind = milliseconds(50, 3'600'000),
       .field = at(&Config::notify, &NotifySection::poll_interval),
       .help = "The longest that a row of `notify_queue` that was reset by hand waits to be noticed. News never waits "
               "for it."},
      {.key = "notify.batch_size",
       .kind = whole_number(1, 1000),
       .field = at(&Config::notify, &NotifySection::batch_size),
       .help = "Rows of `notify_queue` taken at once. A full batch is followed at once by the next."},
      {.key = "notify.language",
       .kind = choice_of<NotifyLanguage>(),
       .field = at(&Config::notify, &NotifySection::language),
       .help = "The language of the texts that no template of yours gives: `zh` or `en`."},
      {.key = "notify.supa_url",
       .kind = text(kHttpUrl),
       .field = at(&Config::notify, &NotifySection::supa_url),
       .help = "The Supabase or PostgREST service that has `ml_orders`, such as `https://project.supabase.co`. Empty: "
               "the orders are in the store itself.",
       .seed_variable = "SUPA_URL"},
      {.key = "notify.supa_key",
       .kind = text(kSecretText),
       .field = at(&Config::notify, &NotifySection::supa_key),
       .help = "The key of that service, sent as `apikey`.",
       .seed_variable = "SUPA_KEY",
       .second_seed_variable = "SERVICE_ROLE_KEY",
       .secrecy = Secrecy::kSecret},
      {.key = "notify.supa_key_file",
       .kind = text(kFilePath),
       .field = at(&Config::notify, &NotifySection::supa_key_file),
       .help = "A file that holds `notify.supa_key`, in one line. Read again at a reload."},
      {.key = "notify.supa_use_bearer",
       .kind = BooleanKind{},
       .field = at(&Config::notify, &NotifySection::supa_use_bearer),
       .help = "Whether the key is also sent as `Authorization: Bearer`. With a service_role key row-level security is "
               "passed by then; a gateway whose JWT secret is another one refuses it with PGRST301.",
       .seed_variable = "NOTIFY_WORKER_SUPA_USE_BEARER",
       .second_seed_variable = "SUPA_USE_BEARER"},
      {.key = "notify.use_rls_safe_rpc",
       .kind = BooleanKind{},
       .field = at(&Config::notify, &NotifySection::use_rls_safe_rpc),
       .help = "Whether recipients are asked from the function `notify_get_order_recipients` instead of the table "
               "`ml_orders`, so that row-level security may stay as it is.",
       .seed_variable = "NOTIFY_WORKER_USE_RLS_SAFE_RPC"},
      {.key = "notify.rpc_token",
       .kind = text(kSecretText),
       .field = at(&Config::notify, &NotifySection::rpc_token),
       .help = "The token that this function asks for.",
       .seed_variable = "NOTIFY_WORKER_RPC_TOKEN",
       .secrecy = Secrecy::kSecret},
      {.key = "notify.rpc_token_file",
       .kind = text(kFilePath),
       .field = at(&Config::notify, &NotifySection::rpc_token_file),
       .help = "A file that holds `notify.rpc_token`, in one line. Read again at a reload."},
      {.key = "notify.supa_timeout_ms",
       .kind = milliseconds(100, 15'000),
       .field = at(&Config::notify, &NotifySection::supa_timeout),
       .help = "One deadline for a question to that service."},
      {.key = "notify.outbound_allow",
       .kind = list_of(kNetwork),
       .field = at(&Config::notify, &NotifySection::outbound_allow),
       .help = "Networks that `supa_url` may be in although they are not public, beside those of `outbound.allow`."},
  };
}

const std::vector<Setting<NotifyTemplate>>& notify_template_settings() {
  static const std::vector<Setting<NotifyTemplate>> kSettings{
      {.key = "status",
       .kind = text_not_empty(kStatusPattern),
       .field = at(&NotifyTemplate::status),
       .help = "The parcel's state that it is for: `CREATED`, `PICKED_UP`, `IN_TRANSIT`, `OUT_FOR_DELIVERY`, "
               "`IN_LOCKER`, `DELIVERED`, `EXCEPTION`, `REJECTED`, `RETURNING`, `RETURNED`, a carrier's own code, or "
               "`*` for every one."},
      {.key = "audience",
       .kind = ChoiceKind{{"user", "merchant", "*"}},
       .field = at(&NotifyTemplate::audience),
       .help = "Whom it tells: `user`, `merchant`, or `*` for both."},
      {.key = "title",
       .kind = text(kTemplateText),
       .field = at(&NotifyTemplate::title),
       .help = "The title. Empty: as the next template that fits has it."},
      {.key = "body",
       .kind = text(kTemplateText),
       .field = at(&NotifyTemplate::body),
       .help = "The text. Empty: as the next template that fits has it."},
      {.key = "safe_text",
       .kind = text(kTemplateText),
       .field = at(&NotifyTemplate::safe_text),
       .help = "What may stand on a lock screen (`event_text_safe`): without `{text}`, `{location}`, `{status_code}`, "
               "`{order_id}` and "
               "`{tracking_no}`. Empty: as the next template that fits has it."},
      {.key = "silent",
       .kind = BooleanKind{},
       .field = at(&NotifyTemplate::silent),
       .help = "Whether nobody is told of this state."},
  };
  return kSettings;
}

}  // namespace yizhan::config
