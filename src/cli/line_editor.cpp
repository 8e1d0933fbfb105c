#include "cli/line_editor.h"

#include <histedit.h>
#include <sys/stat.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace yizhan::cli {
namespace {

constexpr int kRememberedStatements = 1000;

struct HistoryEnd {
  void operator()(History* history) const { history_end(history); }
};
struct EditLineEnd {
  void operator()(EditLine* edit_line) const { el_end(edit_line); }
};

}  // namespace

struct LineEditor::State {
  std::string prompt;
  std::string history_file;
  bool abandoned = false;
  std::unique_ptr<History, HistoryEnd> past{history_init()};
  std::unique_ptr<EditLine, EditLineEnd> editor{el_init("yizhan", stdin, stdout, stderr)};

  static State& of(EditLine* edit_line) {
    void* data = nullptr;
    el_get(edit_line, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }
  static char* show_prompt(EditLine* edit_line) { return of(edit_line).prompt.data(); }
  static unsigned char abandon(EditLine* edit_line, int) {
    of(edit_line).abandoned = true;
    return CC_EOF;
  }
};

LineEditor::LineEditor(std::string history_file) : state_(std::make_unique<State>()) {
  // Editing goes by characters, not bytes, only when the locale says UTF-8.
  if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
  State& state = *state_;
  state.history_file = std::move(history_file);
  HistEvent event{};
  history(state.past.get(), &event, H_SETSIZE, kRememberedStatements);
  history(state.past.get(), &event, H_SETUNIQUE, 1);
  if (!state.history_file.empty()) history(state.past.get(), &event, H_LOAD, state.history_file.c_str());

  EditLine* editor = state.editor.get();
  el_set(editor, EL_CLIENTDATA, &state);
  el_set(editor, EL_PROMPT, &State::show_prompt);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, history, state.past.get());
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  // Ctrl-C is a key while a line is edited, not a signal: it forgets the line instead of ending the program.
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
  el_set(editor, EL_ADDFN, "abandon-line", "forget what was typed", &State::abandon);
  el_set(editor, EL_BIND, "^C", "abandon-line", nullptr);
}

LineEditor::~LineEditor() {
  if (state_->history_file.empty()) return;
  const mode_t previous = umask(0077);
  HistEvent event{};
  history(state_->past.get(), &event, H_SAVE, state_->history_file.c_str());
  umask(previous);
}

std::optional<LineEditor::Line> LineEditor::read(const std::string& prompt) {
  state_->prompt = prompt;
  state_->abandoned = false;
  int length = 0;
  const char* text = el_gets(state_->editor.get(), &length);
  if (state_->abandoned) {
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    el_reset(state_->editor.get());
    return Line{"", true};
  }
  if (text == nullptr || length <= 0) return std::nullopt;
  std::string line(text, static_cast<std::size_t>(length));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return Line{std::move(line), false};
}

void LineEditor::remember(const std::string& text) {
  HistEvent event{};
  history(state_->past.get(), &event, H_ENTER, text.c_str());
}

std::string history_file_path() {
  std::filesystem::path folder;
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    folder = state;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    folder = std::filesystem::path(home) / ".local" / "state";
  } else {
    return "";
  }
  folder /= "yizhan";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? "" : (folder / "sql_history").string();
}

}  // namespace yizhan::cli
