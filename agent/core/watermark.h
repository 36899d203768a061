// Watermark: a stamp below which everything is settled, and who vouched for that (see stability.h). Stores
// keep both, so that a restarted node still knows for whose change sets it holds. Plain value.
#pragma once

#include <vector>

#include "agent/base/ids.h"
#include "agent/core/hlc.h"

namespace murmel::core {

struct Watermark {
  Hlc hlc;
  std::vector<NodeId> members;  // ascending
  bool operator==(const Watermark&) const = default;
};

}  // namespace murmel::core
