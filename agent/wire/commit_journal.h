// Records of the commit journal as bytes: core::journal::Record <-> one verified FlatBuffers JournalRecord
// (schemas/journal.fbs). Read back with the same distrust as a peer's message: a file can be damaged. Pure;
// any thread.
#pragma once

#include <string>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/core/commit.h"
#include "agent/core/epoch.h"

namespace murmel::wire {

std::string encode(const core::journal::Record& record);

// Errors: kCorrupt; kInvalid for a kind of record that this build does not know.
Result<core::journal::Record> decode_journal(ByteView bytes);

// What is kept about the voters; errors: kCorrupt.
std::string encode(const core::EpochState& state);
Result<core::EpochState> decode_epoch_state(ByteView bytes);

}  // namespace murmel::wire
