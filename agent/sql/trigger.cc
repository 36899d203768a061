#include "agent/sql/trigger.h"

#include <algorithm>
#include <string>

#include "agent/sql/parser.h"
#include "agent/sql/write.h"

namespace murmel::sql {
namespace {

constexpr char kNew[] = "new";
constexpr char kOld[] = "old";

bool has_set(const Node* statement) {
  if (statement == nullptr) return false;
  if (statement->kind == Kind::kSetLocal) {
    return std::any_of(statement->kids, statement->kids + statement->count,
                       [](const Node* set) { return set->kid(0)->kind == Kind::kColumn; });
  }
  const bool nests = statement->kind == Kind::kList || statement->kind == Kind::kIf;
  return nests && std::any_of(statement->kids, statement->kids + statement->count, has_set);
}

}  // namespace

Node* parse_trigger(const TriggerInfo& trigger, Context& context) {
  const std::string text =
      "CREATE TRIGGER t " + trigger.time + " " + trigger.event + " ON t FOR EACH ROW " + trigger.body;
  Parser parser(context.arena.copy(text), SqlMode{}, context.arena);
  const auto parsed = parser.next();
  if (parsed && !parsed->error && parsed->tree->kind == Kind::kCreateTrigger) return parsed->tree->kid(2);
  context.not_supported("the trigger " + trigger.name);
  return nullptr;
}

bool sets_new_row(const TableInfo& table, std::string_view event, Context& context) {
  return std::any_of(table.triggers.begin(), table.triggers.end(), [&](const TriggerInfo& trigger) {
    return trigger.time == "BEFORE" && trigger.event == event && has_set(parse_trigger(trigger, context));
  });
}

Scope trigger_scope(const TableInfo& table, std::string_view event) {
  Scope scope;
  for (const char* const name : {kNew, kOld}) {
    if (event == (name == kNew ? "DELETE" : "INSERT")) continue;
    ScopeTable row{name, {}, {}, {}, {}};
    for (const ColumnInfo& column : table.columns) {
      row.columns.push_back({column.name, &column.type, &column});
      row.merged.emplace_back(column.name);  // is seen with its qualifier only
    }
    scope.tables.push_back(std::move(row));
  }
  return scope;
}

BeforeTriggers::BeforeTriggers(Context& context, const TableInfo& table, std::string_view alias,
                               std::string_view event, bool ignore)
    : context_(context), table_(table), alias_(alias), event_(event), ignore_(ignore) {}

void BeforeTriggers::run(std::vector<AssignedColumn>& row) {
  row_ = &row;
  for (const TriggerInfo& trigger : table_.triggers) {
    if (trigger.time != "BEFORE" || trigger.event != event_ || context_.error) continue;
    if (const Node* const body = parse_trigger(trigger, context_)) statement(body, nullptr);
  }
}

void BeforeTriggers::statement(const Node* statement, Node* guard) {
  if (context_.error) return;
  if (statement->kind == Kind::kIf) return branch(statement, guard);
  for (std::uint32_t i = 0; i < statement->count; ++i) {
    if (statement->kind == Kind::kList) this->statement(statement->kids[i], guard);
    if (statement->kind == Kind::kSetLocal) assign(statement->kids[i], guard);
  }
}

// The condition is looked at once, before what it decides about.
void BeforeTriggers::branch(const Node* branch, Node* guard) {
  if (!has_set(branch)) return;
  Node* const condition = bound(clone(context_.arena, branch->kid(0)), true);
  statement(branch->kid(1), both(guard, condition, true));
  if (branch->kid(2) != nullptr) statement(branch->kid(2), both(guard, condition, false));
}

Node* BeforeTriggers::both(Node* guard, Node* condition, bool wanted) {
  Node* test = new_node(context_.arena, Kind::kIs, {clone(context_.arena, condition)}, "TRUE");
  if (!wanted) test->flags |= kNegated;
  if (guard == nullptr) return test;
  Node* const joined = new_node(context_.arena, Kind::kBinary, {clone(context_.arena, guard), test});
  joined->op = Op::kAnd;
  return joined;
}

void BeforeTriggers::bind(Node*& node) {
  if (node == nullptr) return;
  if (node->kind == Kind::kColumn && (node->qualifier == kNew || node->qualifier == kOld)) {
    const bool is_new = node->qualifier == kNew;
    node->qualifier = alias_;
    if (is_new) substitute(context_.arena, node, *row_);
    if (varies(node)) context_.not_supported("a value that varies, which a trigger looks at");
    return;
  }
  for (std::uint32_t i = 0; i < node->count; ++i) bind(node->kids[i]);
}

Node* BeforeTriggers::bound(Node* expression, bool condition) {
  const Scope scope = trigger_scope(table_, event_);
  Resolver(context_).expression(expression, scope, "field list");
  if (context_.error) return expression;
  Lowering lowering(context_);
  Node* value = condition ? lowering.condition(expression) : lowering.lower(expression);
  if (!condition) value = lowering.typed(value);
  bind(value);
  return value;
}

void BeforeTriggers::assign(const Node* assignment, Node* guard) {
  if (assignment->kid(0)->kind != Kind::kColumn || context_.error) return;
  const std::string_view name = assignment->kid(0)->text;
  const auto column =
      std::find_if(table_.columns.begin(), table_.columns.end(),
                   [&](const ColumnInfo& candidate) { return same_name(candidate.name, name); });
  if (column == table_.columns.end()) {
    return context_.fail(1054, "42S22", "Unknown column '" + std::string(name) + "' in 'NEW'");
  }
  Node* value = bound(clone(context_.arena, assignment->kid(1)), false);
  if (context_.error) return;
  value = convert_for_column(*column, value, 1, context_.settings.mode.strict && !ignore_, context_);
  Node* const target = new_node(context_.arena, Kind::kColumn, {}, column->name);
  target->qualifier = alias_;
  if (guard != nullptr) {
    Node* kept = clone(context_.arena, target);
    substitute(context_.arena, kept, *row_);
    value = new_node(context_.arena, Kind::kCase, {nullptr, kept, clone(context_.arena, guard), value});
  }
  std::erase_if(*row_, [&](const AssignedColumn& earlier) { return earlier.info == &*column; });
  row_->push_back({target, &*column, value});
}

}  // namespace murmel::sql
