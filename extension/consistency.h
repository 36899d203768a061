// Consistency: at which level one connection commits. What the application chose for the transaction, or else
// for the connection, or else what each database asks for (__murmel_meta, 'consistency').
//
// The way of a commit at ONE asks is_one() and nothing else. It is true only when nothing can ask for more:
// a database that is new to the connection, and once a second the settings in the databases, make it false,
// and then they are looked at (Connection::sync). Not thread-safe; belongs to one connection.
#pragma once

#include <cstdint>

#include "schemas/commit_socket.h"

namespace murmel::extension {

// kDefault: what the database asks for.
enum class CommitLevel : std::uint8_t {
  kDefault = 0,
  kOne = commit_socket::kOne,
  kQuorum = commit_socket::kQuorum,
  kAll = commit_socket::kAll,
  kTwo = commit_socket::kTwo,
  kThree = commit_socket::kThree,
};

// nullptr and unknown names: false.
bool parse_level(const char* name, CommitLevel& level) noexcept;
const char* level_name(CommitLevel level) noexcept;

class Consistency {
 public:
  static constexpr int kTimeoutMs = 5'000;
  static constexpr int kTimeoutMsMax = 600'000;

  bool is_one() const { return one_; }
  CommitLevel chosen() const { return now().level; }
  int timeout_ms() const { return now().timeout_ms; }

  void choose(CommitLevel level, int timeout_ms) {
    connection_ = {level, timeout_ms};
    look_again();
  }
  // Until end_transaction(); kDefault: as the connection.
  void choose_for_transaction(CommitLevel level, int timeout_ms) {
    transaction_ = {level, timeout_ms};
    look_again();
  }
  void end_transaction() {
    if (transaction_.level != CommitLevel::kDefault) choose_for_transaction(CommitLevel::kDefault, 0);
  }
  void look_again() { one_ = chosen() == CommitLevel::kOne; }
  // All databases were asked, and none wants more; nor was more chosen.
  void found_one() { one_ = true; }

 private:
  struct Choice {
    CommitLevel level;
    int timeout_ms;
  };
  const Choice& now() const {
    return transaction_.level != CommitLevel::kDefault ? transaction_ : connection_;
  }

  Choice connection_{CommitLevel::kDefault, kTimeoutMs};
  Choice transaction_{CommitLevel::kDefault, 0};
  bool one_ = false;
};

}  // namespace murmel::extension
