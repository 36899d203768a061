// UPDATE and DELETE of rows that a join finds. One table is written by one statement. For several, the join
// is kept first, in a temporary table of row ids and new values, as all of it is seen as it was before the
// statement; then each table is written from it. A row that the join finds more than once is written once.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/sql/trigger.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr char kTarget[] = "_mysql_target";
constexpr char kJoin[] = "_mysql_join";

std::string column_name(char what, std::size_t table) {
  return what + std::to_string(table);
}
std::string value_name(std::size_t table, std::size_t value) {
  return column_name('v', table) + "_" + std::to_string(value);
}

bool has_outer_join(const Node* from) {
  if (from->kind != Kind::kJoin) return false;
  const bool outer = from->text.starts_with("LEFT") || from->text.starts_with("RIGHT");
  return outer || has_outer_join(from->kid(0)) || has_outer_join(from->kid(1));
}

}  // namespace

void WriteTranslation::step(bool counts_rows) {
  Step step;
  step.sql = std::exchange(printer_.text, {});
  step.parameters = std::exchange(printer_.parameters, {});
  step.counts_rows = counts_rows;
  out_.steps.push_back(std::move(step));
}

std::string_view WriteTranslation::database_of(const ScopeTable& table) const {
  return table.database == context_.settings.database ? std::string_view() : table.database;
}

void WriteTranslation::print_stored(const ScopeTable& table) {
  if (const std::string_view database = database_of(table); !database.empty()) {
    printer_.name(database);
    printer_.add(".");
  }
  printer_.name(table.name);
}

bool WriteTranslation::is_writable(const ScopeTable& table, const char* verb) {
  const TableInfo* const info =
      table.name.empty() ? nullptr : context_.catalog.table(database_of(table), table.name);
  if (info != nullptr && !info->view) return true;
  context_.fail(1288, "HY000",
                "The target table " + std::string(table.alias) + " of the " + verb + " is not updatable");
  return false;
}

// The second of two updates of one table could look for a row by an id that the first has changed.
void WriteTranslation::check_keys(const JoinTarget& a, const JoinTarget& b) {
  if (a.table->name != b.table->name || a.table->database != b.table->database) return;
  const TableInfo* const info = context_.catalog.table(database_of(*a.table), a.table->name);
  const bool keyed = !info->indexes.empty() && info->indexes[0].name == "PRIMARY";
  const auto changes_key = [&](const Target& target) {
    return keyed && std::any_of(info->indexes[0].columns.begin(), info->indexes[0].columns.end(),
                                [&](const std::string& key) { return same_name(key, target.info->name); });
  };
  if (std::none_of(a.targets.begin(), a.targets.end(), changes_key) &&
      std::none_of(b.targets.begin(), b.targets.end(), changes_key))
    return;
  context_.fail(1706, "HY000",
                "Primary key/partition key update is not allowed since the table is updated both as '" +
                    std::string(a.table->alias) + "' and '" + std::string(b.table->alias) + "'.");
}

std::vector<WriteTranslation::JoinTarget> WriteTranslation::by_table(const Scope& scope,
                                                                     const std::vector<Target>& targets) {
  std::vector<JoinTarget> result;
  for (const ScopeTable& table : scope.tables) {
    JoinTarget entry{&table, result.size(), {}, 0};
    for (const Target& target : targets) {
      if (target.column->qualifier == table.alias) entry.targets.push_back(target);
    }
    if (entry.targets.empty()) continue;
    if (!is_writable(table, "UPDATE")) return {};
    const TableInfo* const info = context_.catalog.table(database_of(table), table.name);
    BeforeTriggers(context_, *info, table.alias, "UPDATE", out_.ignore).run(entry.targets);
    entry.given = entry.targets.size();
    touch_timestamps(table, entry.targets);
    RowRules(context_, *info, table.alias, false).generate(entry.targets, false);
    for (const JoinTarget& other : result) check_keys(other, entry);
    result.push_back(std::move(entry));
  }
  return result;
}

// SELECT of the rows' ids and new values. What an outer join has no row for gets no value, as it could be one
// that does not fit.
void WriteTranslation::print_join(const std::vector<JoinTarget>& written, Node* from, Node* where) {
  const bool outer = has_outer_join(from);
  printer_.add("SELECT ");
  for (const JoinTarget& target : written) {
    if (target.number != 0) printer_.add(", ");
    printer_.name(target.table->alias);
    printer_.add("._rowid_ AS \"" + column_name('r', target.number) + "\"");
    for (std::size_t i = 0; i < target.targets.size(); ++i) {
      printer_.add(", ");
      if (outer) {
        printer_.add("CASE WHEN ");
        printer_.name(target.table->alias);
        printer_.add("._rowid_ IS NOT NULL THEN ");
      }
      printer_.node(target.targets[i].value);
      if (outer) printer_.add(" END");
      printer_.add(" AS \"" + value_name(target.number, i) + "\"");
    }
  }
  printer_.add(" FROM ");
  printer_.node(lowering_.lower(from));
  if (where == nullptr) return;
  printer_.add(" WHERE ");
  printer_.node(where);
}

