#include "agent/session/number_ranges.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace murmel::session {

void NumberRanges::set(std::vector<Range> ranges, std::int64_t floor) {
  ranges_ = std::move(ranges);
  floor_ = floor;
}

// The last range of which anything was used; who has used none begins with the first.
std::optional<NumberRanges::Start> NumberRanges::start(const Greatest& greatest) const {
  for (std::size_t i = ranges_.size(); i-- > 0;) {
    const Range& range = ranges_[i];
    const auto found = greatest(range);
    if (!found.has_value()) return std::nullopt;
    const bool given = range.first <= given_ && given_ <= range.last;
    const std::int64_t used = std::max(*found, given ? given_ : 0);
    if (used != 0) return Start{i, used};
  }
  return Start{0, 0};
}

std::optional<NumberRun> NumberRanges::next(std::int64_t wanted, std::int64_t behind,
                                            const Greatest& greatest) {
  const auto start = this->start(greatest);
  if (!start.has_value()) return std::nullopt;
  for (std::size_t i = start->range; i < ranges_.size(); ++i) {
    const std::int64_t first = std::max({ranges_[i].first, start->behind + 1, behind + 1, floor_ + 1});
    if (ranges_[i].last - first + 1 < wanted) continue;
    given_ = first + wanted - 1;
    return NumberRun{first, wanted};
  }
  return NumberRun{};
}

std::int64_t NumberRanges::left() const {
  return ranges_.empty() ? 0 : ranges_.back().last - std::max({given_, floor_, ranges_.back().first - 1});
}

std::int64_t NumberRanges::size() const {
  return std::accumulate(
      ranges_.begin(), ranges_.end(), std::int64_t{0},
      [](std::int64_t sum, const Range& range) { return sum + range.last - range.first + 1; });
}

}  // namespace murmel::session
