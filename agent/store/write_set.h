// What a row stream writes: the keys of its rows, and its tables. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/core/versions.h"

namespace murmel::store {

struct WriteSet {
  // Of rows with a key, of the old and of the new image; of rows without one those that are taken away.
  std::vector<core::RowKey> rows;
  std::vector<std::string> tables;
  std::map<std::string, std::size_t> removed;  // rows by table, those that a new one takes the place of too
};

// Adds to `set`. kCorrupt: it can't be read.
Status add_writes(ByteView rows, WriteSet& set);

}  // namespace murmel::store
