#include "agent/store/log_writer.h"

#include <algorithm>

#include "agent/store/depends_codec.h"
#include "agent/store/sql.h"

namespace murmel::store {

Result<LogWriter> LogWriter::create(Connection& connection, NodeId self) {
  TRY_ASSIGN(Statement last, connection.prepare(sql::kLastLogRow));
  TRY_ASSIGN(Statement append, connection.prepare(sql::kAppendLog));
  return LogWriter(std::move(last), std::move(append), self);
}

Status LogWriter::begin() {
  const ResetAtEnd reset(last_);
  TRY_ASSIGN(const bool found, last_.step());
  end_ = found ? End{last_.integer(0), core::Hlc{last_.integer(1)}, last_.integer(2)} : End{};
  return Ok{};
}

Status LogWriter::append_remote(const core::ChangeSet& change) {
  return append(change, false, true);
}

Result<core::ChangeSet> LogWriter::append_own(std::string payload, WallMs now, std::uint32_t schema_version) {
  core::ChangeSet change;
  change.origin = self_;
  change.seq = end_.local_seq + 1;
  change.hlc = next_stamp(now);
  change.schema_version = schema_version;
  change.rows = SharedBytes(std::move(payload));
  TRY(append_own(change));
  return change;
}

Status LogWriter::append_own_again(const core::ChangeSet& change) {
  return append(change, true, true);
}

Status LogWriter::append(const core::ChangeSet& change, bool local, bool write_depends) {
  End next = end_;
  ++next.id;
  next.clock = std::max(end_.clock, change.hlc);
  if (local) next.local_seq = change.seq;
  const std::string depends = encode_depends(change.depends);
  append_.bind(1, next.id);
  append_.bind(2, std::int64_t{local ? kSelfInLog : change.origin});
  append_.bind(3, change.seq);
  append_.bind(4, change.hlc.value);
  append_.bind(5, std::int64_t{change.more ? 1 : 0});
  append_.bind(6, std::int64_t{change.schema_version});
  append_.bind(7, next.clock.value);
  append_.bind(8, next.local_seq);
  if (write_depends) {
    append_.bind(9, as_bytes(depends));
  } else {
    append_.bind_null(9);
  }
  append_.bind(10, change.rows.view());
  TRY(append_.run());
  end_ = next;
  return Ok{};
}

}  // namespace murmel::store