void WriteTranslation::keep_join(Node* with, const std::vector<JoinTarget>& written, Node* from,
                                 Node* where) {
  printer_.add("CREATE TEMP TABLE \"" + std::string(kJoin) + "\" AS ");
  print_with(with);
  print_join(written, from, where);
  step(false);
}

void WriteTranslation::drop_join() {
  printer_.add("DROP TABLE temp.\"" + std::string(kJoin) + "\"");
  step(false);
}

void WriteTranslation::print_update_of(const JoinTarget& target) {
  printer_.add(out_.ignore ? "UPDATE OR IGNORE " : "UPDATE ");
  print_stored(*target.table);
  printer_.add(" AS \"" + std::string(kTarget) + "\" SET ");
  std::vector<Target> last = target.targets;  // of several assignments to one column
  for (std::size_t i = 0; i < target.targets.size(); ++i) {
    Node* const value =
        new_node(context_.arena, Kind::kColumn, {}, context_.arena.copy(value_name(target.number, i)));
    value->qualifier = kJoin;
    Node* const column = clone(context_.arena, target.targets[i].column);
    column->qualifier = kTarget;
    last[i].value = value;
    last[i].column = column;
  }
  const TableInfo* const info = context_.catalog.table(database_of(*target.table), target.table->name);
  // IGNORE leaves out the rows of which one is false, else that is an error.
  row_checks_ = RowRules(context_, *info, kTarget, out_.ignore).checks(last, false);
  for (Node* const check : row_checks_) {
    if (out_.ignore) check->kids[2] = new_node(context_.arena, Kind::kString, {}, "update");
  }
  print_set(last, target.given, out_.ignore ? std::vector<Node*>() : row_checks_);
  printer_.add(" FROM (");
}

void WriteTranslation::updated_by_join(Node* update, const Scope& scope, const std::vector<Target>& targets,
                                       Node* where) {
  const std::vector<JoinTarget> written = by_table(scope, targets);
  if (context_.error) return;
  const bool several = written.size() > 1;
  if (several) keep_join(update->kid(5), written, update->kid(0), where);
  for (const JoinTarget& target : written) {
    const std::string id = "\"" + column_name('r', target.number) + "\"";
    if (!several) print_with(update->kid(5));
    print_update_of(target);
    if (several) {
      printer_.add("SELECT *, min(_rowid_) FROM temp.\"" + std::string(kJoin) + "\" WHERE " + id +
                   " IS NOT NULL");
    } else {
      print_join(written, update->kid(0), where);
    }
    printer_.add(" GROUP BY " + id);
    printer_.add(") AS \"_mysql_join\" WHERE \"_mysql_target\"._rowid_ = \"_mysql_join\"." + id);
    for (std::size_t i = 0; out_.ignore && i < row_checks_.size(); ++i) {
      printer_.add(" AND ");
      printer_.node(row_checks_[i]);
    }
    step(true);
    out_.tables.push_back(
        {std::string(database_of(*target.table)), std::string(target.table->name), "UPDATE"});
  }
  if (several) drop_join();
}

const ScopeTable* WriteTranslation::delete_target(const Node* target, const Scope& scope) {
  for (const ScopeTable& table : scope.tables) {
    const bool database = target->database.empty() || same_name(target->database, table.database);
    if (database && same_name(table.alias, target->text)) return &table;
  }
  context_.fail(1109, "42S02", "Unknown table '" + std::string(target->text) + "' in MULTI DELETE");
  return nullptr;
}

void WriteTranslation::removed_by_join(Node* remove, const Scope& scope, Node* where) {
  const Node* const targets = remove->kid(4);
  std::vector<JoinTarget> written;
  for (std::uint32_t i = 0; i < targets->count; ++i) {
    const ScopeTable* const table = delete_target(targets->kids[i], scope);
    if (table == nullptr || !is_writable(*table, "DELETE")) return;
    const bool twice = std::any_of(written.begin(), written.end(),
                                   [&](const JoinTarget& other) { return other.table == table; });
    if (twice) {
      return context_.fail(1066, "42000", "Not unique table/alias: '" + std::string(table->alias) + "'");
    }
    written.push_back({table, written.size(), {}, 0});
  }
  const bool several = written.size() > 1;
  if (several) keep_join(remove->kid(5), written, remove->kid(0), where);
  for (const JoinTarget& target : written) {
    if (!several) print_with(remove->kid(5));
    printer_.add("DELETE FROM ");
    print_stored(*target.table);
    printer_.add(" WHERE _rowid_ IN (");
    if (several) {
      printer_.add("SELECT \"" + column_name('r', target.number) + "\" FROM temp.\"" + kJoin + "\"");
    } else {
      print_join(written, remove->kid(0), where);
    }
    printer_.add(")");
    step(true);
    out_.tables.push_back(
        {std::string(database_of(*target.table)), std::string(target.table->name), "DELETE"});
  }
  if (several) drop_join();
}

}  // namespace murmel::sql
