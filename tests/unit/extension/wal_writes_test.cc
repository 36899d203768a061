#include "extension/wal_writes.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using murmel::extension::WalWrites;

// A file in memory that writes down how it is written. first: SQLite's view of it.
struct Wal {
  sqlite3_file base;
  std::string content;
  std::vector<std::string> calls;
  int fails_with = SQLITE_OK;
};

Wal& of(sqlite3_file* file) {
  return *reinterpret_cast<Wal*>(file);
}

sqlite3_io_methods wal_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = [](sqlite3_file* file) {
    of(file).calls.emplace_back("close");
    return SQLITE_OK;
  };
  methods.xRead = [](sqlite3_file* file, void* out, int n, sqlite3_int64 offset) {
    of(file).calls.push_back("read " + std::to_string(n));
    of(file).content.copy(static_cast<char*>(out), static_cast<std::size_t>(n),
                          static_cast<std::size_t>(offset));
    return SQLITE_OK;
  };
  methods.xWrite = [](sqlite3_file* file, const void* data, int n, sqlite3_int64 offset) {
    Wal& wal = of(file);
    wal.calls.push_back("write " + std::to_string(n));
    const auto at = static_cast<std::size_t>(offset);
    const auto size = static_cast<std::size_t>(n);
    if (wal.content.size() < at + size) wal.content.resize(at + size);
    wal.content.replace(at, size, static_cast<const char*>(data), size);
    return wal.fails_with;
  };
  methods.xSync = [](sqlite3_file* file, int) {
    of(file).calls.emplace_back("sync");
    return SQLITE_OK;
  };
  return methods;
}
const sqlite3_io_methods kWalMethods = wal_methods();

using Calls = std::vector<std::string>;

class WalWritesTest {
 public:
  WalWritesTest() {
    REQUIRE(sqlite3_open((directory_ + "/wal_writes.db").c_str(), &db_) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db_, "PRAGMA user_version=1", nullptr, nullptr, nullptr) == SQLITE_OK);
    const std::ofstream log(directory_ + "/wal_writes.db-wal");
    wal_.base.pMethods = &kWalMethods;
    writes_ = WalWrites::watch(db_, "main", &wal_.base);
    REQUIRE(writes_ != nullptr);
  }
  ~WalWritesTest() {
    WalWrites::release(writes_);
    sqlite3_close(db_);
    std::filesystem::remove_all(directory_);
  }

  int write(const std::string& data) {
    const int rc = file()->pMethods->xWrite(file(), data.data(), static_cast<int>(data.size()), end_);
    end_ += static_cast<sqlite3_int64>(data.size());
    expected_ += data;
    return rc;
  }
  int write_frame(bool last, std::size_t page = 4096) {
    std::string header(24, static_cast<char>('a' + frames_++ % 26));
    header.replace(4, 4, 4, last ? '\1' : '\0');
    const int rc = write(header);
    return rc == SQLITE_OK ? write(std::string(page, header[0])) : rc;
  }
  Calls calls() {
    Calls made;
    made.swap(wal_.calls);
    return made;
  }
  int descriptors_of_log() const {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code closed;  // the one that lists them
      found += std::filesystem::read_symlink(entry, closed) == directory_ + "/wal_writes.db-wal" ? 1 : 0;
    }
    return found;
  }
  bool complete() const { return wal_.content == expected_; }
  sqlite3* db() { return db_; }
  Wal& wal() { return wal_; }
  sqlite3_file* file() { return &wal_.base; }
  WalWrites& writes() { return *writes_; }

 private:
  static std::string new_directory() {
    std::string path = std::filesystem::temp_directory_path() / "murmel-wal-XXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    return path;
  }

  std::string directory_ = new_directory();
  sqlite3* db_ = nullptr;
  Wal wal_{};
  WalWrites* writes_ = nullptr;
  sqlite3_int64 end_ = 0;
  int frames_ = 0;
  std::string expected_;
};

TEST_CASE_FIXTURE(WalWritesTest, "no descriptor of the log is left when SQLite closes it") {
  CHECK(descriptors_of_log() == 1);
  CHECK(file()->pMethods->xClose(file()) == SQLITE_OK);
  CHECK(descriptors_of_log() == 0);
}

TEST_CASE_FIXTURE(WalWritesTest, "all frames of a commit are written at once") {
  writes().begin_transaction();
  CHECK(write_frame(false) == SQLITE_OK);
  CHECK(calls().empty());
  CHECK(write_frame(true) == SQLITE_OK);
  CHECK(calls() == Calls{"write 8240"});
  CHECK(complete());
}

TEST_CASE_FIXTURE(WalWritesTest, "nothing is kept before a transaction, and nothing behind its last frame") {
  write_frame(false);
  CHECK(calls() == Calls{"write 24", "write 4096"});
  writes().begin_transaction();
  write_frame(true);
  CHECK(calls() == Calls{"write 4120"});
  write_frame(true);
  CHECK(calls() == Calls{"write 24", "write 4096"});
  CHECK(complete());
}

TEST_CASE_FIXTURE(WalWritesTest, "more frames than are kept arrive in order") {
  writes().begin_transaction();
  for (int i = 0; i < 100; ++i) CHECK(write_frame(i == 99) == SQLITE_OK);
  CHECK(calls().size() < 50);
  CHECK(complete());
}

