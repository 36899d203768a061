// Commit socket: how the extension asks the agent, on the same machine, to have a transaction decided before
// it commits it. A Unix stream socket, named in __murmel_meta under 'commit'. The extension keeps one
// connection per database connection, sends one request at a time and waits for its answer, with a time-out
// of its own.
//
//   frame   = u32 size of what follows, u8 kind, body          integers little-endian
//   commit  = 'C', u8 version, u8 level, u32 timeout_ms, i64 hlc, u32 schema_version, text database path,
//             u32 n, n x (u32 origin, i64 seq)
//                 all that this transaction could see; origin 0 is the local log
//             u32 n, n x (text table, u8 partial_or_expression, u32 m, m x (text column, u8 collation,
//                         [text name of the collation]))
//                 unique indexes; a column without name is an expression. From version 4 on, collation kOther
//                 has a name, and indexes of primary keys with such columns are listed, too
//             u32 n, n x (text child, text parent, u8 whole, u32 m, m x (text child's column,
//                         text parent's column, u8 collation, [text name of the collation]))
//                 from version 6 on: foreign keys, none where the writer has them switched off. Values are
//                 equal by the parent's collation; whole: by nothing that the rows tell
//             u32 n, n x blob
//                 payloads (schemas/row_stream.h), in order
//   status  = 'S', u8 version, text database path, u32 origin, i64 seq
//   read    = 'R', u8 version, text database path, u32 timeout_ms, [u32 hold_back_ms]
//                 what had a majority committed, or was it about to, by now? From version 5 on: new
//                 transactions are to wait for so long, 0: not at all
//   named   = 'N', u32 origin, i64 seq
//                 the slot of the transaction that is being asked for; the answer still follows
//   answer  = 'A', u8 outcome, u32 origin, i64 seq, i64 hlc, text sentence,
//             u32 n, n x (u32 origin, i64 seq)   'R': positions to wait for
//   text, blob = u32 length, bytes
//
// A commit is asked for with SQLite's write lock held. So kCommitted names the slot right behind the last one
// that `seen` has of this node's decided origin, and kBusy with seq 0 (no slot was used) may be asked again
// from inside the same COMMIT. The extension sends all rows as one payload.
//
// From version 2 on, `named` comes before anybody else hears of the transaction: should the agent die then,
// its outcome can be asked for by that slot. Without it the slot may belong to another transaction.
//
// After outcome kCommitted the extension writes the log record as that origin and seq, with the same rows.
// Whatever goes wrong on the socket after the request was sent is "outcome unknown".
#pragma once

#include <cstdint>

namespace murmel::commit_socket {

inline constexpr std::uint8_t kVersion = 6;
inline constexpr std::uint8_t kVersionMin = 1;          // that an agent still answers
inline constexpr std::uint8_t kVersionNamed = 2;        // the first with kNamed; since 3: kTwo, kThree
inline constexpr std::uint8_t kVersionCollations = 4;   // the first with names of collations
inline constexpr std::uint8_t kVersionHoldBack = 5;     // the first with hold_back_ms
inline constexpr std::uint8_t kVersionForeignKeys = 6;  // the first with foreign keys

enum Kind : std::uint8_t { kCommit = 'C', kStatus = 'S', kRead = 'R', kAnswer = 'A', kNamed = 'N' };

// As core::CommitLevel.
enum Level : std::uint8_t { kOne = 1, kQuorum = 2, kAll = 3, kTwo = 4, kThree = 5 };

// As core::CommitOutcome.
enum Outcome : std::uint8_t {
  kCommitted = 0,
  kConflict = 1,
  kBusy = 2,
  kUnavailable = 3,
  kRefused = 4,
  kUnknown = 5,
  kAborted = 6,
};

inline constexpr std::uint32_t kFrameBytesMax = 24U << 20;
inline constexpr std::uint32_t kPayloadBytesMax = 16U << 20;  // all payloads of one transaction
inline constexpr std::uint32_t kPositionsMax = 4'096;
inline constexpr std::uint32_t kIndexesMax = 4'096;  // and foreign keys

}  // namespace murmel::commit_socket
