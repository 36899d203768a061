// What a statement says of its own consistency, in a hint behind its first word, where MySQL has its hints:
//
//   INSERT /*+ murmel_write_consistency(quorum) */ INTO ...
//   SELECT /*+ murmel_read_consistency(quorum) */ ...
//
// A hint that makes no sense is none, as in MySQL. Pure.
#pragma once

#include <string>
#include <string_view>

namespace murmel::service {

struct ConsistencyHint {
  std::string write;  // "one", "quorum" or "all"; empty: nothing is said
  std::string read;   // "one" or "quorum"
};

ConsistencyHint consistency_hint(std::string_view statement);

}  // namespace murmel::service
