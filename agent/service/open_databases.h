// OpenDatabases: which databases clients can use now, and where their files are. The loop keeps it up to
// date; sessions read it in their own threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace murmel::service {

class LocalCommits;

struct OpenDatabase {
  std::string path;
  std::string id;  // one that is dropped and made again is another one at the same path
  std::shared_ptr<LocalCommits> commits;
};

class OpenDatabases {
 public:
  // Any thread.
  std::optional<OpenDatabase> find(const std::string& name) const;
  // Where transactions are committed; null: there is no such database.
  std::shared_ptr<LocalCommits> commits(const std::string& name) const;
  std::vector<std::string> names() const;
  void set(std::map<std::string, OpenDatabase> databases);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, OpenDatabase> databases_;  // guarded by mutex_; by name
};

}  // namespace murmel::service
