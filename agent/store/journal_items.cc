#include "agent/store/journal_items.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace murmel::store {
namespace {

struct ItemHead {
  std::uint32_t kind;
  std::uint32_t origin;
  std::uint64_t number;
  std::int64_t seq;
  std::array<std::uint8_t, 16> database;
  std::uint64_t length;
};

}  // namespace

void put_item(std::string& frame, const JournalItem& item) {
  const ItemHead head{static_cast<std::uint32_t>(item.kind),
                      item.origin,
                      item.number,
                      item.seq,
                      item.database.bytes,
                      item.body.size()};
  frame.append(reinterpret_cast<const char*>(&head), sizeof head);
  frame.append(item.body);
}

Status read_items(ByteView frame, const std::function<Status(const JournalItem&)>& each) {
  std::string_view rest = as_text(frame);
  while (!rest.empty()) {
    ItemHead head{};
    if (rest.size() < sizeof head) return Error{ErrorCode::kCorrupt, "a frame of the journal is cut off"};
    std::memcpy(&head, rest.data(), sizeof head);
    rest.remove_prefix(sizeof head);
    if (head.length > rest.size()) return Error{ErrorCode::kCorrupt, "an item of the journal is cut off"};
    TRY(each({static_cast<JournalItem::Kind>(head.kind), Uuid{head.database}, head.origin, head.seq,
              head.number, rest.substr(0, head.length)}));
    rest.remove_prefix(head.length);
  }
  return Ok{};
}

}  // namespace murmel::store
