// UPDATE and DELETE, and what they share with INSERT.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/sql/trigger.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

bool assigns_variable(const Node* node) {
  if (node == nullptr) return false;
  const bool assigns =
      node->kind == Kind::kAssign || (node->kind == Kind::kCall && node->text == "mysql_set_user_variable");
  return assigns || std::any_of(node->kids, node->kids + node->count, assigns_variable);
}

}  // namespace

void WriteTranslation::finish(const char* privilege, std::string_view database, std::string_view table) {
  out_.tables.push_back({std::string(database), std::string(table), privilege});
  end_step(Step::Rows::kNone);
}

void WriteTranslation::end_step(Step::Rows rows) {
  Step step;
  step.sql = std::exchange(printer_.text, {});
  step.parameters = std::exchange(printer_.parameters, {});
  step.rows = rows;
  step.counts_rows = rows != Step::Rows::kGiven;
  out_.steps.push_back(std::move(step));
}

std::vector<WriteTranslation::Target> WriteTranslation::targets(Node* assignments, const Scope& scope,
                                                                bool in_order) {
  std::vector<Target> result;
  for (std::uint32_t i = 0; i < assignments->count && !context_.error; ++i) {
    Node* const column = assignments->kids[i]->kid(0);
    Node* value = assignments->kids[i]->kid(1);
    resolver_.expression(column, scope, "field list");
    if (context_.error) return {};
    const ColumnInfo* info = nullptr;
    std::string_view name;
    for (const ScopeTable& table : scope.tables) {
      if (table.alias != column->qualifier) continue;
      name = table.name;
      for (const ScopeColumn& candidate : table.columns) {
        if (same_name(candidate.name, column->text)) info = candidate.info;
      }
    }
    if (info == nullptr) {
      context_.fail(1288, "HY000",
                    "The target table " + std::string(column->qualifier) + " of the UPDATE is not updatable");
      return {};
    }
    const bool is_default = value->kind == Kind::kDefault && value->text.empty();
    if (is_default && is_computed(*info)) {
      result.push_back({column, info, new_node(context_.arena, Kind::kNull)});
      continue;
    }
    if (is_default) {
      value = default_of(*info);
    } else {
      resolver_.expression(value, scope, "field list");
      if (context_.error) return {};
      value = lowering_.lower(value);
    }
    // MySQL assigns from left to right: what was assigned before is seen as the new value.
    if (in_order) substitute(context_.arena, value, result);
    if (context_.error) return {};
    result.push_back({column, info, not_null(*info, assigned(name, *info, value, 1))});
  }
  return result;
}

// Outside of strict mode a column that can't be NULL gets what it has without DEFAULT, and a warning.
Node* WriteTranslation::not_null(const ColumnInfo& column, Node* value) {
  const bool strict = context_.settings.mode.strict && !out_.ignore;
  if (strict || !column.not_null || value->kind == Kind::kString || value->kind == Kind::kInteger)
    return value;
  const auto text = [this](const std::string& from) {
    return new_node(context_.arena, Kind::kString, {}, context_.arena.copy(from));
  };
  Node* const instead = new_node(context_.arena, Kind::kCall,
                                 {text(type_text(column.type)), text(column.name)}, "mysql_implicit_default");
  Node* const result = new_node(context_.arena, Kind::kCall, {value, instead}, "coalesce");
  result->type = value->type;
  return result;
}

// ON UPDATE CURRENT_TIMESTAMP: when another column gets a new value.
void WriteTranslation::touch_timestamps(const ScopeTable& table, std::vector<Target>& targets) {
  const std::vector<Target> written = targets;
  for (const ScopeColumn& column : table.columns) {
    if (column.info == nullptr || !column.info->on_update_now) continue;
    const bool assigned_to = std::any_of(written.begin(), written.end(),
                                         [&](const Target& target) { return target.info == column.info; });
    if (assigned_to) continue;
    // The values are looked at twice.
    if (std::any_of(written.begin(), written.end(),
                    [](const Target& target) { return assigns_variable(target.value); }))
      return context_.not_supported(
          "UPDATE that sets user variables where there is ON UPDATE CURRENT_TIMESTAMP");
    Node* changed = nullptr;
    for (const Target& target : written) {
      Node* const differs =
          new_node(context_.arena, Kind::kBinary,
                   {clone(context_.arena, target.column), clone(context_.arena, target.value)});
      differs->op = Op::kNullEq;
      Node* const no = new_node(context_.arena, Kind::kUnary, {differs});
      no->op = Op::kNot;
      if (changed != nullptr) {
        changed = new_node(context_.arena, Kind::kBinary, {changed, no});
        changed->op = Op::kOr;
      } else {
        changed = no;
      }
    }
    if (changed == nullptr) continue;
    const bool utc = column.type->kind == TypeKind::kTimestamp;
    Node* const now = new_node(context_.arena, Kind::kCall, {}, utc ? "utc_timestamp" : "now");
    if (column.type->decimals != 0) {
      append(context_.arena, now,
             new_node(context_.arena, Kind::kInteger, {},
                      context_.arena.copy(std::to_string(column.type->decimals))));
    }
    Node* const old = new_node(context_.arena, Kind::kColumn, {}, column.name);
    old->qualifier = table.alias;
    targets.push_back(
        {old, column.info, new_node(context_.arena, Kind::kCase, {nullptr, old, changed, now})});
  }
}

