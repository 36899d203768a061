#include "extension/table_info.h"

#include <strings.h>

namespace murmel::extension {

bool is_internal_name(const char* name) {
  if (*name != '_' && *name != 's' && *name != 'S') return false;
  return strncasecmp(name, "__murmel_", 9) == 0 || strncasecmp(name, "sqlite_", 7) == 0;
}

void TableCache::forget_all() {
  for (TableInfo* table : tables_) destroy(table);
  tables_.clear();
  last_ = nullptr;
}

void TableCache::undescribe_from(std::uint64_t chunk_serial, std::size_t offset) {
  for (TableInfo* table : tables_) {
    const bool later = table->described_in > chunk_serial ||
                       (table->described_in == chunk_serial && table->described_at >= offset);
    if (later) table->described_in = 0;
  }
}

TableInfo* TableCache::search_addresses(const char* name) {
  for (TableInfo* table : tables_) {
    if (table->hook_name == name && std::strcmp(table->name.c_str(), name) == 0) return last_ = table;
  }
  return nullptr;
}

TableInfo* TableCache::find_by_name(const char* name) {
  for (TableInfo* table : tables_) {
    if (strcasecmp(table->name.c_str(), name) != 0) continue;
    table->hook_name = name;
    return last_ = table;
  }
  return nullptr;
}

bool TableCache::add(TableInfo* table) {
  if (!tables_.push(table)) return false;
  last_ = table;
  return true;
}

}  // namespace murmel::extension
