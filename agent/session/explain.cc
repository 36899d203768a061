#include "agent/session/explain.h"

#include <algorithm>
#include <map>

#include "agent/functions/json.h"
#include "agent/session/schema.h"
#include "agent/sql/resolve.h"

namespace murmel::session {
namespace {

using functions::Json;

constexpr char kAutomaticKey[] = "<auto_key0>";

// Takes `word` from the front of the text, if it is there.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
  return text;
}

// "(a=? AND b>?)" behind the name of an index.
struct Terms {
  std::size_t equal = 0;
  bool range = false;
};

Terms terms_of(std::string_view text) {
  Terms terms;
  for (std::size_t at = text.find('?'); at != std::string_view::npos; at = text.find('?', at + 1)) {
    const bool equal = at > 0 && text[at - 1] == '=' && text[at - 2] != '<' && text[at - 2] != '>';
    (equal ? terms.equal += 1 : terms.range = true);
  }
  return terms;
}

class Explanation {
 public:
  Explanation(std::span<const PlanStep> plan, const PlanTables& tables) : plan_(plan), tables_(tables) {}

  std::vector<ExplainedTable> run(const sql::Statement& statement) {
    Select top{1, "PRIMARY"};
    read(0, top);
    const std::string verb = verb_of(statement);
    for (ExplainedTable& row : rows_) {
      if (row.select_type != "PRIMARY") continue;
      if (!verb.empty()) {
        row.select_type = verb;
      } else if (selects_ == 1) {
        row.select_type = "SIMPLE";
      }
    }
    if (rows_.empty() && !verb.empty()) {
      ExplainedTable row;
      row.select_type = verb;
      row.table = written_table(statement);
      row.type = "ALL";
      rows_.push_back(row);
    }
    std::stable_sort(rows_.begin(), rows_.end(), [](const ExplainedTable& a, const ExplainedTable& b) {
      return a.select - 1 < b.select - 1;  // what unites several comes last
    });
    return std::move(rows_);
  }

 private:
  struct Select {
    std::uint64_t id;
    std::string type;
    std::optional<std::size_t> first = {};  // of its rows
  };

  static std::string verb_of(const sql::Statement& statement) {
    using Verb = sql::Statement::WriteVerb;
    if (statement.verb == Verb::kInsert) return "INSERT";
    if (statement.verb == Verb::kReplace) return "REPLACE";
    if (statement.verb == Verb::kUpdate) return "UPDATE";
    return statement.verb == Verb::kDelete ? "DELETE" : "";
  }

  static std::string written_table(const sql::Statement& statement) {
    for (const sql::TableUse& use : statement.tables) {
      if (use.privilege != std::string_view("SELECT")) return use.table;
    }
    return {};
  }

  void read(std::int64_t parent, Select& select) {
    for (const PlanStep& step : plan_) {
      if (step.parent == parent) read_step(step, select);
    }
  }

  void read_step(const PlanStep& step, Select& select) {
    std::string_view text = step.text;
    if (take(text, "SCAN ")) {
      table(select, text, false);
    } else if (take(text, "SEARCH ")) {
      table(select, text, true);
    } else if (take(text, "USE TEMP B-TREE FOR ")) {
      note(select, text.ends_with("ORDER BY") ? "Using filesort" : "Using temporary");
    } else if (text == "MULTI-INDEX OR") {
      merged_indexes(step, select);
    } else if (take(text, "CO-ROUTINE ") || take(text, "MATERIALIZE ")) {
      Select derived = next("DERIVED");
      derived_.insert_or_assign(std::string(text), derived.id);
      read(step.id, derived);
    } else if (text.starts_with("CORRELATED ") || text.starts_with("SCALAR ") || text.starts_with("LIST ")) {
      Select inner = next(text.starts_with("CORRELATED ") ? "DEPENDENT SUBQUERY" : "SUBQUERY");
      read(step.id, inner);
    } else if (text == "COMPOUND QUERY" || text.starts_with("MERGE (")) {
      compound(step, select);
    } else if (text == "SETUP" || text == "RECURSIVE STEP") {
      read(step.id, select);
    }
  }

  Select next(std::string type) { return {++selects_, std::move(type)}; }

  ExplainedTable& add(Select& select) {
    if (!select.first) select.first = rows_.size();
    ExplainedTable& row = rows_.emplace_back();
    row.select = select.id;
    row.select_type = select.type;
    return row;
  }

  // MySQL tells of sorting with the first table.
  void note(const Select& select, const std::string& what) {
    if (!select.first) return;
    std::vector<std::string>& extra = rows_[*select.first].extra;
    if (std::find(extra.begin(), extra.end(), what) == extra.end()) extra.push_back(what);
  }

