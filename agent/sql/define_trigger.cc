// CREATE TRIGGER: what SQLite's trigger does. DROP TRIGGER is with the others (define_change.cc).
#include <algorithm>
#include <string>

#include "agent/sql/define.h"
#include "agent/sql/stored_table.h"
#include "agent/sql/trigger.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

bool is_row(const Node* column, const char* name) {
  return column->kind == Kind::kColumn && same_name(column->qualifier, name);
}

const Node* find_row(const Node* node, const char* name) {
  if (node == nullptr) return nullptr;
  if (is_row(node, name)) return node;
  for (std::uint32_t i = 0; i < node->count; ++i) {
    if (const Node* const found = find_row(node->kids[i], name)) return found;
  }
  return nullptr;
}

bool names_new_column(const Node* node, std::string_view column) {
  if (node == nullptr) return false;
  if (is_row(node, "new") && same_name(node->text, column)) return true;
  return std::any_of(node->kids, node->kids + node->count,
                     [&](const Node* kid) { return names_new_column(kid, column); });
}

bool is_mentioned(std::string_view text, std::string_view name) {
  return std::search(text.begin(), text.end(), name.begin(), name.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
         }) != text.end();
}

// The catalog as it is with one table in another form.
class ChangedCatalog final : public Catalog {
 public:
  ChangedCatalog(const Catalog& catalog, std::string_view database, const TableInfo& changed)
      : catalog_(catalog), database_(database), changed_(changed) {}

  const TableInfo* table(std::string_view database, std::string_view table) const override {
    return database == database_ && same_name(table, changed_.name) ? &changed_
                                                                    : catalog_.table(database, table);
  }
  std::vector<const TableInfo*> referring_tables(std::string_view database,
                                                 std::string_view table) const override {
    return catalog_.referring_tables(database, table);
  }
  const TableInfo* trigger_table(std::string_view database, std::string_view trigger) const override {
    return catalog_.trigger_table(database, trigger);
  }
  std::vector<const TableInfo*> tables_with_triggers(std::string_view database) const override {
    return catalog_.tables_with_triggers(database);
  }

 private:
  const Catalog& catalog_;
  std::string_view database_;
  const TableInfo& changed_;
};

}  // namespace

// Translates the body's statements into text; `sets`: has the row been assigned to?
class TriggerBodyTranslation {
 public:
  TriggerBodyTranslation(Context& context, Statement& out, const TableInfo& table, const TriggerInfo& trigger)
      : context_(context), out_(out), table_(table), trigger_(trigger) {}

  std::string text;

  void statement(Node* statement, Node* guard) {
    if (context_.error) return;
    if (statement->kind == Kind::kList) {
      for (std::uint32_t i = 0; i < statement->count; ++i) this->statement(statement->kids[i], guard);
    } else if (statement->kind == Kind::kIf) {
      branch(statement, guard);
    } else if (statement->kind == Kind::kSetLocal) {
      for (std::uint32_t i = 0; i < statement->count; ++i) set(statement->kids[i], guard);
    } else if (statement->kind == Kind::kSignal) {
      signal(statement, guard);
    } else {
      write(statement, guard);
    }
  }

 private:
  void branch(Node* branch, Node* guard) {
    Node* const condition = branch->kid(0);
    if (has_query(condition)) return context_.not_supported("IF with a query in a trigger");
    const auto joined = [&](bool wanted) {
      Node* test = new_node(context_.arena, Kind::kIs, {clone(context_.arena, condition)}, "TRUE");
      if (!wanted) test->flags |= kNegated;
      if (guard == nullptr) return test;
      Node* const both = new_node(context_.arena, Kind::kBinary, {clone(context_.arena, guard), test});
      both->op = Op::kAnd;
      return both;
    };
    statement(branch->kid(1), joined(true));
    if (branch->kid(2) != nullptr) statement(branch->kid(2), joined(false));
  }

