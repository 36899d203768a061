// Decision: has one transaction of one database decided by the cluster before it is committed, and writes its
// record when it was. Runs inside xSync, with SQLite's write lock held.
//
//   decide()  put the question ─► committed: record and cursor are written, in the application's transaction
//                             ├─► busy, no number used: asked again, with a pause that grows, until the
//                             time-out ├─► not committed, or nobody to ask: a fault; nothing was written └─►
//                             no answer: a fault of its own, for it may be committed
//
// Whatever becomes of the application's transaction after "committed", the agent has it too, and applies it
// if it does not find it in the log. So nothing may follow it in the same transaction (holds()). Not
// thread-safe; belongs to one database of one connection.
#pragma once

#include "extension/agent_settings.h"
#include "extension/change_buffer.h"
#include "extension/decided_log.h"
#include "extension/key_constraints.h"

namespace murmel::extension {

class Decision {
 public:
  Decision(sqlite3* db, const char* schema) : db_(db), schema_(schema), log_(db, schema) {}
  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;

  AgentSettings& settings() { return settings_; }

  struct Request {
    CommitLevel level = CommitLevel::kQuorum;
    int timeout_ms = 0;
    std::int64_t cookie = 0;
    std::int64_t ichange = -1;
  };
  // Chunks first to last - 1 of a buffer; a transaction is a few of them in order.
  struct Part {
    ChangeBuffer* from = nullptr;
    std::size_t first = 0;
    std::size_t last = 0;
  };
  static constexpr std::size_t kParts = 4;
  using Payload = Part[kParts];
  // SQLITE_OK: decided and written, or `*away` is true, and then the settings say that it is to be committed
  // at ONE. Otherwise the code in `fault`.
  int decide(const Request& request, const Payload& payload, bool* away, Fault& fault) noexcept;
  // What was decided can't be committed here, for the reason in `fault`; says so there.
  int fail_decided(Fault& fault) noexcept;

  // What has been decided in this transaction; seq 0: nothing.
  const LogPosition& decided() const { return decided_; }
  std::int64_t decided_hlc() const { return answer_.hlc; }
  std::int64_t record_id() const { return record_id_; }
  std::size_t record_bytes() const { return payload_bytes_; }
  void end_transaction() { decided_ = {}; }

  // The transaction that was asked about last, whatever came of it; seq 0: none.
  const LogPosition& asked_last() const { return asked_last_; }
  // Asks what has become of a transaction. SQLITE_OK or the code in `fault`.
  int ask_status(const LogPosition& slot, CommitAnswer& answer, Fault& fault) noexcept;

  // Asks what a majority had committed, or was about to, by now: CommitAnswer::positions. New transactions
  // wait for `hold_back_ms`.
  int ask_positions(std::int64_t deadline_ms, std::uint32_t hold_back_ms, CommitAnswer& answer,
                    Fault& fault) noexcept;

  void finalize() { log_.finalize(); }

 private:
  int build(const Request& request, const Payload& payload, Fault& fault) noexcept;
  int put_payload(const Payload& payload, Fault& fault) noexcept;
  int put_part(const Part& part, Fault& fault) noexcept;
  CommitClient::Result ask(std::int64_t deadline_ms) noexcept;
  int refuse(Fault& fault) noexcept;
  int lost(Fault& fault) noexcept;
  int ask_shortly(std::int64_t deadline_ms, CommitAnswer& answer, Fault& fault) noexcept;
  int write_record(const Request& request, Fault& fault) noexcept;
  bool begin_frame(char kind) noexcept;
  void end_frame() noexcept;

  sqlite3* db_;
  const char* schema_;
  AgentSettings settings_;
  DecidedLog log_;
  KeyConstraints constraints_;
  CommitClient client_;
  CommitAnswer answer_;
  Vec<std::uint8_t> frame_;
  std::size_t payload_at_ = 0;  // in frame_
  std::size_t payload_bytes_ = 0;
  std::int64_t record_id_ = 0;
  LogPosition decided_;
  LogPosition asked_last_;
};

}  // namespace murmel::extension
