#include "agent/store/commit_journal.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/store/connection.h"
#include "agent/wire/commit_journal.h"
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
  auto journal = CommitJournal::open(dir.file("journal"), CommitJournal::Durability::kFsync);
  REQUIRE(journal.ok());
  return std::move(journal).value();
}

void write(CommitJournal& journal, const Uuid& database, Records records) {
  const CommitJournal::Batch batch{database, std::move(records)};
  REQUIRE(journal.write({&batch, 1}).ok());
}

Records read(const CommitJournal& journal, const Uuid& database) {
  auto records = journal.read(database);
  REQUIRE(records.ok());
  return std::move(records).value();
}

std::string only_segment(const TempDir& dir) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(dir.file("journal"))) {
    CHECK(found.empty());
    found = entry.path().string();
  }
  return found;
}

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

// Writing beyond `bytes` of any file fails, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::size_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

// As builds with format 3 did.
void write_old_journal(const std::string& file, const Records& records) {
  auto old = Connection::open(file, Access::kPrivate, 0);
  REQUIRE(old.ok());
  REQUIRE(old->execute("CREATE TABLE databases(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);"
                       "CREATE TABLE records(id INTEGER PRIMARY KEY, database INTEGER NOT NULL,"
                       " origin INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL);"
                       "CREATE TABLE dropped(id BLOB PRIMARY KEY) WITHOUT ROWID;"
                       "CREATE TABLE epoch(one INTEGER PRIMARY KEY CHECK(one = 1), body BLOB NOT NULL);"
                       "INSERT INTO databases VALUES(1, x'01010101010101010101010101010101');"
                       "INSERT INTO dropped VALUES(x'07070707070707070707070707070707');"
                       "PRAGMA user_version = 3")
              .ok());
  const auto add = [&](const char* sql, const std::string& body, NodeId origin, Seq seq) {
    auto statement = old->prepare(sql);
    REQUIRE(statement.ok());
    statement->bind(1, as_bytes(body));
    if (origin != 0 || seq != 0) {
      statement->bind(2, std::int64_t{origin});
      statement->bind(3, seq);
    }
    REQUIRE(statement->run().ok());
  };
  add("INSERT INTO epoch VALUES(1, ?1)", wire::encode(sample_epoch_state()), 0, 0);
  for (std::size_t i = 0; i + 1 < records.size(); ++i) {  // all but Forget
    const bool reserve = std::holds_alternative<Reserve>(records[i]);
    add("INSERT INTO records(database, origin, seq, body) VALUES(1, ?2, ?3, ?1)", wire::encode(records[i]),
        reserve ? 0 : decided_origin(1), 5);
  }
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

TEST_CASE("a damaged record is an error that says where") {
  const TempDir dir;
  {
    CommitJournal journal = open_journal(dir);
    write(journal, database_id(1), {Reserve{64}, Yes{sample_transaction(1, 1)}});
    write(journal, database_id(2), {Reserve{64}});
  }
  const std::string file = only_segment(dir);
  std::string bytes = content(file);
  const std::size_t last = bytes.find_last_not_of('\0');
  bytes[last / 2] ^= 1;
  write_file(file, bytes);
  const auto journal = CommitJournal::open(dir.file("journal"), CommitJournal::Durability::kFsync);
  REQUIRE_FALSE(journal.ok());
  CHECK(journal.error().code == ErrorCode::kCorrupt);
  CHECK(journal.error().message.find(file) != std::string::npos);
  CHECK(journal.error().message.find("murmel members remove") != std::string::npos);
}

TEST_CASE("wherever a crash cuts the last write off, what was written before is there") {
  const TempDir dir;
  const auto open = [&] {
    auto journal = CommitJournal::open(dir.file("journal"), SegmentLog::Options{.segment_bytes = 4'096});
    REQUIRE(journal.ok());
    return std::move(journal).value();
  };
  {
    CommitJournal journal = open();
    write(journal, database_id(1), {Reserve{64}});
    write(journal, database_id(1), {Yes{sample_transaction(1, 1)}});
  }
  const std::string file = only_segment(dir);
  const std::string whole = content(file);
  const std::size_t end = whole.find_last_not_of('\0') + 1;
  for (std::size_t kept = 0; kept < end; ++kept) {
    std::string cut = whole;
    std::fill(cut.begin() + static_cast<std::ptrdiff_t>(kept), cut.end(), '\0');
    write_file(file, cut);
    const CommitJournal journal = open();
    const Records records = read(journal, database_id(1));
    CHECK(records.size() <= 1);
    if (!records.empty()) CHECK(records == Records{Reserve{64}});
  }
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
  CHECK(journal.known() == core::Tips{{database_id(1), {{decided_origin(8), 3}, {decided_origin(9), 6}}},
                                      {database_id(2), {{decided_origin(9), 1}}}});
}

TEST_CASE("wherever the disk is full, nothing of the batch is there, and it can be written later") {
  const TempDir dir;
  CommitJournal journal = open_journal(dir);
  write(journal, database_id(1), {Reserve{64}});
  const CommitJournal::Batch batch{database_id(1), {Yes{sample_transaction(1, 1)}, Reserve{128}}};
  const std::size_t used = content(only_segment(dir)).find_last_not_of('\0') + 1;
  for (std::size_t room = 0; room < 64; ++room) {
    const FileSizeLimit limit(used + room);
    const Status written = journal.write({&batch, 1});
    REQUIRE_FALSE(written.ok());
    CHECK(written.error().code == ErrorCode::kFull);
    CHECK(read(journal, database_id(1)) == Records{Reserve{64}});
  }
  REQUIRE(journal.write({&batch, 1}).ok());
  CHECK(read(journal, database_id(1)) == Records{Reserve{64}, Yes{sample_transaction(1, 1)}, Reserve{128}});
}

TEST_CASE("after a disk error nothing more is promised until a restart") {
  const TempDir dir;
  bool broken = false;
  const auto sync = [&](int fd) {
    errno = EIO;
    return broken ? -1 : ::fdatasync(fd);
  };
  auto journal = CommitJournal::open(dir.file("journal"), SegmentLog::Options{.fdatasync = sync});
  REQUIRE(journal.ok());
  const CommitJournal::Batch batch{database_id(1), {Reserve{64}}};
  REQUIRE(journal->write({&batch, 1}).ok());
  broken = true;
  CHECK_FALSE(journal->write({&batch, 1}).ok());
  broken = false;
  const Status again = journal->write({&batch, 1});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == ErrorCode::kIo);
  CHECK(again.error().message.find("restart the agent") != std::string::npos);
}

TEST_CASE("segments go when what they hold is forgotten, and one slot that stays does not keep them") {
  const TempDir dir;
  const SegmentLog::Options small{.segment_bytes = 4'096};
  const auto files = [&] {
    const auto begin = std::filesystem::directory_iterator(dir.file("journal"));
    return std::distance(begin, std::filesystem::directory_iterator());
  };
  Records stays;
  {
    auto opened = CommitJournal::open(dir.file("journal"), small);
    REQUIRE(opened.ok());
    CommitJournal& journal = *opened;
    for (Seq seq = 1; seq <= 3'000; ++seq) {
      if (seq % 100 == 0) {  // of a node whose slots nobody forgets
        stays.push_back(Yes{sample_transaction(2, seq)});
        write(journal, database_id(1), {stays.back()});
      }
      write(journal, database_id(1), {Yes{sample_transaction(1, seq)}, Known{{slot_of(1, seq), {}, true}}});
      if (seq > 10) write(journal, database_id(1), {Forget{slot_of(1, seq - 10)}});
      if (seq % 64 == 0) write(journal, database_id(1), {Reserve{seq}});
      CHECK(files() < 40);
    }
  }
  auto journal = CommitJournal::open(dir.file("journal"), small);
  REQUIRE(journal.ok());
  const Records records = read(*journal, database_id(1));
  CHECK(records.size() == stays.size() + 2 * 10 + 1 + 2);  // slots, Forget, two Reserve
  Records of_second;
  for (const Record& record : records) {
    if (std::find(stays.begin(), stays.end(), record) != stays.end()) of_second.push_back(record);
  }
  CHECK(of_second == stays);
  CHECK((*journal).known().at(database_id(1)).at(decided_origin(1)) == 3'000);
}

TEST_CASE("the journal of earlier builds is taken over") {
  const TempDir dir;
  write_old_journal(dir.file("commit.db"), journal_records());
  CommitJournal journal = open_journal(dir);
  const Records all = journal_records();
  CHECK(read(journal, database_id(1)) == Records(all.begin(), all.end() - 1));
  CHECK(*journal.read_epoch() == sample_epoch_state());
  CHECK(journal.dropped() == std::set<Uuid>{database_id(7)});
  CHECK_FALSE(std::filesystem::exists(dir.file("commit.db")));
  CHECK_FALSE(std::filesystem::exists(dir.file("journal/commit.db")));
  write_old_journal(dir.file("commit.db"), journal_records());  // an older build has run again
  const auto both = CommitJournal::open(dir.file("journal"), CommitJournal::Durability::kFsync);
  REQUIRE_FALSE(both.ok());
  CHECK(both.error().code == ErrorCode::kRefused);
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
  CHECK(journal.known().size() == 1);
}

}  // namespace murmel::store::test
