// Messages between peers as bytes: one value of PeerMessage <-> one verified FlatBuffers Envelope
// (schemas/peer.fbs). FlatBuffers stops in this folder.
//
// decode() believes nothing: structure, sizes, ranges and order are checked before a value comes out, so that
// the cores may rely on what the types promise. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "agent/base/bytes.h"
#include "agent/base/ids.h"
#include "agent/base/result.h"
#include "agent/core/commit_messages.h"
#include "agent/core/epoch_messages.h"
#include "agent/core/messages.h"

namespace murmel::wire {

// What one message may hold; more is kCorrupt.
inline constexpr std::size_t kDatabaseNameBytesMax = 255;
inline constexpr std::size_t kAddressBytesMax = 255;
inline constexpr std::size_t kChangeSetsMax = 262'144;
inline constexpr std::size_t kPositionsMax = 4'096;  // entries of a vector, dependencies of a change set
inline constexpr std::size_t kMembersMax = 1'024;
inline constexpr std::size_t kCommitItemsMax = 16'384;  // transactions, votes and so on in one commit message
inline constexpr std::size_t kClaimsMax = 1'048'576;    // of one transaction
inline constexpr std::size_t kEpochMembersMax = 1'023;
inline constexpr std::size_t kEpochPastMax = 65'536;  // former members
inline constexpr std::size_t kTipsMax = 65'536;       // databases that ever decided anything
inline constexpr std::size_t kEpochTextBytesMax = 1'024;
inline constexpr std::size_t kCallNameBytesMax = 64;
inline constexpr std::size_t kCallBodyBytesMax = 16U << 20;
inline constexpr std::size_t kSnapshotChunkBytesMax = 4U << 20;

// Snapshot of a database, fetched chunk by chunk so that the receiver sets the pace and can resume at any
// offset for as long as the donor keeps the file. The donor names files by itself: no name crosses the wire.
struct SnapshotRequest {
  std::uint64_t transfer = 0;  // 0: make a snapshot and offer it; else: send a chunk of this one
  std::int64_t offset = 0;
  std::int64_t bytes_max = 0;  // 0: only tell how far it is
  bool operator==(const SnapshotRequest&) const = default;
};

using Hash128 = std::array<std::uint8_t, 16>;

struct SnapshotOffer {
  std::uint64_t transfer = 0;
  std::int64_t done = 0;   // while it is being made: work done, and in all
  std::int64_t total = 0;  // once ready: size in bytes
  bool ready = false;
  Hash128 hash{};     // once ready: XXH3-128 of the whole, canonical form
  std::string error;  // not empty: there will be no such snapshot
  bool operator==(const SnapshotOffer&) const = default;
};

struct SnapshotChunk {
  std::uint64_t transfer = 0;
  std::int64_t offset = 0;
  SharedBytes bytes;
  std::uint64_t hash = 0;  // XXH3-64 of bytes; checked by whoever writes them to a file
  bool operator==(const SnapshotChunk&) const = default;
};

// A question of the administration to another node, and its answer (JSON text).
struct Call {
  std::uint64_t number = 0;
  std::string name;
  std::string body;
  bool operator==(const Call&) const = default;
};

struct Answer {
  std::uint64_t number = 0;
  bool failed = false;
  std::string body;
  bool operator==(const Answer&) const = default;
};

using Body =
    std::variant<core::Changes, core::Have, core::Pull, core::Gone, core::Absent, core::SwimMessage,
                 SnapshotRequest, SnapshotOffer, SnapshotChunk, Call, Answer, core::Prepare, core::Votes,
                 core::Accept, core::Accepted, core::Recover, core::Promise, core::Decided, core::EpochAt,
                 core::EpochHead, core::EpochFence, core::EpochFenced, core::EpochDrain, core::EpochHeld,
                 core::EpochAccept, core::EpochAccepted, core::EpochAsk, core::EpochAnswer>;

struct PeerMessage {
  std::string database;  // name of the database it is about; empty for what is about the whole cluster
  Body body;
  bool operator==(const PeerMessage&) const = default;
};

std::string encode(const PeerMessage& message);
// The same without building a PeerMessage first.
std::string encode(std::string_view database, const core::Message& message);
std::string encode(std::string_view database, const core::CommitMessage& message);
std::string encode(const core::SwimMessage& message);
std::string encode(const core::EpochMessage& message);

// Errors: kCorrupt; kInvalid for a well-formed message of a kind that this build does not know (a newer peer:
// ignore it).
Result<PeerMessage> decode(ByteView bytes);

}  // namespace murmel::wire