TEST_CASE_FIXTURE(WalWritesTest, "large pages are written as they fit") {
  writes().begin_transaction();
  for (int i = 0; i < 3; ++i) CHECK(write_frame(i == 2, 65536) == SQLITE_OK);
  CHECK(calls() == Calls{"write 65560", "write 65560", "write 65560"});
  CHECK(complete());
}

TEST_CASE_FIXTURE(WalWritesTest, "who reads or syncs sees what was written before") {
  writes().begin_transaction();
  write_frame(false);
  std::string page(4096, ' ');
  CHECK(file()->pMethods->xRead(file(), page.data(), 4096, 24) == SQLITE_OK);
  CHECK(page == std::string(4096, 'a'));
  CHECK(calls() == Calls{"write 4120", "read 4096"});
  CHECK(complete());

  writes().begin_transaction();
  write_frame(false);
  CHECK(file()->pMethods->xSync(file(), 0) == SQLITE_OK);
  CHECK(calls() == Calls{"write 4120", "sync"});
}

// A transaction that is rolled back gives up its lock before it says so.
TEST_CASE_FIXTURE(WalWritesTest, "who reads what was committed before makes nothing be written") {
  write_frame(true);
  writes().begin_transaction();
  write_frame(false);
  calls();
  std::string page(4096, ' ');
  CHECK(file()->pMethods->xRead(file(), page.data(), 4096, 24) == SQLITE_OK);
  CHECK(page == std::string(4096, 'a'));
  CHECK(calls() == Calls{"read 4096"});
}

TEST_CASE_FIXTURE(WalWritesTest, "what is no frame is written as it comes") {
  SUBCASE("a header of the log") {
    writes().begin_transaction();
    write(std::string(32, 'h'));
    CHECK(calls() == Calls{"write 32"});
    write_frame(true);
    CHECK(calls() == Calls{"write 4120"});
  }
  SUBCASE("a header without its page") {
    writes().begin_transaction();
    write(std::string(24, '\1'));
    write(std::string(24, '\1'));
    CHECK(calls() == Calls{"write 24", "write 24"});
  }
  SUBCASE("a page before its header") {
    writes().begin_transaction();
    write(std::string(4096, 'p'));
    write(std::string(24, '\1'));
    CHECK(calls() == Calls{"write 4096", "write 24"});
  }
  CHECK(complete());
}

TEST_CASE_FIXTURE(WalWritesTest, "a page that is written again follows what was kept") {
  writes().begin_transaction();
  write_frame(false);
  const std::string page(4096, 'x');
  CHECK(file()->pMethods->xWrite(file(), page.data(), 4096, 24) == SQLITE_OK);
  CHECK(calls() == Calls{"write 4120", "write 4096"});
  CHECK(wal().content.substr(24) == page);
  CHECK(write_frame(true) == SQLITE_OK);
  CHECK(calls() == Calls{"write 4120"});
}

// So checksums are corrected, or frames written after a savepoint was rolled back.
TEST_CASE_FIXTURE(WalWritesTest, "a header that is written again ends the keeping") {
  writes().begin_transaction();
  write_frame(false);
  const std::string header(24, '\1');
  CHECK(file()->pMethods->xWrite(file(), header.data(), 24, 0) == SQLITE_OK);
  CHECK(calls() == Calls{"write 4120", "write 24"});
  CHECK(wal().content.substr(0, 24) == header);
  write_frame(false);
  CHECK(calls() == Calls{"write 24", "write 4096"});
}

TEST_CASE_FIXTURE(WalWritesTest, "nothing is kept for another thread") {
  writes().begin_transaction();
  write_frame(false);
  std::thread([this] { write_frame(false); }).join();
  CHECK(calls() == Calls{"write 4120", "write 24", "write 4096"});
  CHECK(complete());
}

TEST_CASE_FIXTURE(WalWritesTest, "frames of a transaction that is rolled back are never written") {
  writes().begin_transaction();
  write_frame(false);
  writes().end_transaction();
  CHECK(file()->pMethods->xSync(file(), 0) == SQLITE_OK);
  CHECK(calls() == Calls{"sync"});
}

TEST_CASE_FIXTURE(WalWritesTest, "a write that fails fails the commit frame") {
  wal().fails_with = SQLITE_FULL;
  writes().begin_transaction();
  CHECK(write_frame(false) == SQLITE_OK);
  CHECK(write_frame(true) == SQLITE_FULL);
}

TEST_CASE_FIXTURE(WalWritesTest, "a file that is closed has its own methods again") {
  CHECK(file()->pMethods->xClose(file()) == SQLITE_OK);
  CHECK(file()->pMethods == &kWalMethods);
  CHECK_FALSE(writes().watching());
  writes().begin_transaction();
  CHECK(calls() == Calls{"close"});
}

TEST_CASE_FIXTURE(WalWritesTest, "a file is watched once") {
  CHECK(WalWrites::watch(db(), "main", file()) == nullptr);
}

TEST_CASE_FIXTURE(WalWritesTest, "methods that were put before ours still reach the file") {
  sqlite3_io_methods others = *file()->pMethods;
  others.xWrite = [](sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; };
  file()->pMethods = &others;
  CHECK(file()->pMethods->xSync(file(), 0) == SQLITE_OK);
  CHECK(calls() == Calls{"sync"});
}

TEST_CASE("a file system of another program is left alone") {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  Wal wal{};
  wal.base.pMethods = &kWalMethods;
  CHECK(WalWrites::watch(db, "main", &wal.base) == nullptr);
  sqlite3_close(db);
}

}  // namespace
