#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "api/device_json.h"
#include "cli/audit_entry.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/moments.h"
#include "cli/paging.h"
#include "cli/readable.h"
#include "cli/table.h"

namespace yizhan::cli {
namespace {

struct DeviceListOptions {
  store::DeviceSelection selection;
  bool active = false;
  bool inactive = false;
  int limit = 50;
};

Cell state_of(const store::Device& device) {
  if (device.is_active) return {"active", Style::kGood};
  return {device.inactive_reason.empty() ? "inactive" : "inactive: " + device.inactive_reason, Style::kWarning};
}

Result<ExitStatus> list(const Context& context, const DeviceListOptions& options) {
  if (options.active && options.inactive) return fail("usage_invalid", "--active and --inactive: give one of the two");
  store::DeviceSelection selection = options.selection;
  if (options.active || options.inactive) selection.active = options.active;
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const UtcTime now = utc_now();
  Table table({{"CID"},
               {"APP", Align::kLeft, true},
               {"USER", Align::kLeft, true},
               {"MERCHANT", Align::kLeft, true},
               {"PLATFORM"},
               {"SEEN", Align::kRight},
               {"STATE", Align::kLeft, true}});
  const auto more = for_each_row(
      options.limit, false, [&](const store::Page& page) { return (*opened)->list_devices(selection, page); },
      [&](const store::Device& device) {
        if (context.options.json) {
          context.out() << json_line(api::write_device, device);
          return;
        }
        table.add_row({{device.cid},
                       {device.appid},
                       {device.user_id},
                       {device.merchant_id},
                       {device.platform},
                       {short_span(now - device.last_seen_at)},
                       state_of(device)});
      });
  if (!more) return std::unexpected(more.error());
  return print_list(context, table, *more, false,
                    "No device matches. Phones register at the push server; by hand: yizhan devices register CID");
}

void print(const Context& context, const store::Device& device) {
  const UtcTime now = utc_now();
  const auto moment = [&](UtcTime time) {
    return fmt::format("{} UTC, {}", readable_time(time), relative_time(time, now));
  };
  std::string out;
  StoryWriter writer(context.terminal.width, context.terminal.color, out);
  writer.field("device", device.cid);
  writer.field("app", device.appid);
  writer.field("state", state_of(device).text);
  writer.field("user", device.user_id);
  writer.field("merchant", device.merchant_id);
  writer.field("platform", device.platform);
  writer.field("seen", moment(device.last_seen_at));
  writer.field("created", moment(device.created_at));
  writer.field("changed", moment(device.updated_at));
  context.out() << out;
}

Result<ExitStatus> show(const Context& context, const store::DeviceSelection& selection) {
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  bool found = false;
  const auto more = for_each_row(
      kPageRows, false, [&](const store::Page& page) { return (*opened)->list_devices(selection, page); },
      [&](const store::Device& device) {
        if (context.options.json) {
          context.out() << json_line(api::write_device, device);
        } else {
          if (found) context.out() << '\n';
          print(context, device);
        }
        found = true;
      });
  if (!more) return std::unexpected(more.error());
  if (!found) {
    return fail("device_not_found", fmt::format("no device '{}' has registered: 'yizhan devices list --user ID' shows "
                                                "those of somebody",
                                                selection.cid));
  }
  if (!context.options.json) {
    context.out() << fmt::format("\nTry it: yizhan push-test {0} --wait\nWhat was sent to it: yizhan trace {0}\n",
                                 selection.cid);
  }
  return ExitStatus::kOk;
}

/// The options as the push server would read them, with its limits.
Result<store::DeviceRegistration> checked(const store::DeviceRegistration& given) {
  auto device = api::read_registration(JsonWriter()
                                           .begin_object()
                                           .text("cid", given.cid)
                                           .text("appid", given.appid)
                                           .text("user_id", given.user_id)
                                           .text("merchant_id", given.merchant_id)
                                           .text("platform", given.platform)
                                           .end_object()
                                           .take());
  if (!device) return fail("usage_invalid", device.error().message);
  return device;
}

Result<ExitStatus> register_one(const Context& context, const store::DeviceRegistration& given) {
  const auto device = checked(given);
  if (!device) return std::unexpected(device.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto registered = change_audited<store::RegisteredDevice>(
      *opened->store, audit_entry(context, "device.register", device->cid),
      [&] { return (*opened)->register_device(*device, utc_now()); }, [](const auto&) { return true; });
  if (!registered) return std::unexpected(registered.error());
  if (context.options.json) {
    JsonWriter writer;
    writer.begin_object();
    api::write_device_members(writer, registered->device);
    writer.boolean("existed", registered->existed).number("woken", registered->notifications_woken).end_object();
    context.out() << writer.take() << '\n';
    return ExitStatus::kOk;
  }
  print(context, registered->device);
  context.out() << (registered->existed ? "\nIt was there already, and is as above now.\n" : "\nRegistered.\n");
  if (registered->notifications_woken > 0) {
    context.out() << fmt::format("{} waited for it and will be sent.\n",
                                 counted(registered->notifications_woken, "notification", "notifications"));
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> unregister(const Context& context, const store::DeviceRegistration& given) {
  const auto device = checked(given);
  if (!device) return std::unexpected(device.error());
  const auto opened = context.open_store();
  if (!opened) return std::unexpected(opened.error());
  const auto gone = change_audited<bool>(
      *opened->store, audit_entry(context, "device.unregister", device->cid),
      [&] { return (*opened)->unregister_device(device->appid, device->cid, "unregistered by hand", utc_now()); },
      [](bool found) { return found; });
  if (!gone) return std::unexpected(gone.error());
  if (!*gone) {
    return fail("device_not_found", fmt::format("no device '{}' of the app '{}' has registered: 'yizhan devices show "
                                                "{}' shows its apps",
                                                device->cid, device->appid, device->cid));
  }
  if (context.options.json) {
    context.out() << JsonWriter()
                         .begin_object()
                         .text("appid", device->appid)
                         .text("cid", device->cid)
                         .boolean("unregistered", true)
                         .end_object()
                         .take()
                  << '\n';
  } else {
    context.out() << fmt::format("Unregistered {}: nothing more is sent to it until it registers again.\n",
                                 device->cid);
  }
  return ExitStatus::kOk;
}

void add_device_name(Command command, std::string& cid, std::string& appid) {
  command.add_option("cid", cid, "as the push service calls the phone").type_name("CID").required();
  command.add_option("--appid", appid, "of which app").type_name("APP");
}

}  // namespace

void add_devices(Command parent, Context& context) {
  const Command devices = add_command(
      parent, "devices", "list, show, register and unregister phones",
      "Phones register at the push server with their cid and whose they are. Who has no active device is not "
      "told: such notifications wait, and end as no-targets.",
      {{"yizhan devices list --user u-1001", "where does this user get notifications?"},
       {"yizhan devices show CID", "is it active, and if not, why?"}});
  devices.group(kActGroup);

  auto list_options = std::make_shared<DeviceListOptions>();
  const Command list_command =
      add_command(devices, "list", "list devices", "With --json, one object a line.",
                  {{"yizhan devices list --merchant m-1 --active", "the active ones of a merchant, newest first"},
                   {"yizhan devices list --inactive", "those that nothing is sent to, and why"}});
  list_command.add_option("--user", list_options->selection.user_id, "only of this user").type_name("ID");
  list_command.add_option("--merchant", list_options->selection.merchant_id, "only of this merchant").type_name("ID");
  list_command.add_option("--cid", list_options->selection.cid, "only this device").type_name("CID");
  list_command.add_option("--appid", list_options->selection.appid, "only of this app").type_name("APP");
  list_command.add_flag("--active", list_options->active, "only active ones");
  list_command.add_flag("--inactive", list_options->inactive, "only inactive ones");
  list_command.add_option("--limit", list_options->limit, "rows at most (50)").type_name("N").positive();
  on_run(list_command, context, [&context, list_options] { return list(context, *list_options); });

  auto shown = std::make_shared<store::DeviceSelection>();
  const Command show_command = add_command(devices, "show", "show a device: whose it is, whether it is active", "",
                                           {{"yizhan devices show CID", "in every app that it has registered for"}});
  add_device_name(show_command, shown->cid, shown->appid);
  on_run(show_command, context, [&context, shown] { return show(context, *shown); });

  auto given = std::make_shared<store::DeviceRegistration>();
  const Command register_command = add_command(
      devices, "register", "register a device, as its app does",
      "Changes one that is there: what is left out stays. Notifications that waited for a device of this user or "
      "merchant are sent.",
      {{"yizhan devices register CID --user u-1001", "a user's phone"},
       {"yizhan devices register CID --merchant m-1 --platform android --appid courier", "of another app"}});
  add_device_name(register_command, given->cid, given->appid);
  register_command.add_option("--user", given->user_id, "whose it is").type_name("ID");
  register_command.add_option("--merchant", given->merchant_id, "which merchant's it is").type_name("ID");
  register_command.add_option("--platform", given->platform, "android, ios, …").type_name("NAME");
  on_run(register_command, context, [&context, given] { return register_one(context, *given); });

  auto gone = std::make_shared<store::DeviceRegistration>();
  const Command unregister_command = add_command(devices, "unregister", "send nothing more to a device", "",
                                                 {{"yizhan devices unregister CID", "until it registers again"}});
  add_device_name(unregister_command, gone->cid, gone->appid);
  on_run(unregister_command, context, [&context, gone] { return unregister(context, *gone); });
}

}  // namespace yizhan::cli
