#include "agent/service/open_databases.h"

#include <utility>

namespace murmel::service {

std::optional<OpenDatabase> OpenDatabases::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = databases_.find(name);
  if (found == databases_.end()) return std::nullopt;
  return found->second;
}

std::shared_ptr<LocalCommits> OpenDatabases::commits(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = databases_.find(name);
  return found != databases_.end() ? found->second.commits : nullptr;
}

std::vector<std::string> OpenDatabases::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, database] : databases_) names.push_back(name);
  return names;
}

void OpenDatabases::set(std::map<std::string, OpenDatabase> databases) {
  const std::lock_guard lock(mutex_);
  databases_ = std::move(databases);
}

}  // namespace murmel::service