  void table(Select& select, std::string_view text, bool searches) {
    const bool leads = !select.first && select.type != "DEPENDENT SUBQUERY";
    ExplainedTable& row = add(select);
    if (text.ends_with("CONSTANT ROW") || text.ends_with("CONSTANT ROWS")) {
      row.extra.emplace_back("No tables used");
      return;
    }
    const std::size_t end = std::min(
        {text.find(" USING "), text.find(" VIRTUAL TABLE INDEX "), text.find(" LEFT-JOIN"), text.size()});
    const std::string name(text.substr(0, end));
    const auto derived = derived_.find(name);
    row.table = derived != derived_.end() ? "<derived" + std::to_string(derived->second) + ">" : name;
    text.remove_prefix(end);
    row.type = text.find(":M") != std::string_view::npos ? "fulltext" : "ALL";
    row.rows = derived != derived_.end() ? std::nullopt : tables_.count_rows(name);
    if (take(text, " USING ")) by_index(row, text, searches, leads);
  }

  void by_index(ExplainedTable& row, std::string_view text, bool searches, bool leads) {
    const bool automatic = take(text, "AUTOMATIC ");
    take(text, "PARTIAL ");
    const bool covering = take(text, "COVERING ");
    const bool by_rowid = take(text, "INTEGER PRIMARY KEY") || take(text, "PRIMARY KEY");
    if (!by_rowid) take(text, "INDEX ");
    const std::size_t open = std::min(text.rfind(" ("), text.size());
    const Terms terms = terms_of(text.substr(open));
    const sql::IndexInfo* index = nullptr;
    if (by_rowid) {
      row.key = "PRIMARY";
    } else if (automatic) {
      row.key = kAutomaticKey;
    } else {
      index = named(text.substr(0, open), row);
    }
    const bool one =
        !terms.range &&
        (by_rowid || (index != nullptr && index->unique && terms.equal == index->columns.size()));
    if (!searches) {
      row.type = "index";
    } else if (terms.range) {
      row.type = "range";
    } else {
      row.type = !one ? "ref" : leads ? "const" : "eq_ref";
    }
    if (searches && !terms.range)
      row.ref = joined(
          std::vector<std::string>(std::max<std::size_t>(terms.equal, 1), leads ? "const" : "func"), ",");
    if (searches && row.rows) {
      const std::int64_t share = one ? *row.rows : terms.range ? 3 : 10;
      row.rows = std::max<std::int64_t>(*row.rows / std::max<std::int64_t>(share, 1), 1);
    }
    if (terms.range) row.extra.emplace_back("Using where");
    if (covering && !automatic) row.extra.emplace_back("Using index");
  }

  // By SQLite's name; null: it is not known.
  const sql::IndexInfo* named(std::string_view sqlite_name, ExplainedTable& row) {
    constexpr std::string_view kOfTable = "sqlite_autoindex_";
    std::string_view name = sqlite_name;
    const bool of_table = take(name, kOfTable);
    const std::size_t end = of_table ? name.rfind('_') : name.find('.');
    const sql::TableInfo* const table = tables_.find(name.substr(0, std::min(end, name.size())));
    row.key = of_table ? "PRIMARY" : std::string(sqlite_name);
    if (table == nullptr) return nullptr;
    if (!row.rows) row.rows = tables_.count_rows(table->name);
    for (const sql::IndexInfo& index : table->indexes) {
      const bool found =
          of_table ? index.sqlite_name.empty() : sql::same_name(index.sqlite_name, sqlite_name);
      if (!found) continue;
      row.key = index.name;
      return &index;
    }
    return nullptr;
  }

  // One table, of which several indexes are asked.
  void merged_indexes(const PlanStep& step, Select& select) {
    const bool led = select.first.has_value();
    const std::size_t begin = rows_.size();
    for (const PlanStep& part : plan_) {
      if (part.parent == step.id) read(part.id, select);
    }
    if (rows_.size() == begin) return;
    std::vector<std::string> keys;
    for (std::size_t i = begin; i < rows_.size(); ++i) keys.push_back(rows_[i].key);
    rows_.resize(begin + 1);
    ExplainedTable& row = rows_[begin];
    row.type = "index_merge";
    row.key = joined(keys, ",");
    row.ref.clear();
    row.extra = {"Using union(" + row.key + ")", "Using where"};
    if (!led) select.first = begin;
  }

  void compound(const PlanStep& step, Select& select) {
    std::string united = std::to_string(select.id);
    bool distinct = step.text.starts_with("MERGE (") && step.text != "MERGE (UNION ALL)";
    bool first = true;
    for (const PlanStep& part : plan_) {
      if (part.parent != step.id) continue;
      Select other = first ? select : next("UNION");
      distinct = distinct || part.text.ends_with("USING TEMP B-TREE");
      read(part.id, other);
      if (first) {
        select.first = other.first;
      } else {
        united += "," + std::to_string(other.id);
      }
      first = false;
    }
    if (!distinct) return;
    ExplainedTable& row = rows_.emplace_back();
    row.select = 0;
    row.select_type = "UNION RESULT";
    row.table = "<union" + united + ">";
    row.type = "ALL";
    row.extra.emplace_back("Using temporary");
  }