void WriteTranslation::print_with(Node* with) {
  if (with == nullptr) return;
  for (std::uint32_t i = 0; i < with->count; ++i)
    with->kids[i]->kids[0] = lowering_.lower(with->kids[i]->kids[0]);
  printer_.add(with->has(kRecursive) ? "WITH RECURSIVE " : "WITH ");
  printer_.list(with);
  printer_.add(" ");
}

// The first `given` targets are those of the statement: the session is told whether they change anything.
// `checks`: that the new row fulfils.
void WriteTranslation::print_set(const std::vector<Target>& targets, std::size_t given,
                                 const std::vector<Node*>& checks, const TableInfo* counted) {
  std::vector<std::size_t> last;  // of several assignments to one column, which has the others substituted
  std::size_t columns = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool later = std::any_of(targets.begin() + static_cast<std::ptrdiff_t>(i) + 1, targets.end(),
                                   [&](const Target& target) { return target.info == targets[i].info; });
    if (later) continue;
    last.push_back(i);
    if (i < given) ++columns;
  }
  const ColumnInfo* const id = counted != nullptr ? counting_column(*counted) : nullptr;
  for (const std::size_t i : last) {
    if (i != last.front()) printer_.add(", ");
    printer_.name(targets[i].info->name);
    printer_.add(" = ");
    const bool checked = i == last.front() && !checks.empty();
    for (const Node* const check : checks) {
      if (!checked) break;
      printer_.add(check == checks.front() ? "CASE WHEN " : " AND ");
      printer_.node(check);
    }
    if (checked) printer_.add(" THEN ");
    if (i < given) {
      print_updated(targets[i].value, targets[i].column->qualifier, targets[i].info->name, columns, id);
    } else {
      printer_.node(targets[i].value);
    }
    if (checked) printer_.add(" END");
  }
}

void WriteTranslation::print_updated(const Node* value, std::string_view alias, std::string_view column,
                                     std::size_t columns, const ColumnInfo* id) {
  if (in_trigger_) return printer_.node(value);
  printer_.add("\"mysql_updated\"(");
  printer_.node(value);
  printer_.add(", ");
  printer_.name(alias);
  printer_.add(".");
  printer_.name(column);
  printer_.add(", " + std::to_string(columns));
  if (id != nullptr) {
    printer_.add(", ");
    printer_.name(alias);
    printer_.add(".");
    printer_.name(id->name);
  }
  printer_.add(")");
}

// WHERE, and for ORDER BY ... LIMIT the rows by a subquery.
void WriteTranslation::print_limited(Node* table, Node* where, Node* order, Node* limit) {
  if (limit == nullptr) {
    if (where == nullptr) return;
    printer_.add(" WHERE ");
    printer_.node(where);
    return;
  }
  printer_.add(" WHERE _rowid_ IN (");
  print_rowids(table, where, order, limit);
  printer_.add(")");
}

void WriteTranslation::print_rowids(Node* table, Node* where, Node* order, Node* limit) {
  printer_.add("SELECT _rowid_ FROM ");
  printer_.node(table);
  print_limited(table, where, nullptr, nullptr);
  if (order != nullptr) {
    printer_.add(" ORDER BY ");
    printer_.list(order);
  }
  if (limit == nullptr) return;
  printer_.add(" LIMIT ");
  printer_.node(limit->kid(0));
}

// Whether rows could end otherwise, or the statement with an error, if they are taken in another order.
bool WriteTranslation::order_matters(const TableInfo& table, const std::vector<Target>& targets,
                                     const Node* given) const {
  if (!table.triggers.empty() || assigns_variable(given)) return true;
  const auto is_unique = [&](const std::string& column) {
    return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const IndexInfo& index) {
      return index.unique && std::any_of(index.columns.begin(), index.columns.end(),
                                         [&](const std::string& one) { return same_name(one, column); });
    });
  };
  return std::any_of(targets.begin(), targets.end(),
                     [&](const Target& target) { return is_unique(target.info->name); });
}

