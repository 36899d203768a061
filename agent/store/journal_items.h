// What a frame of the commit journal holds: items, one after the other, each a head and the record's bytes.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "agent/base/bytes.h"
#include "agent/base/ids.h"
#include "agent/base/result.h"

namespace murmel::store {

struct JournalItem {
  enum class Kind : std::uint32_t {
    kRecord = 1,   // of a slot
    kReserve = 2,  // `seq` is its limit
    kForget = 3,   // `seq` is what it forgets up to
    kEpoch = 4,    // core::EpochState, of all databases
    kDropped = 5,  // of the database, no bytes
  };
  Kind kind = Kind::kRecord;
  Uuid database;
  NodeId origin = 0;
  Seq seq = 0;
  std::uint64_t number = 0;  // in the order of writing; stays when an item is written anew
  std::string_view body;     // a JournalRecord or an EpochState (schemas/journal.fbs)
};

void put_item(std::string& frame, const JournalItem& item);

// The items' bodies are in the frame. Error: kCorrupt.
Status read_items(ByteView frame, const std::function<Status(const JournalItem&)>& each);

}  // namespace murmel::store
