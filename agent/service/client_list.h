// ClientList: who is connected to the MySQL port, for SHOW PROCESSLIST and KILL. Each client has an entry
// that its own parts keep up to date. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/accounts/rows.h"
#include "agent/base/time.h"

namespace murmel::service {

struct ClientEntry {
  std::uint32_t connection = 0;
  accounts::AccountId account;  // that matched; with an empty `user`: nobody has logged in yet
  std::string user;             // as the client gave it
  std::string host;             // address, or "localhost"
  std::string database;         // empty: none
  std::string command;          // "Connect", "Sleep", "Query", "Execute", ...
  std::string text;             // of the statement under way; bounded
  WallMs since = 0;             // of the command
};

class ClientList {
 public:
  static constexpr std::size_t kTextBytesMax = 4'096;

  // Carries out what kill() asks for, in whatever thread it is asked.
  using Killer = std::function<void(std::uint32_t connection, bool query_only)>;
  explicit ClientList(Killer killer) : killer_(std::move(killer)) {}

  void add(ClientEntry entry);
  void remove(std::uint32_t connection);
  void logged_in(std::uint32_t connection, const accounts::AccountId& account, const std::string& user);
  void uses(std::uint32_t connection, const std::string& database);
  // "Sleep": nothing is under way.
  void does(std::uint32_t connection, const char* command, std::string_view text = {});

  std::vector<ClientEntry> all() const;  // by connection
  std::size_t size() const;
  std::optional<ClientEntry> find(std::uint32_t connection) const;
  void kill(std::uint32_t connection, bool query_only) const { killer_(connection, query_only); }

 private:
  ClientEntry* entry(std::uint32_t connection);

  const Killer killer_;
  mutable std::mutex mutex_;
  std::map<std::uint32_t, ClientEntry> entries_;  // guarded by mutex_
};

}  // namespace murmel::service
