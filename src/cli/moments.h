// A story in order of time, for people: one line a moment, with the gap to the one before. Time lines of one event
// (timeline.h) and of everything about one thing (trace.cpp) are told with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/terminal.h"

namespace yizhan::cli {

/// A line of the story before it is laid out. Texts are as stored; the writer makes them printable.
struct Moment {
  UtcTime at{};
  std::string mark;  ///< one column
  Style style = Style::kPlain;
  std::string what;
  std::string detail;
  std::string below{};  ///< the beginning of a response; on a line of its own
};

/// Lays lines out, all indented alike, cut to the terminal's width.
class StoryWriter {
 public:
  /// `width` 0: no limit. `out` must outlive the writer.
  StoryWriter(int width, bool color, std::string& out) : width_(width), color_(color), out_(out) {}

  void line(std::string_view text = "");
  /// A name and its value; nothing where the value is empty.
  void field(std::string_view name, std::string_view value);
  void paragraph(std::string_view text);
  /// The moments in their order, with the day where it changes.
  void moments(const std::vector<Moment>& moments);

  std::string paint(std::string_view text, Style style) const { return styled(text, style, color_); }

 private:
  void moment(const Moment& moment, std::optional<UtcTime> previous, int what_width);
  std::string fit(std::string text, int columns_before) const;

  int width_;
  bool color_;
  std::string& out_;
};

}  // namespace yizhan::cli