  void set(Node* assignment, Node* guard) {
    Node* const target = assignment->kid(0);
    if (target->kind == Kind::kUserVariable) {
      return select(new_node(context_.arena, Kind::kAssign, {assignment->kid(1)}, target->text), guard);
    }
    if (!same_name(target->qualifier, "new") || trigger_.time != "BEFORE" || trigger_.event == "DELETE") {
      const bool old = same_name(target->qualifier, "old");
      return context_.fail(1362, "HY000",
                           old ? "Updating of OLD row is not allowed in trigger"
                               : "Updating of NEW row is not allowed in after trigger");
    }
    if (!text.empty()) context_.not_supported("SET NEW behind other statements of a trigger");
  }

  void signal(const Node* signal, Node* guard) {
    if (signal->text != "45000") return context_.not_supported("SIGNAL of another SQLSTATE than '45000'");
    Node* const message = signal->kid(0) != nullptr ? signal->kid(0)
                                                    : new_node(context_.arena, Kind::kString, {},
                                                               "Unhandled user-defined exception condition");
    Node* const call = new_node(context_.arena, Kind::kCall, {message}, "mysql_signal");
    if (signal->kid(1) != nullptr) return context_.not_supported("MYSQL_ERRNO in SIGNAL");
    select(call, guard);
  }

  void select(Node* value, Node* guard) {
    Resolver resolver(context_);
    resolver.expression(value, Scope{}, "field list");
    if (guard != nullptr) resolver.expression(guard = clone(context_.arena, guard), Scope{}, "field list");
    if (context_.error) return;
    Lowering lowering(context_);
    Printer printer;
    printer.add("SELECT ");
    printer.node(lowering.lower(value));
    if (guard != nullptr) {
      printer.add(" WHERE ");
      printer.node(lowering.condition(guard));
    }
    text += printer.text + "; ";
  }

  void write(Node* tree, Node* guard) {
    Statement own;
    WriteTranslation translation(context_, own);
    translation.in_trigger(guard);
    if (tree->kind == Kind::kInsert) {
      translation.insert(tree);
    } else if (tree->kind == Kind::kUpdate) {
      translation.update(tree);
    } else {
      translation.remove(tree);
    }
    if (context_.error) return;
    if (own.steps.size() != 1) return context_.not_supported("a statement about several tables in a trigger");
    for (const TableUse& use : own.tables) {
      if (!use.database.empty() && use.database != database_) {
        return context_.not_supported("a table of another database in a trigger");
      }
      const bool writes = std::string_view(use.privilege) != "SELECT";
      if (writes && same_name(use.table, table_.name)) {
        return context_.fail(1442, "HY000",
                             "Can't update table '" + table_.name +
                                 "' in stored function/trigger because it is already used by statement which "
                                 "invoked this stored function/trigger.");
      }
      out_.tables.push_back(use);
    }
    text += own.steps[0].sql + "; ";
  }

  Context& context_;
  Statement& out_;
  const TableInfo& table_;
  const TriggerInfo& trigger_;
  std::string database_;
};

void DefinitionTranslation::create_trigger(Node* create) {
  Node* const table = create->kid(1);
  Node* const name = create->kid(0);
  Printer unused;
  qualified(table, unused);
  if (name->database.empty()) name->database = table->database;
  if (same_name(name->database, context_.settings.database)) name->database = {};
  if (context_.error) return;
  out_.tables.push_back({std::string(table->database), std::string(table->text), "TRIGGER"});
  const SqlMode& mode = context_.settings.mode;
  if (mode.ansi_quotes || mode.no_backslash_escapes || mode.pipes_as_concat || mode.high_not_precedence)
    return context_.not_supported("CREATE TRIGGER with this sql_mode");
  if (name->database != table->database) return context_.fail(1435, "HY000", "Trigger in wrong schema");
  const TableInfo* const info = known_table(table);
  if (info == nullptr) return;
  if (info->view) {
    const std::string database(table->database.empty() ? std::string_view(context_.settings.database)
                                                       : table->database);
    return context_.fail(1347, "HY000", "'" + database + "." + info->name + "' is not BASE TABLE");
  }
  if (context_.catalog.trigger_table(table->database, name->text) != nullptr) {
    if (create->has(kIfNotExists)) return;
    return context_.fail(1359, "HY000", "Trigger already exists");
  }
  TriggerInfo trigger;
  trigger.name = std::string(name->text);
  trigger.time = std::string(create->text.substr(0, create->text.find(' ')));
  trigger.event = std::string(create->text.substr(create->text.find(' ') + 1));
  trigger.body = std::string(create->qualifier);
  for (const TriggerInfo& other : info->triggers) {
    if (other.time != trigger.time || other.event != trigger.event) continue;
    return context_.not_supported("multiple triggers with the same action time and event for one table");
  }
  make_trigger(trigger, *info, table, create->kid(2), context_);
}

