// How dependencies are kept in the log: pairs of LEB128 numbers, origin and seq. Empty text: none.
#pragma once

#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/core/change_set.h"

namespace murmel::store {

std::string encode_depends(const std::vector<core::Position>& depends);
Result<std::vector<core::Position>> decode_depends(ByteView bytes);  // kCorrupt

}  // namespace murmel::store
