// EXPLAIN.
#include "agent/service/sql_session.h"
#include "agent/session/columns.h"
#include "agent/session/explain.h"

namespace murmel::service {
namespace {

using Format = sql::Statement::ExplainFormat;

mysql::Value text_or_null(const std::string& text) {
  return text.empty() ? mysql::Value() : mysql::Value(std::string_view(text));
}

}  // namespace

SqlSession::Done SqlSession::run_explain(const sql::Statement& statement, const Parameters& parameters,
                                         bool more) {
  auto running = prepare(statement.steps[0], parameters);
  if (!running.ok()) return running.error();
  if (statement.untranslated) return send_plan(*running, statement, more);
  std::vector<session::PlanStep> plan;
  auto row = running->step();
  for (; row.ok() && *row; row = running->step()) {
    session::PlanStep& step = plan.emplace_back();
    step.id = std::get<std::int64_t>(running->value(0));
    step.parent = std::get<std::int64_t>(running->value(1));
    step.text = std::get<std::string_view>(running->value(3));
  }
  if (!row.ok()) return failed(row.error(), &statement);
  const bool any = !databases_.name().empty();
  const session::TableSizes sizes = any ? databases_.sizes(databases_.name(), false) : session::TableSizes();
  session::PlanTables tables;
  tables.find = [this](std::string_view table) { return databases_.table({}, table); };
  tables.count_rows = [&sizes](std::string_view table) {
    const auto found = sizes.find(table);
    return found != sizes.end() ? std::optional(found->second.rows) : std::nullopt;
  };
  const std::vector<session::ExplainedTable> rows = session::explain(plan, statement, tables);
  if (statement.explain_format == Format::kTree)
    return send_texts({"EXPLAIN"}, {{session::explained_tree(rows)}}, more);
  if (statement.explain_format == Format::kJson)
    return send_texts({"EXPLAIN"}, {{session::explained_json(rows)}}, more);
  return send_explained(rows, more);
}

// SQLite's own SQL is explained in SQLite's words.
SqlSession::Done SqlSession::send_plan(store::ClientStatement& running, const sql::Statement& statement,
                                       bool more) {
  const std::vector<mysql::Column> columns = session::describe_texts(running.handle());
  auto row = running.step();
  if (!row.ok()) return failed(row.error(), &statement);
  reply_->columns(columns);
  std::uint64_t sent = 0;
  Done done = send_rows(running, columns, *row, &sent);
  if (done.ok()) reply_->end(outcome(more));
  return done;
}

SqlSession::Done SqlSession::send_explained(const std::vector<session::ExplainedTable>& rows, bool more) {
  reply_->columns(session::describe_columns(session::explain_columns(), {}, nullptr, {}));
  for (const session::ExplainedTable& row : rows) {
    std::string extra;
    for (const std::string& what : row.extra) extra += (extra.empty() ? "" : "; ") + what;
    values_ = {row.select != 0 ? mysql::Value(row.select) : mysql::Value(),
               std::string_view(row.select_type),
               text_or_null(row.table),
               {},  // partitions
               text_or_null(row.type),
               text_or_null(row.key),
               text_or_null(row.key),
               {},  // key_len
               text_or_null(row.ref),
               row.rows ? mysql::Value(static_cast<std::uint64_t>(*row.rows)) : mysql::Value(),
               row.rows ? mysql::Value(std::string_view("100.00")) : mysql::Value(),
               text_or_null(extra)};
    if (!reply_->row(values_)) return mysql::malformed_packet();
  }
  reply_->end(outcome(more));
  return std::monostate();
}

}  // namespace murmel::service
