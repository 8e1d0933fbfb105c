// Texts that must not be seen: a service that is called may repeat in its answer what it was sent, and answers are kept
// on record, logged and shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yizhan {

class Secrets {
 public:
  /// Without effect where it is empty.
  void add(std::string_view secret);

  /// `text` with `***` for each secret, written as it is or as JSON writes it.
  std::string hide(std::string_view text) const;

 private:
  std::vector<std::string> texts_;  ///< the longest first, so that one that holds another is hidden whole
};

}  // namespace yizhan