// SQLite takes the rows in an order of its own, so they are found first, and changed one by one.
void WriteTranslation::updated_in_order(Node* update, const std::vector<Target>& targets, std::size_t given,
                                        const std::vector<Node*>& checks, Node* where, Node* order) {
  if (in_trigger_) return context_.not_supported("UPDATE ... ORDER BY in triggers, where the order matters");
  if (update->kid(5) != nullptr)
    return context_.not_supported("UPDATE ... ORDER BY behind WITH, where the order matters");
  print_rowids(update->kid(0), where, order, update->kid(4));
  end_step(Step::Rows::kGiven);
  printer_.add(out_.ignore ? "UPDATE OR IGNORE " : "UPDATE ");
  printer_.node(update->kid(0));
  printer_.add(" SET ");
  print_set(targets, given, checks);
  printer_.add(" WHERE _rowid_ = ?");
  end_step(Step::Rows::kTaken);
}

void WriteTranslation::update(Node* update) {
  out_.verb = Statement::WriteVerb::kUpdate;
  out_.ignore = update->has(kIgnore);
  if (update->kid(5) != nullptr) resolver_.with(update->kid(5), nullptr);
  Scope scope;
  Node* const from = update->kid(0);
  resolver_.from(from, scope);
  if (context_.error) return;
  const bool one = from->kind == Kind::kTable;
  auto assignments = targets(update->kid(1), scope, one);
  Node* where = update->kid(2);
  Node* order = update->kid(3);
  if (where != nullptr) resolver_.expression(where, scope, "where clause");
  if (order != nullptr) resolver_.expression(order, scope, "order clause");
  if (context_.error) return;
  if (order != nullptr && assigns_variable(where))
    context_.not_supported("UPDATE ... WHERE that sets user variables ... ORDER BY");
  if (where != nullptr) where = lowering_.condition(where);
  where = guarded(where);
  if (order != nullptr) order = lowering_.lower(order);
  if (context_.error) return;
  if (!one) {
    if (order != nullptr || update->kid(4) != nullptr) {
      const char* const what = order != nullptr ? "ORDER BY" : "LIMIT";
      return context_.fail(1221, "HY000", std::string("Incorrect usage of UPDATE and ") + what);
    }
    return updated_by_join(update, scope, assignments, where);
  }
  const TableInfo* const info = target_table(from, "UPDATE");
  if (info == nullptr) return;
  const auto is_enforced = [](const CheckInfo& check) { return check.enforced; };
  if (out_.ignore && std::any_of(info->checks.begin(), info->checks.end(), is_enforced)) {
    if (in_trigger_ || update->kid(4) != nullptr ||
        (order != nullptr && order_matters(*info, assignments, update->kid(1))))
      return context_.not_supported("this UPDATE IGNORE where there are CHECK constraints");
    return updated_by_join(update, scope, assignments, where);
  }
  BeforeTriggers(context_, *info, scope.tables[0].alias, "UPDATE", out_.ignore).run(assignments);
  const std::size_t given = assignments.size();
  touch_timestamps(scope.tables[0], assignments);
  RowRules rules(context_, *info, scope.tables[0].alias, false);
  rules.generate(assignments, false);
  const std::vector<Node*> checks = rules.checks(assignments, false);
  if (context_.error) return;
  if (order != nullptr && order_matters(*info, assignments, update->kid(1))) {
    updated_in_order(update, assignments, given, checks, where, order);
    out_.tables.push_back({std::string(from->database), info->name, "UPDATE"});
    return;
  }
  print_with(update->kid(5));
  printer_.add(out_.ignore ? "UPDATE OR IGNORE " : "UPDATE ");
  printer_.node(from);
  printer_.add(" SET ");
  print_set(assignments, given, checks);
  print_limited(from, where, order, update->kid(4));
  finish("UPDATE", from->database, info->name);
}

void WriteTranslation::remove(Node* remove) {
  out_.verb = Statement::WriteVerb::kDelete;
  out_.ignore = remove->has(kIgnore);
  if (remove->kid(5) != nullptr) resolver_.with(remove->kid(5), nullptr);
  Scope scope;
  Node* const from = remove->kid(0);
  resolver_.from(from, scope);
  Node* where = remove->kid(1);
  Node* order = remove->kid(2);
  if (where != nullptr) resolver_.expression(where, scope, "where clause");
  if (order != nullptr) resolver_.expression(order, scope, "order clause");
  if (context_.error) return;
  if (where != nullptr) where = lowering_.condition(where);
  where = guarded(where);
  if (order != nullptr) order = lowering_.lower(order);
  if (context_.error) return;
  const Node* const targets = remove->kid(4);
  if (targets == nullptr) {
    const TableInfo* const info = target_table(from, "DELETE");
    if (info == nullptr) return;
    print_with(remove->kid(5));
    printer_.add("DELETE FROM ");
    printer_.node(from);
    print_limited(from, where, order, remove->kid(3));
    return finish("DELETE", from->database, info->name);
  }
  removed_by_join(remove, scope, where);
}

}  // namespace murmel::sql
