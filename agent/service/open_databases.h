// OpenDatabases: which databases clients can use now, and where their files are. The loop keeps it up to
// date; sessions read it in their own threads.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace murmel::service {

class OpenDatabases {
 public:
  // Any thread.
  std::optional<std::string> path(const std::string& name) const;
  std::vector<std::string> names() const;
  void set(std::map<std::string, std::string> paths);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> paths_;  // guarded by mutex_; by name
};

}  // namespace murmel::service
