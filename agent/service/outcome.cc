#include "agent/service/outcome.h"

#include <utility>

#include "agent/service/replica.h"

namespace murmel::service {

using core::CommitOutcome;

void tell_outcome(Replica& replica, const core::Position& slot, CommitHost::Reply reply) {
  replica.commit().ask(slot, [&replica, slot, reply = std::move(reply)](core::CommitEffects::Reply answer) {
    const bool stored = core::seq_of(replica.commit().have(), slot.origin) >= slot.seq;
    if (answer.outcome != CommitOutcome::kUnknown || !stored) return reply(answer);
    replica.read_record(slot, [answer, reply](const Result<core::ChangeSet>& record) mutable {
      if (record.ok()) {
        const bool empty = record->rows.size() <= CommitHost::kEmptyRowsBytes;
        answer.outcome = empty ? CommitOutcome::kAborted : CommitOutcome::kCommitted;
        answer.hlc = record->hlc;
        answer.text.clear();
      } else if (record.error().code == ErrorCode::kNotFound) {
        answer.text = "decided so long ago that the log does not hold it any more";
      } else {
        answer.text = "the log can't be read now: " + record.error().message;
      }
      reply(answer);
    });
  });
}

}  // namespace murmel::service
