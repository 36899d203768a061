// The syntax tree: nodes of one shape in an arena. Which children a node has is written beside its kind; a
// child that is absent is null. The parser builds it, passes rewrite it, the printer writes what is SQLite's.
// A node belongs to one parent: what is needed twice is cloned. No thread rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "agent/sql/catalog.h"
#include "agent/sql/types.h"

namespace murmel::sql {

// Memory that is freed at once.
class Arena {
 public:
  void* allocate(std::size_t bytes);
  std::string_view copy(std::string_view text);
  // What lives as long as the arena.
  Type* type(Type value);
  ColumnInfo* column(const ColumnInfo& value);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::unique_ptr<Type>> types_;
  std::vector<std::unique_ptr<ColumnInfo>> columns_;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
};

enum class Kind : std::uint8_t {
  // Literals: `text` is the value (decoded bytes for strings and blobs, digits for numbers).
  kNull,
  kTrue,
  kFalse,
  kInteger,
  kDecimal,
  kDouble,
  kString,        // qualifier: charset introducer
  kBlob,          // X'..', 0x.., b'..'
  kTemporal,      // DATE '..', op says which; text
  kParameter,     // number: which
  kColumn,        // text, qualifier (table), database
  kStar,          // *, t.*
  kUnary,         // op; operand
  kBinary,        // op; left, right
  kIs,            // text: NULL, TRUE, FALSE; operand; kNegated
  kLike,          // text, pattern, escape?; kNegated
  kRegexp,        // text, pattern; kNegated
  kBetween,       // x, low, high; kNegated
  kIn,            // x, kList or kQuery; kNegated
  kQuantified,    // op; left, kQuery; kAll
  kCase,          // operand?, else?, when, then, when, then ...
  kCall,          // text: name; arguments; kDistinct; kStarArgument; window in a kOver as extra
  kOver,          // kCall, kWindow
  kWindow,        // text: name referred to; kList partition?, kList order?, kFrame?
  kFrame,         // text: as SQLite writes it
  kGroupConcat,   // kList arguments, kList order?, separator kString?; kDistinct
  kCast,          // operand; type
  kConvertUsing,  // operand; text: charset
  kCollate,       // operand; text
  kInterval,      // amount; text: unit
  kRow,           // values
  kSubquery,      // kQuery
  kExists,        // kQuery
  kUserVariable,
  kAssign,          // @x := value: text; value
  kSystemVariable,  // @@x: text, qualifier: scope
  kDefault,         // DEFAULT, DEFAULT(column): kColumn, text
  kValuesOf,        // VALUES(column): text
  kMatch,           // kList columns, against; text: mode
  kAt,              // column position in ORDER BY: number

  kList,  // nodes

  // Queries.
  kQuery,         // kWith?, body, kList order?, kLimit?, kList columns with their types (and their number) if
                  // resolved in an expression, kList locks?: kName UPDATE or SHARE of kList tables?; kNoWait,
                  // kSkipLocked
  kWith,          // kCommonTable...; kRecursive
  kCommonTable,   // text; kQuery, kList columns?
  kSelect,        // kList items, from?, where?, kList group?, having?, kList windows?
  kSetOperation,  // text: UNION, ...; left, right; kAll
  kValues,        // kRow...
  kItem,          // expression; text: alias, qualifier: as written (the name without alias)
  kOrder,         // expression; kDescending
  kLimit,         // count, offset?
  kTable,         // text, database, qualifier: alias
  kDerived,  // kQuery, kList columns?; text: alias; kLateral: number of columns. Lowered then: kQuery of the
             // argument of mysql_rows
  kJsonTable,    // document, kJsonColumns; text: alias. Lowered: the arguments of mysql_json_table
  kJsonColumns,  // kJsonColumn or kJsonColumns...; text: path
  kJsonColumn,   // path?, on empty?, on error? (kString a value, kTrue an error); text: name; type, but for
                 // ordinality; kIfExists: EXISTS
  kJoin,  // text: kind as SQLite writes it; left, right, on?, kList using? until it is resolved; kNatural
  kNamedWindow,  // text; kWindow
  kName,         // text

