// Differences between versions of the preupdate API, found by trying them in an in-memory database of the
// host's own SQLite when the extension is first loaded. Nothing is inferred from version numbers.
#pragma once

#include "extension/host.h"

namespace murmel::extension {

struct Quirks {
  bool slots_count_virtual = false;  // preupdate slots count virtual generated columns (3.5x), or not (3.40)
  bool old_lacks_defaults = false;   // old image has NULL for a column younger than the row (3.40)
  bool usable = false;               // the hook fired and gave the values that were written
};

Quirks probe_quirks(const Host& host) noexcept;

}  // namespace murmel::extension
