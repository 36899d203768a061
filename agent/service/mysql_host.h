// MysqlHost: what sessions of MySQL clients ask of this node: numbers for AUTO_INCREMENT, databases
// to make and to drop. Sessions call it from their threads; what belongs to the loop is posted
// there, and the session waits for the answer.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/io/loop.h"
#include "agent/service/client_list.h"
#include "agent/service/numbers.h"
#include "agent/service/session_host.h"

namespace murmel::service {

class Node;

class MysqlHost final : public SessionHost {
 public:
  MysqlHost(io::Loop& loop, Node& node, const ClientList& clients);

  // Before any session; outlives them.
  void use_globals(session::GlobalVariables& globals) { globals_ = &globals; }
  // Loop thread.
  void members_changed();
  // Nobody waits any more: the loop is about to end.
  void stop();

  // SessionHost
  std::vector<std::pair<std::string, std::string>> status() override;
  Refusal change_database(const sql::DatabaseCommand& command) override;
  Numbers& numbers() override { return numbers_; }
  session::GlobalVariables& globals() override { return *globals_; }
  session::Counters& counters() override { return counters_; }
  session::NamedLocks& named_locks() override { return named_locks_; }
  session::Rows cluster(session::ClusterTable table) override;

 private:
  // What `act`, on the loop, answers; `refused` with the error that there is none.
  template <typename T>
  T wait_for(const std::function<void(std::function<void(T)>)>& act, T (*refused)(mysql::ClientError));

  io::Loop& loop_;
  Node& node_;
  const ClientList& clients_;
  session::GlobalVariables* globals_ = nullptr;
  session::Counters counters_;
  Numbers numbers_;
  session::NamedLocks named_locks_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<bool> stopping_ = false;
};

}  // namespace murmel::service
