// Which column CREATE TABLE ... SELECT makes of an expression: type, length, digits, collation, NULL and
// DEFAULT as MySQL 8 derives them. Of what it is not known exactly nothing is said, so that the statement is
// refused and no column differs silently. No thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {

inline constexpr std::uint32_t kInteger64 = 21;  // characters of any integer

// What MySQL knows of an expression before it runs.
struct Made {
  TypeKind kind = TypeKind::kNull;
  std::uint32_t length = 0;    // characters that it takes as text
  std::uint32_t digits = 0;    // of exact numbers
  std::uint32_t decimals = 0;  // of them behind the point; of times: of the fraction of a second
  bool is_unsigned = false;
  bool nullable = false;
  bool by_length = false;          // an integer that is INT or BIGINT by its length
  std::uint32_t short_length = 0;  // the longest that is an INT
  // Texts: whose collation it is decides which of two remains.
  enum class Coercion { kConnection, kColumn, kExplicit } coercion = Coercion::kConnection;
  std::string charset;
  std::string collation;
  const ColumnInfo* column = nullptr;  // of a table, whose type it has
  bool aggregated = false;             // the least or greatest of the column
};

struct MadeColumn {
  std::string_view name;
  Made made;
};

// A table that a query reads.
struct MadeSource {
  std::string_view alias;
  std::vector<MadeColumn> columns;
};

class MadeColumns {
 public:
  explicit MadeColumns(Context& context) : context_(context) {}

  // Of a query whose names are resolved, by the order of its columns.
  std::optional<std::vector<MadeColumn>> query(const Node* query);
  // The column's type, NULL and DEFAULT; `collation`: of the table that is made.
  std::optional<ColumnInfo> column(const Made& made, std::string_view collation) const;

 private:
  using Found = std::optional<Made>;
  std::optional<std::vector<MadeColumn>> body(const Node* body);
  std::optional<std::vector<MadeColumn>> select(const Node* select);
  bool from(const Node* from, bool optional, std::vector<MadeSource>& sources);
  bool table(const Node* table, bool optional, std::vector<MadeSource>& sources);
  bool view(const TableInfo& info, std::string_view database, MadeSource& source);
  Made stored(const ColumnInfo& column, const TableInfo& table) const;

  Found of(const Node* node);
  Found literal(const Node* node) const;
  Found column_named(const Node* node) const;
  Found unary(const Node* node);
  Found arithmetic(const Node* node);
  Found condition(const Node* node);
  Found branches(const Node* node);
  Found cast(const Node* node);
  Found unmeasured(const Node* node);
  Found collated(const Node* node);
  Found subquery(const Node* query);
  Found call(const Node* node);
  Found text_call(const Node* node);
  Found cut(const Node* node);
  Found rounded(const Node* node);
  Found moved(const Node* node);
  Found json_part(const Node* node, bool as_text);
  Found aggregate(const Node* node);
  Found over(const Node* node);
  Made text(std::uint32_t length, bool nullable) const;
  bool known(const Node* node, bool& nullable);

  Context& context_;
  std::vector<MadeSource> common_;                      // of WITH
  std::vector<const std::vector<MadeSource>*> scopes_;  // the innermost last
};

// One of two values, as CASE and UNION have it.
std::optional<Made> merged(const Made& a, const Made& b);
Made made_integer(std::uint32_t length, bool nullable);
Made made_decimal(std::uint32_t digits, std::uint32_t decimals, bool is_unsigned, bool nullable);
bool is_exact(const Made& made);

}  // namespace murmel::sql
