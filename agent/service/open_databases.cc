#include "agent/service/open_databases.h"

#include <utility>

namespace murmel::service {

std::optional<std::string> OpenDatabases::path(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = paths_.find(name);
  if (found == paths_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> OpenDatabases::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, path] : paths_) names.push_back(name);
  return names;
}

void OpenDatabases::set(std::map<std::string, std::string> paths) {
  const std::lock_guard lock(mutex_);
  paths_ = std::move(paths);
}

}  // namespace murmel::service