  std::span<const PlanStep> plan_;
  const PlanTables& tables_;
  std::vector<ExplainedTable> rows_;
  std::uint64_t selects_ = 1;
  std::map<std::string, std::uint64_t, NameOrder> derived_;  // by SQLite's names
};

std::string tree_line(const ExplainedTable& row) {
  if (row.table.empty()) return "Rows fetched before execution";
  if (row.select_type == "UNION RESULT") return "Table scan on " + row.table + " (deduplicated)";
  const std::string with = " on " + row.table + " using " + row.key;
  const bool covering = std::find(row.extra.begin(), row.extra.end(), "Using index") != row.extra.end();
  const std::string how = covering ? "Covering index " : "Index ";
  if (row.type == "index") return how + "scan" + with;
  if (row.type == "range" || row.type == "index_merge") return how + "range scan" + with;
  if (row.type == "ref") return how + "lookup" + with;
  if (row.type == "const" || row.type == "eq_ref") return "Single-row index lookup" + with;
  return (row.type == "fulltext" ? "Full-text index search on " : "Table scan on ") + row.table;
}

Json json_of(const ExplainedTable& row) {
  Json table;
  if (row.table.empty()) return {{"message", "No tables used"}};
  table["table_name"] = row.table;
  table["access_type"] = row.type;
  if (!row.key.empty()) {
    table["possible_keys"] = {row.key};
    table["key"] = row.key;
  }
  if (!row.ref.empty()) table["ref"] = {row.ref};
  if (row.rows) {
    table["rows_examined_per_scan"] = *row.rows;
    table["filtered"] = "100.00";
  }
  for (const std::string& what : row.extra) {
    if (what == "Using index") table["using_index"] = true;
    if (what == "Using filesort") table["using_filesort"] = true;
    if (what == "Using temporary") table["using_temporary_table"] = true;
  }
  return {{"table", table}};
}

}  // namespace

std::vector<ExplainedTable> explain(std::span<const PlanStep> plan, const sql::Statement& statement,
                                    const PlanTables& tables) {
  return Explanation(plan, tables).run(statement);
}

std::span<const sql::ResultColumn> explain_columns() {
  static const std::vector<sql::ResultColumn> kColumns = [] {
    std::vector<sql::ResultColumn> columns;
    for (const char* const name : {"id", "select_type", "table", "partitions", "type", "possible_keys", "key",
                                   "key_len", "ref", "rows", "filtered", "Extra"}) {
      sql::ResultColumn column;
      column.name = name;
      const bool number = column.name == "id" || column.name == "rows";
      column.type.kind = number                      ? sql::TypeKind::kBigInt
                         : column.name == "filtered" ? sql::TypeKind::kDecimal
                                                     : sql::TypeKind::kVarChar;
      column.type.is_unsigned = number;
      if (column.name == "filtered") column.type.length = 5, column.type.decimals = 2;
      columns.push_back(std::move(column));
    }
    return columns;
  }();
  return kColumns;
}

std::string explained_tree(std::span<const ExplainedTable> rows) {
  std::string text;
  std::uint64_t select = 1;
  std::size_t depth = 0;
  for (const ExplainedTable& row : rows) {
    if (row.select != select) {
      depth = 1;
      text += "-> " +
              (row.select == 0 ? row.select_type
                               : "Select #" + std::to_string(row.select) + " (" + row.select_type + ")") +
              "\n";
    }
    select = row.select;
    for (const std::string& what : row.extra) {
      if (what != "Using filesort" && what != "Using temporary") continue;
      text +=
          std::string(4 * depth++, ' ') + (what == "Using filesort" ? "-> Sort\n" : "-> Temporary table\n");
    }
    text += std::string(4 * depth, ' ') + "-> " + tree_line(row);
    if (row.rows) text += "  (rows=" + std::to_string(*row.rows) + ")";
    text += "\n";
  }
  return text;
}

std::string explained_json(std::span<const ExplainedTable> rows) {
  std::map<std::uint64_t, std::vector<const ExplainedTable*>> selects;
  for (const ExplainedTable& row : rows) selects[row.select - 1].push_back(&row);
  Json blocks = Json::array();
  for (const auto& [number, members] : selects) {
    Json block;
    const ExplainedTable& first = *members.front();
    if (first.select != 0) block["select_id"] = first.select;
    if (!blocks.empty()) block["select_type"] = first.select_type;
    if (members.size() == 1) {
      block.update(json_of(first));
    } else {
      for (const ExplainedTable* const row : members) block["nested_loop"].push_back(json_of(*row));
    }
    blocks.push_back({{"query_block", block}});
  }
  if (blocks.empty()) return "{}";
  Json result = blocks[0];
  blocks.erase(blocks.begin());
  if (!blocks.empty()) result["query_block"]["other_query_blocks"] = blocks;
  return functions::json_pretty(result);
}

}  // namespace murmel::session
