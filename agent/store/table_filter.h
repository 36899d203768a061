// Which tables are replicated: `include` and `exclude` are globs (* ? [..], as in SQLite's GLOB, ignoring
// ASCII case). No include means all; exclude wins.
//
// A filtered table's rows leave this node for nobody and are not applied here. Records of others are still
// kept and passed on whole, so that a filter of one node never costs another node its rows. Full-text index
// content follows the name of the virtual table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace murmel::store {

class TableFilter {
 public:
  TableFilter() = default;
  TableFilter(std::vector<std::string> include, std::vector<std::string> exclude);

  bool wants(std::string_view table) const;
  bool wants_all() const { return include_.empty() && exclude_.empty(); }

 private:
  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
};

}  // namespace murmel::store
