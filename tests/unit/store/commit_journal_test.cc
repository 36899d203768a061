#include "agent/store/commit_journal.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "tests/unit/store/failing_vfs.h"
#include "tests/unit/store/node.h"
#include "tests/unit/wire/commit_sample.h"
#include "tests/unit/wire/epoch_sample.h"

namespace murmel::store::test {
namespace {

using core::journal::Forget;
using core::journal::Known;
using core::journal::Record;
using core::journal::Reserve;
using core::journal::Yes;
using Records = std::vector<Record>;

Uuid database_id(std::uint8_t number) {
  Uuid id;
  id.bytes.fill(number);
  return id;
}

CommitJournal open_journal(const TempDir& dir) {
  auto journal = CommitJournal::open(dir.file("commit.db"), CommitJournal::Durability::kFsync);
  REQUIRE(journal.ok());
  return std::move(journal).value();
}

void write(CommitJournal& journal, const Uuid& database, Records records) {
  const CommitJournal::Batch batch{database, std::move(records)};
  REQUIRE(journal.write({&batch, 1}).ok());
}

Records read(CommitJournal& journal, const Uuid& database) {
  auto records = journal.read(database);
  REQUIRE(records.ok());
  return std::move(records).value();
}

}  // namespace

TEST_CASE("what was written is read after a restart, in order, each database for itself") {
  const TempDir dir;
  const Records all = journal_records();
  const Records some(all.begin(), all.end() - 1);  // all but Forget
  {
    CommitJournal journal = open_journal(dir);
    write(journal, database_id(1), some);
    write(journal, database_id(2), {Known{{slot_of(9, 1), {}, true}}});
    CHECK(journal.transactions() == 2);
  }
  CommitJournal journal = open_journal(dir);
  CHECK(read(journal, database_id(1)) == some);
  CHECK(read(journal, database_id(2)).size() == 1);
  CHECK(read(journal, database_id(3)).empty());
}

TEST_CASE("records of several databases are one transaction") {
  const TempDir dir;
  CommitJournal journal = open_journal(dir);
  const std::vector<CommitJournal::Batch> batches = {{database_id(1), {Reserve{64}}},
                                                     {database_id(2), {Reserve{128}}}};
  REQUIRE(journal.write(batches).ok());
  CHECK(journal.transactions() == 1);
  CHECK(read(journal, database_id(2)) == Records{Reserve{128}});
}

TEST_CASE("Forget takes away an origin's records up to its slot and nothing else") {
  const TempDir dir;
  CommitJournal journal = open_journal(dir);
  const auto yes = [](NodeId node, Seq seq) { return Yes{sample_transaction(node, seq)}; };
  write(journal, database_id(1), {yes(1, 1), yes(1, 2), yes(2, 1), yes(1, 3)});
  write(journal, database_id(2), {yes(1, 1)});
  write(journal, database_id(1), {Forget{slot_of(1, 1)}});
  write(journal, database_id(1), {Forget{slot_of(1, 2)}});
  CHECK(read(journal, database_id(1)) == Records{yes(2, 1), yes(1, 3), Forget{slot_of(1, 2)}});
  CHECK(read(journal, database_id(2)).size() == 1);
}

TEST_CASE("only the last two Reserve are kept") {
  const TempDir dir;
  CommitJournal journal = open_journal(dir);
  write(journal, database_id(1), {Reserve{64}, Reserve{128}, Yes{sample_transaction()}, Reserve{192}});
  CHECK(read(journal, database_id(1)) == Records{Reserve{128}, Yes{sample_transaction()}, Reserve{192}});
}

TEST_CASE("a damaged record is an error that names it and says what to do") {
  const TempDir dir;
  {
    CommitJournal journal = open_journal(dir);
    write(journal, database_id(1), {Reserve{64}});
    write(journal, database_id(2), {Reserve{64}});
  }
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(dir.file("commit.db").c_str(), &raw) == SQLITE_OK);
  CHECK(sqlite3_exec(raw, "UPDATE records SET body = x'00112233' WHERE id = 1", nullptr, nullptr, nullptr) ==
        SQLITE_OK);
  sqlite3_close(raw);
  CommitJournal journal = open_journal(dir);
  const auto records = journal.read(database_id(1));
  REQUIRE_FALSE(records.ok());
  CHECK(records.error().code == ErrorCode::kCorrupt);
  CHECK(records.error().message.find("number 1") != std::string::npos);
  CHECK(records.error().message.find("murmel remove") != std::string::npos);
  CHECK(read(journal, database_id(2)).size() == 1);
}

