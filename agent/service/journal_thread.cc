#include "agent/service/journal_thread.h"

#include <algorithm>
#include <utility>

#include "agent/base/check.h"
#include "agent/service/log.h"

namespace murmel::service {
namespace {

constexpr Duration kPatience = milliseconds(10);
constexpr Duration kDropAgain = seconds(1);

bool somebody_waits(const core::journal::Record& record) {
  return !std::holds_alternative<core::journal::Known>(record) &&
         !std::holds_alternative<core::journal::Forget>(record);
}

}  // namespace

JournalThread::JournalThread(io::Loop& loop, std::string path, store::CommitJournal::Durability durability)
    : loop_(loop),
      path_(std::move(path)),
      durability_(durability),
      worker_("journal"),
      patience_(loop,
                [this] {
                  awaited_ = !queued_.empty();
                  start_if_due();
                }),
      drop_again_(loop, [this] { drop_waiting(); }),
      round_end_(loop, [this] {
        start_if_due();
        return false;
      }) {}

JournalThread::ClientId JournalThread::add(Client& client) {
  clients_[++last_client_] = &client;
  return last_client_;
}

void JournalThread::remove(ClientId client) {
  clients_.erase(client);
}

void JournalThread::read(ClientId client, const Uuid& database) {
  worker_.post([this, client, database] {
    auto finish = [this, client, records = read_now(database)]() mutable {
      const auto found = clients_.find(client);
      if (found != clients_.end()) found->second->journal_read(std::move(records));
    };
    INVARIANT(loop_.post(std::move(finish)));
  });
}

template <typename Value, typename Read>
void JournalThread::read_later(ClientId client, Read read, std::function<void(Result<Value>)> done) {
  worker_.post([this, client, read, done = std::move(done)] {
    auto finish = [this, client, done, value = read()]() mutable {
      if (clients_.contains(client)) done(std::move(value));
    };
    INVARIANT(loop_.post(std::move(finish)));
  });
}

void JournalThread::read_epoch(ClientId client, OnEpoch done) {
  const auto read = [this]() -> Result<std::optional<core::EpochState>> {
    TRY(open());
    return journal_->read_epoch();
  };
  read_later<std::optional<core::EpochState>>(client, read, std::move(done));
}

// What is queued has not been said to anybody, and will not be counted: it was written before the answer, or
// comes from after the question.
void JournalThread::read_known(ClientId client, OnKnown done) {
  const auto read = [this]() -> Result<core::Tips> {
    TRY(open());
    return journal_->known();
  };
  read_later<core::Tips>(client, read, std::move(done));
}

void JournalThread::write_epoch(ClientId client, core::EpochState state, std::uint64_t number) {
  ++stats_.records;
  awaited_ = true;
  queued_.epoch = std::move(state);
  queued_.waiting.push_back({client, number});
}

void JournalThread::write(ClientId client, const Uuid& database, Records records, std::uint64_t number) {
  stats_.records += static_cast<std::int64_t>(records.size());
  awaited_ = awaited_ || std::any_of(records.begin(), records.end(), somebody_waits);
  queued_.batches.push_back({database, std::move(records)});
  queued_.waiting.push_back({client, number});
}

void JournalThread::drop(const Uuid& database, std::function<void()> done) {
  dropped_.insert(database);
  drops_.push_back({database, std::move(done)});
  drop_waiting();
}

void JournalThread::drop_waiting() {
  for (Drop& one : std::exchange(drops_, {})) {
    worker_.post([this, one = std::move(one)] {
      Status status = open();
      if (status.ok()) status = journal_->drop(one.database);
      INVARIANT(loop_.post([this, one, status] {
        if (status.ok()) return one.done();
        log_warn("what the commit journal holds of a dropped database can't be removed; trying again",
                 {{"id", one.database.to_string()}, {"error", status.error().message}});
        drops_.push_back(one);
        drop_again_.start(kDropAgain);
      }));
    });
  }
}

void JournalThread::start_if_due() {
  if (running_ || queued_.empty()) return;
  if (awaited_) return start();
  if (!patience_.active()) patience_.start(kPatience);
}

void JournalThread::start() {
  running_ = true;
  awaited_ = false;
  patience_.stop();
  worker_.post([this, group = std::exchange(queued_, {})]() mutable {
    const Status status = write_now(group);
    group.batches.clear();
    auto finish = [this, group = std::move(group), status] { written(group, status); };
    INVARIANT(loop_.post(std::move(finish)));
  });
}

void JournalThread::written(const Group& group, const Status& status) {
  running_ = false;
  status.ok() ? ++stats_.transactions : ++stats_.failures;
  // A client that hears of a failure begins anew; what it queued meanwhile was thought on top of what is
  // lost.
  std::vector<Waiting> lost;
  if (!status.ok()) lost = std::exchange(queued_, {}).waiting;
  for (const std::vector<Waiting>* waiting : {&group.waiting, &std::as_const(lost)}) {
    for (const Waiting& one : *waiting) {
      const auto found = clients_.find(one.client);
      if (found != clients_.end()) found->second->journal_written(one.number, status);
    }
  }
}

// --- on the thread ----------------------------------------------------------------------------------------

Status JournalThread::open() {
  if (journal_) return Ok{};
  auto opened = store::CommitJournal::open(path_, durability_);
  if (!opened.ok()) return opened.error();
  journal_.emplace(std::move(opened).value());
  INVARIANT(
      loop_.post([this, dropped = journal_->dropped()] { dropped_.insert(dropped.begin(), dropped.end()); }));
  return Ok{};
}

Result<JournalThread::Records> JournalThread::read_now(const Uuid& database) {
  TRY(open());
  return journal_->read(database);
}

Status JournalThread::write_now(const Group& group) {
  TRY(open());
  return journal_->write(group.batches, group.epoch ? &*group.epoch : nullptr);
}

}  // namespace murmel::service
