#include "extension/decision.h"

#include "extension/back_off.h"
#include "extension/positions.h"
#include "extension/request_bytes.h"
#include "schemas/row_stream.h"

namespace murmel::extension {
namespace {

// Beyond the time-out that the agent has been told: its answer is worth more than a guess.
constexpr int kGraceMs = 500;

// Places in a 'C' frame.
constexpr std::size_t kTimeoutAt = 7;
constexpr std::size_t kHlcAt = 11;

template <typename T>
void patch(Vec<std::uint8_t>& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

bool checks_foreign_keys(sqlite3* db) {
  int on = 0;
  return sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &on) == SQLITE_OK && on != 0;
}

}  // namespace

bool Decision::begin_frame(char kind) noexcept {
  frame_.clear();
  const char* path = sqlite3_db_filename(db_, schema_);
  return put_number(frame_, std::uint32_t{0}) && put_number(frame_, kind) &&
         put_number(frame_, commit_socket::kVersion) &&
         (kind == commit_socket::kCommit || put_text(frame_, path));
}

void Decision::end_frame() noexcept {
  patch(frame_, 0, static_cast<std::uint32_t>(frame_.size() - sizeof(std::uint32_t)));
}

int Decision::build(const Request& request, const Payload& payload, Fault& fault) noexcept {
  bool ok = begin_frame(commit_socket::kCommit) &&
            put_number(frame_, static_cast<std::uint8_t>(request.level)) &&
            put_number(frame_, std::uint32_t{0}) && put_number(frame_, std::int64_t{0}) &&
            put_number(frame_, static_cast<std::uint32_t>(request.cookie)) &&
            put_text(frame_, sqlite3_db_filename(db_, schema_)) &&
            put_number(frame_, static_cast<std::uint32_t>(log_.seen().size()));
  for (const LogPosition& position : log_.seen()) {
    ok = ok && put_number(frame_, position.origin) && put_number(frame_, position.seq);
  }
  const Vec<std::uint8_t>& indexes = constraints_.indexes();
  const Vec<std::uint8_t>& foreign_keys = constraints_.foreign_keys();
  ok = ok && frame_.append(indexes.data(), indexes.size()) &&
       (checks_foreign_keys(db_) ? frame_.append(foreign_keys.data(), foreign_keys.size())
                                 : put_number(frame_, std::uint32_t{0})) &&
       put_number(frame_, std::uint32_t{1}) && put_number(frame_, std::uint32_t{0});
  if (!ok) return fault.fail(SQLITE_NOMEM, "out of memory");
  return put_payload(payload, fault);
}

// All chunks as one payload: each describes its own tables, so that they can follow each other.
int Decision::put_payload(const Payload& payload, Fault& fault) noexcept {
  payload_at_ = frame_.size();
  if (!frame_.push(row_stream::kVersion)) return fault.fail(SQLITE_NOMEM, "out of memory");
  for (const Part& part : payload) {
    if (put_part(part, fault) != SQLITE_OK) return fault.code;
  }
  payload_bytes_ = frame_.size() - payload_at_;
  patch(frame_, payload_at_ - sizeof(std::uint32_t), static_cast<std::uint32_t>(payload_bytes_));
  end_frame();
  return SQLITE_OK;
}

int Decision::put_part(const Part& part, Fault& fault) noexcept {
  bool ok = true;
  for (std::size_t i = part.first; i < part.last; i++) {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (!part.from->payload(i, &data, &size, fault)) return fault.code;
    payload_bytes_ = frame_.size() - payload_at_;
    if (payload_bytes_ + size > commit_socket::kPayloadBytesMax) {
      return fault.fail(
          SQLITE_TOOBIG,
          "a transaction at QUORUM may have %u MiB of changes at most; split it, or commit it at ONE "
          "(SELECT murmel_consistency('one'))",
          commit_socket::kPayloadBytesMax >> 20);
    }
    ok = ok && frame_.append(data + 1, size - 1);
  }
  return ok ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

// Again and again while another transaction is in the way and no number was used up.
CommitClient::Result Decision::ask(std::int64_t deadline_ms) noexcept {
  const char* path = settings_.commit_path.c_str();
  BackOff back_off;
  for (;;) {
    const std::int64_t left = deadline_ms - monotonic_ms();
    patch(frame_, kTimeoutAt, static_cast<std::uint32_t>(left > 1 ? left : 1));
    patch(frame_, kHlcAt, log_.next_stamp());
    const auto result = client_.ask(path, frame_.data(), frame_.size(), deadline_ms + kGraceMs, answer_);
    if (result != CommitClient::Result::kAnswered) return result;
    if (answer_.outcome != commit_socket::kBusy || answer_.slot.seq != 0) return result;
    if (monotonic_ms() + back_off.next_ms() >= deadline_ms) return result;
    back_off.pause();
  }
}

int Decision::decide(const Request& request, const Payload& payload, bool* away, Fault& fault) noexcept {
  *away = false;
  const std::int64_t deadline_ms = monotonic_ms() + request.timeout_ms;
  const char* path = sqlite3_db_filename(db_, schema_);
  if (path == nullptr || *path == 0)
    return fault.fail(SQLITE_ABORT, "a database without a file has no QUORUM");
  int rc = log_.look(fault);
  if (rc == SQLITE_OK) rc = constraints_.refresh(db_, schema_, request.cookie, fault);
  if (rc == SQLITE_OK) rc = build(request, payload, fault);
  if (rc != SQLITE_OK) return rc;
  auto result = CommitClient::Result::kAway;
  std::memcpy(answer_.text, "no agent has been here", sizeof "no agent has been here");
  if (settings_.commit_path.size() > 0) result = ask(deadline_ms);
  switch (result) {
    case CommitClient::Result::kAway:
      if (settings_.away_is_one) {
        *away = true;
        return SQLITE_OK;
      }
      return fault.fail(SQLITE_BUSY, "not committed: %s", answer_.text);
    case CommitClient::Result::kLost:
      if (answer_.slot.seq > 0) asked_last_ = answer_.slot;
      return lost(fault);
    case CommitClient::Result::kAnswered: break;
  }
  if (answer_.slot.seq > 0) asked_last_ = answer_.slot;
  if (answer_.outcome != commit_socket::kCommitted) return refuse(fault);
  return write_record(request, fault);
}

int Decision::refuse(Fault& fault) noexcept {
  switch (answer_.outcome) {
    case commit_socket::kBusy:
      if (answer_.slot.seq == 0) return fault.fail(SQLITE_BUSY, "not committed: %s", answer_.text);
      [[fallthrough]];
    case commit_socket::kAborted:
    case commit_socket::kConflict:
      return fault.fail(SQLITE_BUSY_SNAPSHOT, "not committed, begin the transaction again: %s", answer_.text);
    case commit_socket::kUnavailable: return fault.fail(SQLITE_BUSY, "not committed: %s", answer_.text);
    case commit_socket::kRefused: return fault.fail(SQLITE_ABORT, "not committed: %s", answer_.text);
    default: return lost(fault);
  }
}

// SQLite rolls the transaction back; if it was decided after all, the agent applies it.
int Decision::lost(Fault& fault) noexcept {
  if (answer_.slot.seq == 0) {
    return fault.fail(SQLITE_IOERR_COMMIT_ATOMIC,
                      "outcome unknown, the transaction may still be committed: %s", answer_.text);
  }
  char id[kPositionTextMax];
  print_position(answer_.slot, id);
  return fault.fail(SQLITE_IOERR_COMMIT_ATOMIC,
                    "outcome of transaction %s unknown, it may still be committed; ask SELECT "
                    "murmel_txn_status('%s'): %s",
                    id, id, answer_.text);
}

int Decision::write_record(const Request& request, Fault& fault) noexcept {
  const bool fits = (answer_.slot.origin & kDecidedBit) != 0 && answer_.hlc > 0 &&
                    answer_.slot.seq == log_.seen_of(answer_.slot.origin) + 1;
  if (!fits) {
    // Written here it would leave a gap; the agent applies it in its place.
    std::memcpy(answer_.text, "it was decided out of turn", sizeof "it was decided out of turn");
    return lost(fault);
  }
  DecidedLog::Record record;
  record.slot = answer_.slot;
  record.hlc = answer_.hlc;
  record.cookie = static_cast<std::uint32_t>(request.cookie);
  record.ichange = request.ichange;
  record.payload = frame_.data() + payload_at_;
  record.size = payload_bytes_;
  Fault why;
  if (log_.append(record, &record_id_, why) == SQLITE_OK) {
    decided_ = answer_.slot;
    return SQLITE_OK;
  }
  fault = why;
  return fail_decided(fault);
}

int Decision::fail_decided(Fault& fault) noexcept {
  char id[kPositionTextMax];
  print_position(answer_.slot, id);
  const Fault why = fault;
  fault.clear();
  return fault.fail(
      SQLITE_IOERR_COMMIT_ATOMIC,
      "transaction %s is committed, and the agent will write it; here it could not be written: %s", id,
      why.text);
}

// A question without a transaction, in frame_.
int Decision::ask_shortly(std::int64_t deadline_ms, CommitAnswer& answer, Fault& fault) noexcept {
  const char* path = settings_.commit_path.c_str();
  if (path == nullptr || *path == 0) return fault.fail(SQLITE_BUSY, "no agent has been here");
  end_frame();
  const auto result = client_.ask(path, frame_.data(), frame_.size(), deadline_ms, answer);
  return result == CommitClient::Result::kAnswered ? SQLITE_OK : fault.fail(SQLITE_BUSY, "%s", answer.text);
}

int Decision::ask_status(const LogPosition& slot, CommitAnswer& answer, Fault& fault) noexcept {
  const bool ok =
      begin_frame(commit_socket::kStatus) && put_number(frame_, slot.origin) && put_number(frame_, slot.seq);
  if (!ok) return fault.fail(SQLITE_NOMEM, "out of memory");
  return ask_shortly(monotonic_ms() + Consistency::kTimeoutMs, answer, fault);
}

// Again and again while the voters are being changed.
int Decision::ask_positions(std::int64_t deadline_ms, std::uint32_t hold_back_ms, CommitAnswer& answer,
                            Fault& fault) noexcept {
  BackOff back_off;
  for (;;) {
    const std::int64_t left = deadline_ms - monotonic_ms();
    const bool ok = begin_frame(commit_socket::kRead) &&
                    put_number(frame_, static_cast<std::uint32_t>(left > 1 ? left : 1)) &&
                    put_number(frame_, hold_back_ms);
    if (!ok) return fault.fail(SQLITE_NOMEM, "out of memory");
    const int rc = ask_shortly(deadline_ms + kGraceMs, answer, fault);
    if (rc != SQLITE_OK || answer.outcome == commit_socket::kCommitted) return rc;
    const bool again = answer.outcome == commit_socket::kBusy;
    if (!again || monotonic_ms() + back_off.next_ms() >= deadline_ms) {
      return fault.fail(SQLITE_BUSY, "%s", answer.text);
    }
    back_off.pause();
  }
}

}  // namespace murmel::extension
