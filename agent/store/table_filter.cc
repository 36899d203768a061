#include "agent/store/table_filter.h"

#include <sqlite3.h>

#include <algorithm>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

std::vector<std::string> fold_all(std::vector<std::string> globs) {
  for (std::string& glob : globs) glob = fold_name(glob);
  return globs;
}

bool any_matches(const std::vector<std::string>& globs, const std::string& name) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return sqlite3_strglob(glob.c_str(), name.c_str()) == 0;
  });
}

}  // namespace

TableFilter::TableFilter(std::vector<std::string> include, std::vector<std::string> exclude)
    : include_(fold_all(std::move(include))), exclude_(fold_all(std::move(exclude))) {}

bool TableFilter::wants(std::string_view table) const {
  if (wants_all()) return true;
  const std::string name = fold_name(table);
  if (any_matches(exclude_, name)) return false;
  return include_.empty() || any_matches(include_, name);
}

}  // namespace murmel::store
