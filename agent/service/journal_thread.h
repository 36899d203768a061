// JournalThread: the thread of the commit journal. What all databases of the agent write while one
// transaction is under way goes into the next one together, and so does what one round of the loop brings:
// the group grows with the load, and nothing waits when there is none. Each write is answered once, in order.
//
// Decisions are written for one's own restart, and nobody waits for them: they go with the next record that
// somebody does wait for, or after a short while.
//
//   write() ──► queued ──► one transaction, one fsync (the thread) ──► journal_written() of each
//
// What is queued is bounded by the cores, which have a limited number of slots and say nothing before it is
// written. Loop thread only; outlives its clients, and the loop's last task.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/commit.h"
#include "agent/core/epoch.h"
#include "agent/io/loop.h"
#include "agent/io/round_end.h"
#include "agent/io/timer.h"
#include "agent/service/worker.h"
#include "agent/store/commit_journal.h"

namespace murmel::service {

struct JournalStats {
  std::int64_t transactions = 0;  // each one an fsync, unless durability is "replicated"
  std::int64_t records = 0;
  std::int64_t failures = 0;
};

class JournalThread {
 public:
  using Records = std::vector<core::journal::Record>;

  class Client {
   public:
    virtual ~Client() = default;
    // Answer to read().
    virtual void journal_read(Result<Records> records) = 0;
    // An error: nothing of it was written, nor will be what was queued after it.
    virtual void journal_written(std::uint64_t number, const Status& status) = 0;
  };
  using ClientId = std::uint64_t;

  JournalThread(io::Loop& loop, std::string path, store::CommitJournal::Durability durability);
  JournalThread(const JournalThread&) = delete;
  JournalThread& operator=(const JournalThread&) = delete;

  ClientId add(Client& client);
  // It hears no more of what is under way.
  void remove(ClientId client);

  // Each is answered once, unless the client is removed before.
  using OnEpoch = std::function<void(Result<std::optional<core::EpochState>>)>;
  using OnKnown = std::function<void(Result<core::Tips>)>;
  void read_epoch(ClientId client, OnEpoch done);
  // As the journal has it when all that was queued before is written.
  void read_known(ClientId client, OnKnown done);
  // Replaces the last one; answered by journal_written.
  void write_epoch(ClientId client, core::EpochState state, std::uint64_t number);

  void read(ClientId client, const Uuid& database);
  void write(ClientId client, const Uuid& database, Records records, std::uint64_t number);

  // Forgets the database for good, however long that takes; `done` is called when it has.
  void drop(const Uuid& database, std::function<void()> done);
  // Of these nobody here wants anything any more. Known before the first answer to a read.
  const std::set<Uuid>& dropped() const { return dropped_; }

  const JournalStats& stats() const { return stats_; }

 private:
  struct Waiting {
    ClientId client = 0;
    std::uint64_t number = 0;
  };
  struct Group {
    std::vector<store::CommitJournal::Batch> batches;
    std::optional<core::EpochState> epoch;
    std::vector<Waiting> waiting;

    bool empty() const { return waiting.empty(); }
  };

  void start();
  void start_if_due();
  void drop_waiting();
  void written(const Group& group, const Status& status);
  // On the thread.
  template <typename Value, typename Read>
  void read_later(ClientId client, Read read, std::function<void(Result<Value>)> done);
  Status open();
  Result<Records> read_now(const Uuid& database);
  Status write_now(const Group& group);

  io::Loop& loop_;
  std::map<ClientId, Client*> clients_;
  ClientId last_client_ = 0;
  Group queued_;
  bool running_ = false;
  bool awaited_ = false;  // somebody waits for something in queued_
  JournalStats stats_;
  std::set<Uuid> dropped_;
  struct Drop {
    Uuid database;
    std::function<void()> done;
  };
  std::vector<Drop> drops_;  // to be tried again

  // Used on the thread; outlives it.
  std::string path_;
  store::CommitJournal::Durability durability_;
  std::optional<store::CommitJournal> journal_;
  Worker worker_;
  io::Timer patience_;
  io::Timer drop_again_;
  io::RoundEnd round_end_;
};

}  // namespace murmel::service
