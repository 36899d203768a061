// CommitHost: carries out what core::Commit decides for one database: journal, messages, timers, answers.
//
//   kClosed ──open()──► kOpening ──journal read──► kOpen ──journal fails──► kFailed ──timer──► kOpening
//
// A journal that can't be written makes the host begin anew with what the journal holds: what was not written
// was not said to anybody. Questions that are open then are answered kUnknown.
//
// Order: the floor of pending slots and the last slot are told to the replica after each step, before any
// effect, so core::Sync never tells a clock that is too high, or a slot that is too low. Inputs that come
// while a step's effects are carried out wait for its end.
//
// Loop thread only. The callbacks of questions are called exactly once, at the latest by close().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/core/commit.h"
#include "agent/core/sync.h"
#include "agent/io/loop.h"
#include "agent/io/timer.h"
#include "agent/service/journal_thread.h"
#include "agent/service/outbox.h"
#include "agent/service/voter_source.h"

namespace murmel::service {

struct CommitHostOptions {
  std::string database;
  core::CommitOptions core;
  std::int64_t message_bytes_max = 128 << 20;
  bool witness = false;  // there is no database: what the journal has forgotten counts as stored
};

struct CommitCounters {
  std::int64_t messages_sent = 0;  // to one node each
  std::int64_t proposed = 0;
  std::int64_t refused = 0;  // answered as conflict, busy, unavailable or refused
  std::int64_t unknown = 0;
};

class CommitHost final : private JournalThread::Client {
 public:
  // Who owns the database: the Replica.
  class Store {
   public:
    virtual ~Store() = default;
    virtual void decided(std::vector<core::ChangeSet> changes) = 0;
    virtual void pending(const core::sync_input::Pending& pending) = 0;
    virtual void authors(std::vector<NodeId> nodes) = 0;  // core::Commit::authors()
  };
  using Reply = std::function<void(const core::CommitEffects::Reply&)>;
  // An aborted slot is a change set with no rows: the version byte of a row stream.
  static constexpr std::size_t kEmptyRowsBytes = 1;
  // Told the slot before anybody else hears of the transaction; may never be called.
  using Named = std::function<void(const core::Position&)>;

  CommitHost(io::Loop& loop, CommitHostOptions options, PeerOutbox& outbox, JournalThread& journal,
             Store& store, const VoterSource& voters);
  ~CommitHost() override;
  CommitHost(const CommitHost&) = delete;
  CommitHost& operator=(const CommitHost&) = delete;

  // Begins with the database's durable positions. `done` is called when the floor of what the journal holds
  // has been told, and not at all if close() or open() comes before that.
  void open(const Uuid& database_id, const core::VersionVector& have, std::function<void(Status)> done);
  void close();

  // Others vote from now on, as the source tells.
  void voters_changed();
  // As the inputs of core::Commit; whoever opens later asks the source.
  void fence();
  void drain(const core::VersionVector& tips);
  bool holds(const core::VersionVector& tips) const { return core_ && core_->holds(tips); }

  // As core::commit_input::Strangers.
  void strangers(std::vector<NodeId> nodes);
  void peer_up(NodeId node);
  void peer_down(NodeId node);
  // `trimmed`: of a witness, as core::commit_input::StoreMoved has it.
  void store_moved(const core::VersionVector& have, const core::VersionVector& durable, core::Hlc clock,
                   const core::VersionVector& trimmed = {});

  void received(NodeId node, core::CommitMessage message);
  void taken(std::vector<core::ChangeSet> changes);
  void propose(core::commit_input::Propose proposal, Reply reply, Named named = nullptr);
  void ask(core::Position slot, Reply reply);
  // As core::commit_input::HoldBack.
  void hold_back(Duration turn);

  bool is_open() const { return state_ == State::kOpen; }
  core::CommitStatus status() const;
  NodeId node() const { return options_.core.self; }
  const std::string& database() const { return options_.database; }
  const Uuid& database_id() const { return database_id_; }
  const core::VersionVector& have() const { return moved_.have; }
  core::VersionVector known() const { return core_ ? core_->known() : core::VersionVector{}; }
  // None also while nothing is decided here, as then it is not known what was.
  std::optional<core::VersionVector> known_in(std::uint64_t epoch) const {
    return is_open() ? core_->known_in(epoch) : std::nullopt;
  }
  // As core::Commit has them.
  core::VersionVector held(const core::VersionVector& known) const;
  core::VersionVector settled(const core::VersionVector& known) const;
  std::vector<core::ChangeSet> decided_from(const core::Position& first, std::int64_t bytes_max) const;
  const CommitCounters& counters() const { return counters_; }
  const std::string& error() const { return error_; }  // of the journal; empty: none

 private:
  enum class State { kClosed, kOpening, kOpen, kFailed };

  // JournalThread::Client
  void journal_read(Result<JournalThread::Records> records) override;
  void journal_written(std::uint64_t number, const Status& status) override;

  void read_journal();
  void fail(const Error& error);
  void step(core::CommitInput input);
  void perform(core::CommitEffects& effects);
  void send(const std::vector<NodeId>& to, core::CommitMessage message);
  void send_part(const std::vector<NodeId>& to, const core::CommitMessage& message);
  void answer(const core::CommitEffects::Reply& reply);
  void answer_all_unknown(const std::string& why);
  void tell_pending(bool opens);
  void tell_authors();

  io::Loop& loop_;
  CommitHostOptions options_;
  PeerOutbox& outbox_;
  JournalThread& journal_;
  Store& store_;
  const VoterSource& voters_;
  State state_ = State::kClosed;
  JournalThread::ClientId client_ = 0;
  std::function<void(Status)> opened_;
  Uuid database_id_;
  std::vector<NodeId> peers_;
  std::vector<NodeId> strangers_;
  core::commit_input::StoreMoved moved_;
  core::sync_input::Pending pending_;
  std::vector<NodeId> authors_;
  std::string error_;
  CommitCounters counters_;

  std::unique_ptr<core::Commit> core_;
  core::CommitEffects effects_;
  std::deque<core::CommitInput> inputs_;
  bool stepping_ = false;
  std::uint64_t last_request_ = 0;
  struct Question {
    Reply reply;
    Named named;
  };
  std::map<std::uint64_t, Question> open_;
  io::Timer timer_;
  io::Timer retry_timer_;
};

}  // namespace murmel::service
