// The GLOBAL values of the system variables of this node: what SET GLOBAL has set, what the host knows
// ("version", "port", ...), and those that SET PERSIST keeps in a file of the node for its next start.
// Sessions take over what there is when they begin. Other nodes have values of their own. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"

namespace murmel::session {

class GlobalVariables {
 public:
  using Values = std::map<std::string, std::string, std::less<>>;

  // `host`: what only the host knows. `file`: where SET PERSIST keeps values; empty: nowhere.
  explicit GlobalVariables(Values host, std::string file = {});
  // Takes over what the file has; a file that can't be read is an error, one that is not there is empty.
  Status read_file();

  std::optional<std::string> find(std::string_view name) const;
  // As they are now, but for defaults.
  Values all() const;
  // Nothing as the value: as after a start without a file.
  void set(std::string_view name, std::optional<std::string> value);
  // Nothing as the value: no longer. Errors: kIo.
  Status persist(std::string_view name, std::optional<std::string> value);

 private:
  const Values host_;
  const std::string file_;
  mutable std::mutex mutex_;
  Values set_;        // guarded by mutex_
  Values persisted_;  // guarded by mutex_
};

}  // namespace murmel::session
