// What nodes say to each other about replication and membership, as plain values. agent/wire turns them into
// bytes and back; the cores and the simulator use them as they are.
//
// Sync messages belong to one database; the frame around them names it. Order on a link is kept and nothing
// is lost while the link lives, but the cores do not rely on it: every message may come late, twice or never.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/ids.h"
#include "agent/core/change_set.h"
#include "agent/core/hlc.h"

namespace murmel::core {

// --- one database ---------------------------------------------------------------------------------------

// Change sets, per origin in order and without gaps inside one message. Pushed, or the answer to a Pull.
struct Changes {
  Uuid database_id;  // of the sender: change sets of another history are not taken
  std::vector<ChangeSet> changes;
  bool operator==(const Changes&) const = default;
};

// What the sender has on stable storage, and where its log begins.
struct Have {
  Uuid database_id;
  bool baseline = false;  // had content before its log began: the log alone does not rebuild it
  bool fresh = false;     // nothing in it yet: free to adopt another database's history
  VersionVector vector;   // durable positions, the sender's own included
  Hlc clock;              // greatest durable stamp: whatever the sender writes later is above it
  VersionVector trimmed;  // change sets up to these positions are no longer in its log
  // Greatest slot that the sender has given to a transaction, decided or not. Those it gives later go to
  // transactions that have seen all of `vector`.
  Seq last_slot = 0;
  bool begun = false;  // the sender has taken part in deciding a transaction of this history
  bool operator==(const Have&) const = default;
};

// Asks for the change sets of `origin` from `from` on, about `bytes_max` of them (at least one transaction
// part).
struct Pull {
  Uuid database_id;
  NodeId origin = 0;
  Seq from = 0;
  std::int64_t bytes_max = 0;
  bool operator==(const Pull&) const = default;
};

// Answer to a Pull that can't be served: the log begins at `first_kept`.
struct Gone {
  Uuid database_id;
  NodeId origin = 0;
  Seq first_kept = 0;
  bool operator==(const Gone&) const = default;
};

// Answer of a node that does not replicate this database, to any of the above. Sent by the service.
struct Absent {
  bool operator==(const Absent&) const = default;
};

using Message = std::variant<Changes, Have, Pull, Gone, Absent>;

// --- membership (SWIM) -----------------------------------------------------------------------------------

// Numbers are part of the wire format. For one incarnation a greater number overrides a smaller one.
enum class MemberState : std::uint8_t {
  kJoining = 0,  // answers, but its databases are not caught up yet
  kAlive = 1,
  kSuspect = 2,  // did not answer; DEAD if it does not speak up in time
  kDead = 3,     // did not speak up; still a member: its place in watermark and quorum stays
  kLeft = 4,     // went away on purpose; may come back
  kRemoved = 5,  // taken out by an operator, for good
};

const char* member_state_name(MemberState state);

struct Member {
  NodeId id = 0;
  Uuid uuid;            // of its data directory: the same id with another uuid is another node, and refused
  std::string address;  // host:port that others dial
  MemberState state = MemberState::kJoining;
  std::uint32_t incarnation = 0;  // raised only by the member itself
  bool operator==(const Member&) const = default;
};

enum class SwimKind : std::uint8_t {
  kPing = 0,         // answer with kAck and the same number
  kPingRequest = 1,  // ping `target` for me; if it answers, send me kAck with this number
  kAck = 2,
};

struct SwimMessage {
  SwimKind kind = SwimKind::kPing;
  std::uint64_t number = 0;
  NodeId target = 0;           // kPingRequest: whom to ping; kAck: who answered
  std::vector<Member> gossip;  // news about members, riding along
  bool operator==(const SwimMessage&) const = default;
};

}  // namespace murmel::core
