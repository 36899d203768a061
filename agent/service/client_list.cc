#include "agent/service/client_list.h"

#include <utility>

#include "agent/service/wall_clock.h"

namespace murmel::service {

ClientEntry* ClientList::entry(std::uint32_t connection) {
  const auto found = entries_.find(connection);
  return found == entries_.end() ? nullptr : &found->second;
}

void ClientList::add(ClientEntry entry) {
  entry.since = wall_clock_ms();
  const std::lock_guard lock(mutex_);
  entries_[entry.connection] = std::move(entry);
}

void ClientList::remove(std::uint32_t connection) {
  const std::lock_guard lock(mutex_);
  entries_.erase(connection);
}

void ClientList::logged_in(std::uint32_t connection, const accounts::AccountId& account,
                           const std::string& user) {
  const std::lock_guard lock(mutex_);
  ClientEntry* const client = entry(connection);
  if (client == nullptr) return;
  client->account = account;
  client->user = user;
}

void ClientList::uses(std::uint32_t connection, const std::string& database) {
  const std::lock_guard lock(mutex_);
  if (ClientEntry* const client = entry(connection)) client->database = database;
}

void ClientList::does(std::uint32_t connection, const char* command, std::string_view text) {
  const WallMs now = wall_clock_ms();
  const std::lock_guard lock(mutex_);
  ClientEntry* const client = entry(connection);
  if (client == nullptr) return;
  client->command = command;
  client->text = text.substr(0, kTextBytesMax);
  client->since = now;
}

std::vector<ClientEntry> ClientList::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ClientEntry> clients;
  for (const auto& [connection, client] : entries_) clients.push_back(client);
  return clients;
}

std::size_t ClientList::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::optional<ClientEntry> ClientList::find(std::uint32_t connection) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(connection);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

}  // namespace murmel::service