  // Writes.
  kInsert,  // kTable, kList columns?, kQuery or kList of kRow, kList update?, with?; text: INSERT or REPLACE;
            // qualifier: row alias
  kAssignment,  // kColumn, value
  kLoad,        // kTable, kList assignments?; kReplace, kIgnore. The rest is in Parsed::file
  kUpdate,      // from, kList assignments, where?, order?, limit?, with?
  kDelete,      // from, where?, order?, limit?, kList targets?, with?

  // Definitions.
  kCreateTable,       // kTable, kList elements?, kList options, kQuery?, kTable like?
  kColumnDefinition,  // text: name; kList attributes; type
  kAttribute,         // text: which; value?
  kKey,               // text: PRIMARY, UNIQUE, INDEX, FULLTEXT, SPATIAL; qualifier: name; kList of kKeyPart
  kKeyPart,           // text: column, or expression; number: prefix length; kDescending
  kForeignKey,   // qualifier: name; kList columns, kTable, kList columns, kName on delete?, kName on update?
  kCheck,        // qualifier: name; expression
  kOption,       // text: name; qualifier: value
  kAlterTable,   // kTable, kList actions
  kAction,       // text: which; children by action
  kDrop,         // text: TABLE, VIEW, INDEX, TRIGGER; kList of kTable
  kCreateIndex,  // kKey, kTable
  kCreateView,   // kTable, kList columns?, kQuery
  kCreateTrigger,  // kTable name, kTable table, statement; text: "BEFORE INSERT"; qualifier: the statement's
  kTruncate,       // kTable
  kRename,         // kTable, kTable, ...
  kSetLocal,       // SET NEW.x = ..., @x = ... in a trigger: kAssignment...
  kIf,             // in a trigger: condition, kList then, else?
  kSignal,         // in a trigger: message?, number?; text: SQLSTATE
  kExplain,        // statement, kName format?
  kCommand,        // done by the session: Parser::command
  kUnsupported,    // text: what; 1235
};

// Which child of a kSelect is what.
inline constexpr std::uint32_t kItems = 0, kFrom = 1, kWhere = 2, kGroup = 3, kHaving = 4, kWindows = 5;

enum class Op : std::uint8_t {
  kNone,
  kOr,
  kXor,
  kAnd,
  kNot,
  kEq,
  kNullEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kBitOr,
  kBitAnd,
  kShiftLeft,
  kShiftRight,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kIntDiv,
  kMod,
  kBitXor,
  kConcat,
  kNeg,
  kPlus,
  kBitNot,
  kBinary,
  kJson,
  kJsonUnquote,
  kDate,
  kTime,
  kTimestamp,
};

enum Flag : std::uint32_t {
  kNegated = 1,
  kDistinct = 2,
  kAll = 4,
  kStarArgument = 8,
  kRecursive = 16,
  kDescending = 32,
  kNatural = 64,
  kRollup = 128,
  kIgnore = 256,
  kIfExists = 512,
  kIfNotExists = 1024,
  kReplace = 2048,
  kTemporary = 4096,
  kCalcFoundRows = 8192,
  kStraight = 16384,
  kParenthesised = 32768,
  kNoWait = 65536,
  kSkipLocked = 131072,
  kSetForm = 262144,
  kQuoted = 524288,
  kInUtc = 1048576,     // a TIMESTAMP as it is stored
  kNumbered = 2097152,  // a column of JSON_TABLE, which SQLite knows by its number
  kLateral = 4194304,
};

struct Node {
  Kind kind;
  Op op = Op::kNone;
  std::uint32_t flags = 0;
  std::uint32_t number = 0;
  std::uint32_t offset = 0;  // in the client's text
  std::uint32_t depth = 1;   // of the tree below, this node included, when it was built
  std::string_view text;
  std::string_view qualifier;
  std::string_view database;
  const Type* type = nullptr;
  Node** kids = nullptr;
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;

  bool has(Flag flag) const { return (flags & flag) != 0; }
  Node* kid(std::uint32_t i) const { return i < count ? kids[i] : nullptr; }
};

Node* new_node(Arena& arena, Kind kind, std::initializer_list<Node*> kids = {}, std::string_view text = {});
void append(Arena& arena, Node* parent, Node* kid);
Node* clone(Arena& arena, const Node* node);
bool same_tree(const Node* a, const Node* b);
bool has_query(const Node* node);  // a null pointer has none

}  // namespace murmel::sql
