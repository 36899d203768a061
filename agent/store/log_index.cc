#include "agent/store/log_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace murmel::store {
namespace {

// Takes the next number off a text of numbers with one space between; false: there is none.
bool take_number(std::string_view& text, std::int64_t& number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

}  // namespace

void LogIndex::add(std::int64_t id, const core::Position& position) {
  Origin& origin = origins_[position.origin];
  if (origin.marks.empty()) origin.first = position.seq;
  if (origin.marks.empty() || position.seq % mark_every_ == 0) origin.marks.push_back({position.seq, id});
  origin.last = position.seq;
}

void LogIndex::trimmed(std::int64_t id, const core::VersionVector& trimmed) {
  for (const auto& position : trimmed) {
    const Seq seq = position.second;
    const auto found = origins_.find(position.first);
    if (found == origins_.end()) continue;
    Origin& origin = found->second;
    if (seq >= origin.last) {
      origins_.erase(found);
      continue;
    }
    // The last mark that is gone still tells the place: everything of the origin behind it comes later.
    const auto kept = std::find_if(origin.marks.begin(), origin.marks.end(),
                                   [&](const Mark& mark) { return mark.seq > seq + 1; });
    if (kept != origin.marks.begin()) {
      origin.marks.erase(origin.marks.begin(), kept - 1);
      if (origin.marks.front().id <= id) origin.marks.front() = {seq + 1, id + 1};
    }
    origin.first = seq + 1;
  }
}

std::optional<std::int64_t> LogIndex::id_before(const core::Position& position) const {
  const auto found = origins_.find(position.origin);
  if (found == origins_.end()) return std::nullopt;
  const Origin& origin = found->second;
  if (position.seq < origin.first || position.seq > origin.last) return std::nullopt;
  const auto above = std::upper_bound(origin.marks.begin(), origin.marks.end(), position.seq,
                                      [](Seq seq, const Mark& mark) { return seq < mark.seq; });
  return above == origin.marks.begin() ? 0 : (above - 1)->id;
}

std::optional<Seq> LogIndex::first_kept(NodeId origin) const {
  const auto found = origins_.find(origin);
  if (found == origins_.end()) return std::nullopt;
  return found->second.first;
}

Seq LogIndex::last(NodeId origin) const {
  const auto found = origins_.find(origin);
  return found == origins_.end() ? 0 : found->second.last;
}

core::VersionVector LogIndex::trimmed_of(const core::VersionVector& have) const {
  core::VersionVector gone;
  for (const auto& [origin, seq] : have) {
    const auto first = first_kept(origin);
    const Seq below = first ? *first - 1 : seq;
    if (below > 0) gone[origin] = below;
  }
  return gone;
}

// node first last count (seq id)*
std::string LogIndex::to_text(std::int64_t id, const core::VersionVector& last) const {
  std::string text;
  for (const auto& [node, origin] : origins_) {
    const Seq last_seq = core::seq_of(last, node);
    if (last_seq < origin.first) continue;
    const auto end = std::find_if(origin.marks.begin(), origin.marks.end(),
                                  [&](const Mark& mark) { return mark.id > id; });
    text += fmt::format("{} {} {} {} ", node, origin.first, last_seq, end - origin.marks.begin());
    for (auto mark = origin.marks.begin(); mark != end; ++mark)
      text += fmt::format("{} {} ", mark->seq, mark->id);
  }
  return text;
}

std::optional<LogIndex> LogIndex::from_text(std::string_view text) {
  LogIndex index;
  while (!text.empty()) {
    std::int64_t node = 0;
    std::int64_t count = 0;
    Origin origin;
    if (!take_number(text, node) || !take_number(text, origin.first) || !take_number(text, origin.last) ||
        !take_number(text, count)) {
      return std::nullopt;
    }
    for (; count > 0; --count) {
      Mark mark{};
      if (!take_number(text, mark.seq) || !take_number(text, mark.id)) return std::nullopt;
      origin.marks.push_back(mark);
    }
    if (origin.marks.empty()) return std::nullopt;
    index.origins_[static_cast<NodeId>(node)] = std::move(origin);
  }
  return index;
}

}  // namespace murmel::store
