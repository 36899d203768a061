#include "agent/store/target_cache.h"

#include <string_view>

#include "agent/store/table_layout.h"
#include "agent/store/table_names.h"

namespace murmel::store {
namespace {

constexpr std::size_t kTargetsMax = 1'000;

}  // namespace

Result<RowTarget*> TargetCache::find(const wire::Table& table) {
  std::string fingerprint = TableLayout::fingerprint(table);
  const auto found = targets_.find(fingerprint);
  if (found != targets_.end()) return found->second.get();
  if (targets_.size() >= kTargetsMax) targets_.clear();
  TRY_ASSIGN(const std::unique_ptr<TableLayout> renamed, named_as_here(connection_, table));
  const wire::Table& here = renamed ? renamed->table() : table;
  std::unique_ptr<RowTarget> target;
  if (filter_wants(filter_, here)) {
    TRY_ASSIGN(target, make_row_target(connection_, here));
  } else {
    target = make_skipping_target();
  }
  return targets_.emplace(std::move(fingerprint), std::move(target)).first->second.get();
}

bool filter_wants(const TableFilter& filter, const wire::Table& table) {
  std::string_view name = table.name;
  if (table.has(row_stream::kShadowContent) && name.ends_with(kContentSuffix)) {
    name.remove_suffix(kContentSuffix.size());
  }
  return filter.wants(name);
}

}  // namespace murmel::store
