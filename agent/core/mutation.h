// Mutation: bugs that tests plant in a core, to prove that the simulator would catch them. Production code
// leaves it at kNone. Bugs of the host and of the store are planted in tests/sim, not here.
#pragma once

namespace murmel::core {

enum class Mutation {
  kNone,
  kAcceptGap,          // sync: takes a change set whose predecessor is missing
  kIgnoreDepends,      // sync: does not wait for what a change set depends on
  kSplitTransaction,   // sync: applies the parts of a transaction as they come
  kEagerWatermark,     // sync: watermark from the members that happen to be connected
  kNeverRefute,        // membership: does not speak up when suspected
  kIgnoreIncarnation,  // membership: old news overrides newer news
};

}  // namespace murmel::core