void DefinitionTranslation::make_trigger(const TriggerInfo& trigger, const TableInfo& info, const Node* table,
                                         Node* body, Context& context) {
  for (const char* const row : {"new", "old"}) {
    const bool there = trigger.event != (row[0] == 'n' ? "DELETE" : "INSERT");
    if (there || find_row(body, row) == nullptr) continue;
    return context.fail(1363, "HY000",
                        std::string("There is no ") + (row[0] == 'n' ? "NEW" : "OLD") + " row in on " +
                            trigger.event + " trigger");
  }
  for (const ColumnInfo& column : info.columns) {
    // MySQL numbers the row after the trigger.
    if (column.auto_increment && trigger.time == "BEFORE" && trigger.event == "INSERT" &&
        names_new_column(body, column.name))
      return context.not_supported("NEW." + column.name + " before it has its number");
  }
  const Scope scope = trigger_scope(info, trigger.event);
  context.outermost = &scope;
  Node* const sets = clone(context.arena, body);
  TriggerBodyTranslation translation(context, out_, info, trigger);
  translation.statement(body, nullptr);
  context.outermost = nullptr;
  // What is assigned to the new row is tried, too.
  std::vector<AssignedColumn> row;
  TableInfo alone = info;
  alone.triggers = {trigger};
  if (trigger.time == "BEFORE" && sets != nullptr)
    BeforeTriggers(context, alone, "new", trigger.event, false).run(row);
  if (context.error) {
    context_.error = context.error;
    return;
  }
  Printer printer;
  printer.add("CREATE TRIGGER ");
  if (!table->database.empty()) {
    printer.name(table->database);
    printer.add(".");
  }
  printer.name(trigger.name);
  printer.add(" " + stored_comment("TRIGGER " + trigger.time + " " + trigger.event + " " + trigger.body) +
              " ");
  printer.add(trigger.time + " " + trigger.event + " ON ");
  printer.name(info.name);
  // What only assigns to the new row does nothing by itself.
  printer.add(translation.text.empty() ? " WHEN 0 BEGIN SELECT 1; END"
                                       : " BEGIN " + translation.text + "END");
  step(printer);
}

bool DefinitionTranslation::is_in_triggers(const TableInfo& info, std::string_view database) const {
  const auto owners = context_.catalog.tables_with_triggers(database);
  return std::any_of(owners.begin(), owners.end(), [&](const TableInfo* owner) {
    return same_name(owner->name, info.name) ||
           std::any_of(owner->triggers.begin(), owner->triggers.end(),
                       [&](const TriggerInfo& trigger) { return is_mentioned(trigger.body, info.name); });
  });
}

// Triggers whose statements name the table store values as its columns are: they are translated again.
void DefinitionTranslation::renew_triggers(const Node* table, const TableInfo& changed) {
  const ChangedCatalog catalog(context_.catalog, table->database, changed);
  for (const TableInfo* const owner : context_.catalog.tables_with_triggers(table->database)) {
    const bool own = same_name(owner->name, changed.name);
    for (const TriggerInfo& trigger : owner->triggers) {
      if (context_.error || (!own && !is_mentioned(trigger.body, changed.name))) continue;
      Context context{context_.arena, context_.settings, catalog, {}, {}};
      Node* const body = parse_trigger(trigger, context);
      if (!own) {
        Printer drop;
        drop.add("DROP TRIGGER ");
        if (!table->database.empty()) {
          drop.name(table->database);
          drop.add(".");
        }
        drop.name(trigger.name);
        step(drop);
      }
      if (!context.error) make_trigger(trigger, own ? changed : *owner, table, body, context);
      if (context.error) context_.error = context.error;
    }
  }
}

}  // namespace murmel::sql
