#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <vector>

namespace yizhan::cli {

CommandOption CommandOption::type_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

CommandOption CommandOption::required() const {
  option_->required();
  return *this;
}

CommandOption CommandOption::positive() const {
  option_->check(CLI::PositiveNumber);
  return *this;
}

CommandOption CommandOption::between(int least, int most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption CommandOption::one_value_each() const {
  option_->allow_extra_args(false);
  return *this;
}

CommandOption CommandOption::comma_separated() const {
  option_->delimiter(',');
  return *this;
}

void Command::group(const std::string& title) const {
  parser_->group(title);
}

void Command::alias(const std::string& name) const {
  parser_->alias(name);
}

template <class Value>
CommandOption Command::add_option(const std::string& names, Value& value, const std::string& says) const {
  return CommandOption(*parser_->add_option(names, value, says));
}
template CommandOption Command::add_option(const std::string&, std::string&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<std::string>&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, int&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::int64_t&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, double&, const std::string&) const;

CommandOption Command::add_flag(const std::string& names, bool& value, const std::string& says) const {
  return CommandOption(*parser_->add_flag(names, value, says));
}

bool Command::has(const std::string& option) const {
  return parser_->count(option) > 0;
}

}  // namespace yizhan::cli
