// The -wal file of a database, to make commits durable that SQLite (synchronous=NORMAL) has only written.
// Belongs to the database's thread. SQLite keeps no locks on this file, so a descriptor of our own may be
// opened and closed beside it.
#pragma once

#include <string>

#include "agent/base/result.h"

namespace murmel::store {

class WalFile {
 public:
  explicit WalFile(const std::string& database_path) : path_(database_path + "-wal") {}
  ~WalFile();
  WalFile(const WalFile&) = delete;
  WalFile& operator=(const WalFile&) = delete;

  // fdatasync. Once it has failed, nothing tells whether the lost pages were ever written: it fails for good
  // (kIo), and the agent has to be restarted after the disk was looked at.
  Status sync();
  std::int64_t bytes() const;

 private:
  Status open_current();

  std::string path_;
  int fd_ = -1;
  std::string failure_;
};

}  // namespace murmel::store
