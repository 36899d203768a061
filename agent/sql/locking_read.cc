#include "agent/sql/locking_read.h"

#include <algorithm>

namespace murmel::sql {
namespace {

// Children of kSelect and of kQuery.
constexpr std::uint32_t kSelectItems = 0, kSelectFrom = 1, kSelectWhere = 2, kSelectGroup = 3,
                        kSelectHaving = 4;
constexpr std::uint32_t kQueryBody = 1, kQueryOrder = 2, kQueryLocks = 5;

// Of the query itself and of those inside.
void find_clauses(const Node* node, std::vector<const Node*>& clauses) {
  if (node == nullptr) return;
  if (node->kind == Kind::kQuery && node->kid(kQueryLocks) != nullptr) {
    const Node* const list = node->kid(kQueryLocks);
    clauses.insert(clauses.end(), list->kids, list->kids + list->count);
  }
  for (std::uint32_t i = 0; i < node->count; ++i) find_clauses(node->kids[i], clauses);
}

LockUse use_of(const Node* clause) {
  LockUse use;
  use.mode = clause->text == "SHARE" ? LockUse::Mode::kShare : LockUse::Mode::kUpdate;
  if (clause->has(kNoWait)) use.busy = LockUse::Busy::kFail;
  if (clause->has(kSkipLocked)) use.busy = LockUse::Busy::kSkip;
  return use;
}

std::string_view alias_of(const Node* table) {
  return table->kind != Kind::kTable || table->qualifier.empty() ? table->text : table->qualifier;
}

// Whether each row of the result is one of each table.
bool keeps_rows(const Node* query) {
  const Node* const select = query->kid(kQueryBody);
  return !select->has(kDistinct) && !select->has(kRollup) && select->kid(kSelectGroup) == nullptr &&
         select->kid(kSelectHaving) == nullptr && !has_aggregate(select->kid(kSelectItems)) &&
         !has_aggregate(query->kid(kQueryOrder));
}

}  // namespace

LockingRead::LockingRead(const Node* query, Context& context, bool by_row)
    : context_(context), by_row_(by_row) {
  std::vector<const Node*> clauses;
  find_clauses(query, clauses);
  if (clauses.empty()) return;
  const Node* const own = query->kid(kQueryLocks);
  const bool here = own != nullptr && own->count == clauses.size() && query->kid(0) == nullptr;
  if (here && query->kid(kQueryBody)->kind == Kind::kSelect) {
    lock_tables(query, own);
  } else {
    lock_all(clauses);
  }
}

// As the strictest of the clauses says.
void LockingRead::lock_all(const std::vector<const Node*>& clauses) {
  const auto strictest = std::find_if(clauses.begin(), clauses.end(),
                                      [](const Node* clause) { return clause->text != "SHARE"; });
  LockUse use = use_of(strictest != clauses.end() ? *strictest : clauses.front());
  for (const TableUse& table : context_.uses) {
    use.database = table.database;
    use.table = table.table;
    uses_.push_back(use);
  }
}

const Node* LockingRead::clause_of(const Node* clauses, std::string_view alias) {
  const Node* found = nullptr;
  for (std::uint32_t i = 0; i < clauses->count; ++i) {
    const Node* const names = clauses->kids[i]->kid(0);
    const bool named =
        names == nullptr || std::any_of(names->kids, names->kids + names->count,
                                        [alias](const Node* name) { return same_name(name->text, alias); });
    if (!named) continue;
    if (found != nullptr) {
      context_.fail(3569, "HY000", "Table " + std::string(alias) + " appears in multiple locking clauses.");
    }
    found = clauses->kids[i];
  }
  return found;
}

void LockingRead::lock_tables(const Node* query, const Node* clauses) {
  std::vector<Table> tables;
  const auto collect = [&tables](const auto& self, const Node* from, bool optional) -> void {
    if (from == nullptr) return;
    if (from->kind != Kind::kJoin) return tables.push_back({from, optional});
    self(self, from->kid(0), optional || from->text.starts_with("RIGHT"));
    self(self, from->kid(1), optional || from->text.starts_with("LEFT"));
  };
  collect(collect, query->kid(kQueryBody)->kid(kSelectFrom), false);
  for (std::uint32_t i = 0; i < clauses->count; ++i) {
    const Node* const names = clauses->kids[i]->kid(0);
    for (std::uint32_t j = 0; names != nullptr && j < names->count; ++j) {
      const std::string_view name = names->kids[j]->text;
      const bool known = std::any_of(tables.begin(), tables.end(), [name](const Table& table) {
        return same_name(alias_of(table.node), name);
      });
      if (known) continue;
      return context_.fail(3568, "HY000",
                           "Unresolved table name `" + std::string(name) + "` in locking clause.");
    }
  }
  const auto info_of = [this](const Table& table) -> const TableInfo* {
    const bool stored = table.node->kind == Kind::kTable && !table.node->has(kQuoted);
    return stored ? context_.catalog.table(table.node->database, table.node->text) : nullptr;
  };
  const bool plain = std::all_of(tables.begin(), tables.end(), [&](const Table& table) {
    const TableInfo* const info = info_of(table);
    return info != nullptr && !info->view;
  });
  if (!plain) return lock_all({clauses->kids, clauses->kids + clauses->count});
  for (const Table& table : tables) {
    const Node* const clause = clause_of(clauses, alias_of(table.node));
    if (clause == nullptr) continue;
    LockUse use = use_of(clause);
    const TableInfo* const info = info_of(table);
    use.database = std::string(table.node->database);
    use.table = info->name;
    // What is skipped of an optional table would be a row without it.
    const bool told = by_row_ && keeps_rows(query) && use.database.empty() && !info->indexes.empty() &&
                      info->indexes[0].name == "PRIMARY" &&
                      !(table.optional && use.busy == LockUse::Busy::kSkip);
    if (told) use.key = info->indexes[0].columns;
    uses_.push_back(std::move(use));
    aliases_.push_back(alias_of(table.node));
  }
}

Node* LockingRead::key_column(const LockUse& use, std::size_t which, std::size_t column) {
  Node* const node = new_node(context_.arena, Kind::kColumn, {}, context_.arena.copy(use.key[column]));
  node->qualifier = aliases_[which];
  return node;
}

void LockingRead::add_keys(Node* query) {
  Node* const select = query->kid(kQueryBody);
  for (std::size_t i = 0; i < aliases_.size(); ++i) {
    const LockUse& use = uses_[i];
    const bool share = use.mode == LockUse::Mode::kShare;
    Node* const is_free =
        new_node(context_.arena, Kind::kCall,
                 {new_node(context_.arena, Kind::kString, {}, share ? "share" : "update"),
                  new_node(context_.arena, Kind::kString, {}, context_.arena.copy(use.table))},
                 "mysql_row_free");
    for (std::size_t column = 0; column < use.key.size(); ++column) {
      append(context_.arena, select->kid(kSelectItems),
             new_node(context_.arena, Kind::kItem, {key_column(use, i, column)}));
      append(context_.arena, is_free, key_column(use, i, column));
    }
    if (use.key.empty() || use.busy != LockUse::Busy::kSkip) continue;
    Node* const where = select->kid(kSelectWhere);
    select->kids[kSelectWhere] =
        where == nullptr ? is_free : new_node(context_.arena, Kind::kBinary, {where, is_free});
    if (where != nullptr) select->kids[kSelectWhere]->op = Op::kAnd;
  }
}

std::size_t locking_values(const Statement& statement) {
  std::size_t values = 0;
  for (const LockUse& use : statement.locks) values += use.key.size();
  return values;
}

}  // namespace murmel::sql
