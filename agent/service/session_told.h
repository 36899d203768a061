// ToldStatements: what the client of a transaction has been told, so that the transaction can begin again
// unseen where its snapshot is too old for a row that it changes or locks, or for its commit.
//
// The idea: its statements are run once more on a new snapshot. If each answer is the same byte for byte,
// rows, counts, ids and warnings, then nobody can tell that the transaction did not begin only now, and it
// goes on: it is on one snapshot as ever. Else it is error 1213. NOW() is the time of the first run, and
// locks stay held, so rows that were locked can't change again.
//
// A statement counts if its answer depends on nothing but the snapshot, its values, the time and what may be
// any value (RAND(), UUID()): Plan::repeatable; savepoints are made and left again, and an error that rows
// are the reason of has to come again. Any other statement closes this, and so do SET, other errors, and an
// answer that is sent in pieces. One thread's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "agent/mysql/reply.h"
#include "agent/mysql/values.h"
#include "agent/service/plan_cache.h"

namespace murmel::service {

class ToldStatements {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kValueBytesMost = 256 << 10;
  static constexpr int kTriesMost = 20;  // of one transaction

  struct Told {
    std::shared_ptr<const Plan> plan;  // null: of a savepoint
    sql::TransactionCommand savepoint;
    std::vector<mysql::OwnedValue> values;
    mysql::ReplyForm form;  // before the answer
    std::int64_t time_us = 0;
    std::uint64_t answer = 0;  // hash of its bytes, or of the error
    bool refused = false;
    std::vector<std::int64_t> ids;  // that it got for AUTO_INCREMENT columns, and gets again
  };

  // A transaction begins, or a new snapshot of which nothing was told yet.
  void clear();
  // It can't begin again from here on.
  void close();
  void note(Told told);
  // Whether it may be tried (once more).
  bool try_again();
  const std::vector<Told>& statements() const { return statements_; }

 private:
  std::vector<Told> statements_;
  std::size_t value_bytes_ = 0;
  int tries_ = 0;
  bool closed_ = false;
};

}  // namespace murmel::service