TEST_CASE("what was promised about voters is replaced as a whole, together with other records") {
  const TempDir dir;
  {
    CommitJournal journal = open_journal(dir);
    CHECK_FALSE(journal.read_epoch()->has_value());
    const core::EpochState first{std::nullopt, {1, 2}, std::nullopt};
    REQUIRE(journal.write({}, &first).ok());
    const core::EpochState second = sample_epoch_state();
    const CommitJournal::Batch batch{database_id(1), {Reserve{64}}};
    REQUIRE(journal.write({&batch, 1}, &second).ok());
    CHECK(journal.transactions() == 2);
  }
  CommitJournal journal = open_journal(dir);
  CHECK(*journal.read_epoch() == sample_epoch_state());
  CHECK(read(journal, database_id(1)) == Records{Reserve{64}});
}

TEST_CASE("the journal tells the greatest slot that anything was promised about, forgotten ones too") {
  const TempDir dir;
  CommitJournal journal = open_journal(dir);
  write(journal, database_id(1),
        {Reserve{64}, Known{{slot_of(9, 4), {}, true}}, Known{{slot_of(9, 6), {}, true}}});
  write(journal, database_id(1), {Known{{slot_of(8, 3), {}, true}}, Forget{slot_of(8, 3)}});
  write(journal, database_id(2), {Known{{slot_of(9, 1), {}, true}}});
  const auto known = journal.known();
  REQUIRE(known.ok());
  CHECK(*known == core::Tips{{database_id(1), {{decided_origin(8), 3}, {decided_origin(9), 6}}},
                             {database_id(2), {{decided_origin(9), 1}}}});
}

TEST_CASE("a file of a newer release is refused") {
  const TempDir dir;
  { CommitJournal journal = open_journal(dir); }
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(dir.file("commit.db").c_str(), &raw) == SQLITE_OK);
  sqlite3_exec(raw, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
  sqlite3_close(raw);
  const auto journal = CommitJournal::open(dir.file("commit.db"), CommitJournal::Durability::kReplicated);
  REQUIRE_FALSE(journal.ok());
  CHECK(journal.error().code == ErrorCode::kRefused);
}

TEST_CASE("whichever write fails, nothing of the batch is there") {
  const FailingVfs disk;
  bool succeeded = false;
  for (int writes = 0; writes < 100 && !succeeded; ++writes) {
    const TempDir dir;
    CommitJournal journal = open_journal(dir);
    write(journal, database_id(1), {Reserve{64}});
    const CommitJournal::Batch batch{database_id(1), {Yes{sample_transaction(1, 1)}, Reserve{128}}};
    FailingVfs::fail_after(writes, SQLITE_FULL);
    const Status written = journal.write({&batch, 1});
    FailingVfs::heal();
    succeeded = written.ok();
    if (succeeded) break;
    CHECK(written.error().code == ErrorCode::kFull);
    CHECK(read(journal, database_id(1)) == Records{Reserve{64}});
    REQUIRE(journal.write({&batch, 1}).ok());
    CHECK(read(journal, database_id(1)) == Records{Reserve{64}, Yes{sample_transaction(1, 1)}, Reserve{128}});
  }
  CHECK(succeeded);
}

TEST_CASE("after a disk error nothing more is promised until a restart") {
  const FailingVfs disk;
  const TempDir dir;
  CommitJournal journal = open_journal(dir);
  const CommitJournal::Batch batch{database_id(1), {Reserve{64}}};
  FailingVfs::fail_after(0, SQLITE_IOERR_FSYNC);
  CHECK_FALSE(journal.write({&batch, 1}).ok());
  FailingVfs::heal();
  const Status again = journal.write({&batch, 1});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == ErrorCode::kIo);
  CHECK(again.error().message.find("restart the agent") != std::string::npos);
}

TEST_CASE("of a dropped database nothing is kept, and it is never begun again") {
  const TempDir dir;
  {
    CommitJournal journal = open_journal(dir);
    write(journal, database_id(1), journal_records());
    write(journal, database_id(2), {Known{{slot_of(9, 1), {}, true}}});
    REQUIRE(journal.drop(database_id(1)).ok());
    REQUIRE(journal.drop(database_id(1)).ok());
    write(journal, database_id(1), journal_records());  // was under way
  }
  CommitJournal journal = open_journal(dir);
  CHECK(journal.dropped() == std::set<Uuid>{database_id(1)});
  CHECK(journal.read(database_id(1)).error().code == ErrorCode::kRefused);
  CHECK(read(journal, database_id(2)).size() == 1);
  const auto known = journal.known();
  REQUIRE(known.ok());
  CHECK(known->size() == 1);
  auto raw = Connection::open(dir.file("commit.db"), Access::kPrivate, 0);
  REQUIRE(raw.ok());
  CHECK(raw->integer("SELECT count(*) FROM records").value() == 1);
  CHECK(raw->integer("SELECT count(*) FROM databases").value() == 1);
}

}  // namespace murmel::store::test
