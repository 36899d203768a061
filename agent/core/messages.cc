#include "agent/core/messages.h"

namespace murmel::core {

const char* member_state_name(MemberState state) {
  switch (state) {
    case MemberState::kJoining: return "JOINING";
    case MemberState::kAlive: return "ALIVE";
    case MemberState::kSuspect: return "SUSPECT";
    case MemberState::kDead: return "DEAD";
    case MemberState::kLeft: return "LEFT";
    case MemberState::kRemoved: return "REMOVED";
  }
  return "UNKNOWN";
}

}  // namespace murmel::core
