// Numbers of one statement for an AUTO_INCREMENT column: `first`, `first` + 1, ...
#pragma once

#include <cstdint>

namespace murmel::session {

struct NumberRun {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

}  // namespace murmel::session
