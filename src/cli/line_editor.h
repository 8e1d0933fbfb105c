// Lines typed at a terminal, with editing, history and search (libedit).
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace yizhan::cli {

class LineEditor {
 public:
  /// `history_file` is read now and written at the end, with mode 0600; empty: no history is kept.
  explicit LineEditor(std::string history_file);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  struct Line {
    std::string text;        ///< without '\n'
    bool abandoned = false;  ///< Ctrl-C: what was typed so far is to be forgotten
  };
  /// Empty at the end of input (Ctrl-D).
  std::optional<Line> read(const std::string& prompt);
  /// Puts a statement into the history.
  void remember(const std::string& text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `$XDG_STATE_HOME/yizhan/sql_history`, else in `~/.local/state`; its folder is made. Empty when there is no home.
std::string history_file_path();

}  // namespace yizhan::cli
