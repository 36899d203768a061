#include "extension/shadow_tables.h"

#include <strings.h>

#include "extension/statement.h"

namespace murmel::extension {
namespace {

struct Shadow {
  const char* module;
  const char* suffix;
  ShadowKind kind;
};

constexpr Shadow kShadows[] = {
    {"fts5", "data", ShadowKind::kDerived},        {"fts5", "idx", ShadowKind::kDerived},
    {"fts5", "docsize", ShadowKind::kDerived},     {"fts5", "config", ShadowKind::kDerived},
    {"fts5", "content", ShadowKind::kContent},     {"fts4", "segments", ShadowKind::kDerived},
    {"fts4", "segdir", ShadowKind::kDerived},      {"fts4", "docsize", ShadowKind::kDerived},
    {"fts4", "stat", ShadowKind::kDerived},        {"fts4", "content", ShadowKind::kContent},
    {"fts3", "segments", ShadowKind::kDerived},    {"fts3", "segdir", ShadowKind::kDerived},
    {"fts3", "content", ShadowKind::kContent},     {"rtree", "node", ShadowKind::kDerived},
    {"rtree", "rowid", ShadowKind::kDerived},      {"rtree", "parent", ShadowKind::kDerived},
    {"rtree_i32", "node", ShadowKind::kDerived},   {"rtree_i32", "rowid", ShadowKind::kDerived},
    {"rtree_i32", "parent", ShadowKind::kDerived}, {"geopoly", "node", ShadowKind::kDerived},
    {"geopoly", "rowid", ShadowKind::kDerived},    {"geopoly", "parent", ShadowKind::kDerived},
};

// CREATE VIRTUAL TABLE statements whose table's name and an underscore begin ?1.
constexpr char kFindOwner[] =
    "SELECT name, sql FROM \"%w\".sqlite_master WHERE type='table' AND rootpage=0"
    " AND length(?1)>length(name)+1 AND lower(substr(?1,1,length(name)+1))=lower(name)||'_'";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// Copies the module name, what follows the word USING outside quotes. False when there is none that fits.
bool module_of(const char* sql, char* module, std::size_t size) {
  char quote = 0;
  for (const char* at = sql; *at != 0; at++) {
    if (quote != 0) {
      if (*at == quote) quote = 0;
      continue;
    }
    if (*at == '"' || *at == '\'' || *at == '`') quote = *at;
    if (*at == '[') quote = ']';
    const bool word =
        quote == 0 && at > sql && (is_space(at[-1]) || at[-1] == '"' || at[-1] == ']' || at[-1] == '`');
    if (!word || strncasecmp(at, "USING", 5) != 0 || !is_space(at[5])) continue;
    at += 5;
    while (is_space(*at)) at++;
    std::size_t n = 0;
    while (*at == '"' || *at == '[' || *at == '`') at++;
    while (at[n] != 0 && at[n] != '(' && at[n] != '"' && at[n] != ']' && at[n] != '`' && !is_space(at[n]))
      n++;
    if (n == 0 || n >= size) return false;
    std::memcpy(module, at, n);
    module[n] = 0;
    return true;
  }
  return false;
}

}  // namespace

ShadowKind shadow_kind(const char* module, const char* suffix) {
  for (const Shadow& shadow : kShadows) {
    if (strcasecmp(shadow.module, module) == 0 && strcasecmp(shadow.suffix, suffix) == 0) return shadow.kind;
  }
  return ShadowKind::kNone;
}

int classify_shadow(sqlite3* db, const char* schema, const char* name, TableInfo& table,
                    Fault& fault) noexcept {
  if (std::strchr(name, '_') == nullptr) return SQLITE_OK;
  Statement owners;
  int rc = owners.prepare(db, fault, 0, kFindOwner, schema);
  if (rc != SQLITE_OK) return rc;
  owners.bind(1, name);
  while ((rc = owners.step(fault)) == SQLITE_ROW) {
    char module[64];
    if (owners.text(0) == nullptr || owners.text(1) == nullptr) continue;
    if (!module_of(owners.text(1), module, sizeof module)) continue;
    const char* suffix = name + std::strlen(owners.text(0)) + 1;
    const ShadowKind kind = shadow_kind(module, suffix);
    if (kind == ShadowKind::kDerived) table.skip = Skip::kShadow;
    if (kind == ShadowKind::kContent) table.flags |= row_stream::kShadowContent;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

}  // namespace murmel::extension
