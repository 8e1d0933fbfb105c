#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <termios.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <istream>
#include <memory>
#include <ostream>

#include "app/master_keys.h"
#include "base/descriptor.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/readable.h"
#include "config/documents.h"

namespace yizhan::cli {
namespace {

Result<verify::MasterKeys> master_keys(const Context& context) {
  auto keys = app::load_master_keys(context.environment);
  if (keys && keys->empty()) {
    return fail(
        "master_key_missing",
        "no master key: make one with 'yizhan secrets master-key', and name its file in YIZHAN_MASTER_KEY_FILE");
  }
  return keys;
}

/// While one exists, what is typed is not shown.
class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~NoEcho() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

/// One line of standard input; never an argument, which others on this machine see.
Result<std::string> read_line(const Context& context, std::string_view prompt) {
  std::string line;
  if (context.terminal.in_is_terminal) {
    context.terminal.err << prompt << ": " << std::flush;
    const NoEcho quiet;
    std::getline(context.terminal.in, line);
    context.terminal.err << '\n';
  } else {
    std::getline(context.terminal.in, line);
  }
  while (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return fail("usage_invalid", "standard input is empty: give the text there, in one line");
  return line;
}

ExitStatus make_master_key(const Context& context) {
  const auto key = verify::MasterKey::make();
  if (context.options.json) {
    context.out() << JsonWriter().begin_object().text("id", key.id()).text("key", key.text()).end_object().take()
                  << '\n';
    return ExitStatus::kOk;
  }
  context.out() << key.text() << '\n' << std::flush;
  context.terminal.err << fmt::format(
      "Master key {}. Put it into a file that only the service can read, name that file in YIZHAN_MASTER_KEY_FILE, and "
      "keep a copy elsewhere: what is sealed with it cannot be opened without.\n",
      key.id());
  return ExitStatus::kOk;
}

/// A setting by which a secret is given, as the configuration file has it: its table, and its name there.
struct SealedPlace {
  std::string table;
  std::string name;
};

/// Code `usage_invalid`.
Result<SealedPlace> place_of(const std::string& key) {
  const auto point = key.rfind('.');
  if (point == std::string::npos) return fail("usage_invalid", fmt::format("--setting: '{}' has no section", key));
  SealedPlace place{key.substr(0, point), key.substr(point + 1)};
  const std::string section = place.table.substr(0, place.table.find('.'));
  for (const config::SettingDescription& setting : config::describe_settings()) {
    const std::string last = setting.key.substr(setting.key.rfind('.') + 1);
    const bool fits =
        setting.section == place.table || (place.table.contains('.') && setting.section.starts_with(section + ".<"));
    if (setting.secret && fits && (last == place.name || last == place.name + "s")) return place;
  }
  return fail("usage_invalid", fmt::format("--setting: '{}' is no setting with a secret; 'yizhan config sample' shows "
                                           "all settings",
                                           key));
}

Result<ExitStatus> seal(const Context& context, const std::string& setting) {
  const auto place = setting.empty() ? Result<SealedPlace>(SealedPlace{}) : place_of(setting);
  if (!place) return std::unexpected(place.error());
  const auto keys = master_keys(context);
  if (!keys) return std::unexpected(keys.error());
  const auto secret = read_line(context, "Secret");
  if (!secret) return std::unexpected(secret.error());
  const std::string sealed = verify::seal_secret(*keys, *secret);
  if (context.options.json) {
    context.out() << JsonWriter().begin_object().text("sealed", sealed).end_object().take() << '\n';
  } else if (setting.empty()) {
    context.out() << sealed << '\n';
  } else {
    context.out() << fmt::format("[{}]\n{} = \"{}\"\n", place->table, place->name, sealed);
  }
  return ExitStatus::kOk;
}

Result<ExitStatus> open(const Context& context, bool reveal) {
  const auto keys = master_keys(context);
  if (!keys) return std::unexpected(keys.error());
  const auto sealed = read_line(context, "Sealed secret");
  if (!sealed) return std::unexpected(sealed.error());
  const auto secret = verify::open_secret(*keys, *sealed);
  if (!secret) return std::unexpected(secret.error());
  if (reveal) {
    context.out() << *secret << '\n';
  } else {
    context.out() << fmt::format("It opens, with the master key {}: {}. --reveal shows it.\n",
                                 verify::sealing_key_id(*sealed),
                                 counted(static_cast<std::int64_t>(secret->size()), "character", "characters"));
  }
  return ExitStatus::kOk;
}

std::unexpected<Error> file_trouble(std::string_view doing, const std::string& path) {
  return fail("file_unusable", fmt::format("could not {} {}: {}", doing, path, std::strerror(errno)));
}

/// The whole of the new contents or the old, whatever happens meanwhile; owner and rights stay.
Result<void> replace_file(const std::string& path, const std::string& contents) {
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0) return file_trouble("read", path);
  std::string beside = path + ".XXXXXX";
  const Descriptor file(::mkostemp(beside.data(), O_CLOEXEC));
  if (file.get() < 0) return file_trouble("write beside", path);
  // Who may not give it away keeps it as it is now: then the file is not his to replace.
  const bool mine = ::fchown(file.get(), state.st_uid, state.st_gid) == 0;
  if (!mine || ::fchmod(file.get(), state.st_mode & 07777) != 0 ||
      ::write(file.get(), contents.data(), contents.size()) != static_cast<ssize_t>(contents.size()) ||
      ::fsync(file.get()) != 0 || ::rename(beside.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(beside.c_str());
    errno = reason;
    return file_trouble("write", path);
  }
  const std::string folder = std::filesystem::absolute(path).parent_path();
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ::fsync(directory.get());
  return {};
}

Result<ExitStatus> reseal(const Context& context, const std::string& named) {
  std::error_code unresolved;
  const std::filesystem::path resolved = std::filesystem::canonical(named, unresolved);
  const std::string path = unresolved ? named : resolved.string();
  const auto keys = master_keys(context);
  if (!keys) return std::unexpected(keys.error());
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return file_trouble("read", path);
  const auto resealed = verify::reseal_all(*keys, read_whole(file.get()));
  if (!resealed) {
    return fail(resealed.error().code, fmt::format("{}: {}. Nothing was changed", path, resealed.error().message));
  }
  if (resealed->count > 0) {
    if (const auto replaced = replace_file(path, resealed->text); !replaced) return std::unexpected(replaced.error());
  }
  if (context.options.json) {
    context.out() << JsonWriter().begin_object().number("resealed", resealed->count).end_object().take() << '\n';
  } else {
    context.out() << fmt::format("{} in {} now sealed with the master key {}.\n",
                                 counted(resealed->count, "secret is", "secrets are"), path, keys->front().id());
  }
  return ExitStatus::kOk;
}

}  // namespace

void add_secrets(Command parent, Context& context) {
  const Command secrets = add_command(
      parent, "secrets", "seal the secrets of the configuration with a master key",
      "A sealed secret may stand wherever a secret may: in the configuration file, in a variable, in a secret file. "
      "The "
      "master key is in YIZHAN_MASTER_KEY, or in the file that YIZHAN_MASTER_KEY_FILE names; of several, the first "
      "seals and all of them open.",
      {{"yizhan secrets master-key > /etc/yizhan/master_key", "the key, once"},
       {"yizhan secrets seal --setting platforms.crm.secret", "asks for the secret; prints the lines for yizhan.toml"},
       {"yizhan secrets reseal /etc/yizhan/yizhan.toml", "after a new key was put before the old one"}});
  secrets.group(kSetUpGroup);

  const Command master_key = add_command(secrets, "master-key", "make a master key; stored nowhere", "",
                                         {{"(umask 077; yizhan secrets master-key > master_key)", "into a file"}});
  on_run(master_key, context, [&context]() -> Result<ExitStatus> { return make_master_key(context); });

  auto setting = std::make_shared<std::string>();
  const Command seal_command =
      add_command(secrets, "seal", "seal a secret from standard input, or one that is asked for", "",
                  {{"yizhan secrets seal", "asks for it, and does not show it"},
                   {"yizhan keys secret | yizhan secrets seal --setting platforms.crm.secret",
                    "a new secret that nobody has seen; show it to the receiver with 'secrets open --reveal'"}});
  seal_command.add_option("--setting", *setting, "print it as the lines of the configuration file").type_name("KEY");
  on_run(seal_command, context, [&context, setting] { return seal(context, *setting); });

  auto reveal = std::make_shared<bool>(false);
  const Command open_command = add_command(secrets, "open", "does a sealed secret open? from standard input", "",
                                           {{"yizhan secrets open", "which master key, how long it is"},
                                            {"yizhan secrets open --reveal", "the secret itself"}});
  open_command.add_flag("--reveal", *reveal, "print the secret");
  on_run(open_command, context, [&context, reveal] { return open(context, *reveal); });

  auto file = std::make_shared<std::string>();
  const Command reseal_command =
      add_command(secrets, "reseal", "seal all sealed secrets of a file anew, with the first master key",
                  "Everything else in the file stays as it is, comments too. It is replaced as a whole, or, when one "
                  "secret cannot be opened, not at all.",
                  {{"yizhan secrets reseal /etc/yizhan/yizhan.toml", "then the old master key may go"}});
  reseal_command.add_option("file", *file, "a configuration file, a secret file, a file of variables")
      .type_name("FILE")
      .required();
  on_run(reseal_command, context, [&context, file] { return reseal(context, *file); });
}

}  // namespace yizhan::cli
