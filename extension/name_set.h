// NameSet: a few names, compared as SQLite compares names of tables. Not thread-safe.
#pragma once

#include <strings.h>

#include "extension/memory.h"

namespace murmel::extension {

class NameSet {
 public:
  NameSet() = default;
  ~NameSet() { clear(); }
  NameSet(const NameSet&) = delete;
  NameSet& operator=(const NameSet&) = delete;

  // False when memory ran out.
  [[nodiscard]] bool add(const char* name) {
    if (contains(name)) return true;
    char* copy = strdup(name);
    if (copy != nullptr && names_.push(copy)) return true;
    std::free(copy);
    return false;
  }
  bool contains(const char* name) const {
    for (const char* one : names_) {
      if (strcasecmp(one, name) == 0) return true;
    }
    return false;
  }
  bool empty() const { return names_.empty(); }
  void clear() {
    for (char* name : names_) std::free(name);
    names_.clear();
  }
  char* const* begin() const { return names_.begin(); }
  char* const* end() const { return names_.end(); }

 private:
  Vec<char*> names_;
};

}  // namespace murmel::extension
