// Names of the internal helpers that translated SQL calls. MySQL's own functions are registered under their
// own names and are not listed here; agent/functions/README.md lists everything, generated from the table of
// functions.
//
// Printing rules: write every function name in double quotes ("left", "insert", "if" and others are keywords
// to SQLite). Types: a SQLite value says too little about MySQL's type, so values carry a tag (SQLite's
// subtype) from one call to the next: DECIMAL, UNSIGNED, DATE, DATETIME, TIME, YEAR, JSON. Results of these
// functions have it. It is lost wherever SQLite stores a value (column, sorter, subquery); put it back with
// kTyped where the static type is known. BLOB is a binary string. Thread rule: none; constants.
#pragma once

namespace murmel::functions::names {

// Comparison by MySQL's rules for mixed types ('1abc' = 1, '2024-01-01' = a DATE, DECIMAL exact). 0, 1 or
// NULL. An optional third argument names the collation of two strings; without it the session's is taken. Two
// columns of one type and collation are better compared by SQLite's own operators, which can use an index.
inline constexpr const char* kEq = "mysql_eq";          // a = b
inline constexpr const char* kNe = "mysql_ne";          // a <> b
inline constexpr const char* kLt = "mysql_lt";          // a < b
inline constexpr const char* kLe = "mysql_le";          // a <= b
inline constexpr const char* kGt = "mysql_gt";          // a > b
inline constexpr const char* kGe = "mysql_ge";          // a >= b
inline constexpr const char* kNullEq = "mysql_nulleq";  // a <=> b; never NULL
inline constexpr const char* kIn = "mysql_in";  // x IN (a, b, ...): mysql_in(collation or NULL, x, a, b, ...)
inline constexpr const char* kBetween = "mysql_between";  // mysql_between(x, low, high [, collation])

// Pattern matching: mysql_like(text, pattern [, escape or NULL [, collation]]); escape '' means none, NULL or
// absent '\'.
inline constexpr const char* kLike = "mysql_like";
inline constexpr const char* kRegexp = "regexp_like";  // x REGEXP y, x RLIKE y

// Truth. mysql_bool turns any value into 0, 1 or NULL as WHERE, AND and OR take it ('1x' is true, 'x' is not,
// 0.5 is).
inline constexpr const char* kBool = "mysql_bool";
inline constexpr const char* kNot = "mysql_not";
inline constexpr const char* kXor = "mysql_xor";

// Arithmetic: BIGINT, BIGINT UNSIGNED, DECIMAL or DOUBLE by the operands, errors 1690 out of range, NULL and
// warning 1365 for a division by zero.
inline constexpr const char* kAdd = "mysql_add";
inline constexpr const char* kSub = "mysql_sub";
inline constexpr const char* kMul = "mysql_mul";
inline constexpr const char* kDiv = "mysql_div";  // a / b: DECIMAL with div_precision_increment, or DOUBLE
inline constexpr const char* kIntDiv = "mysql_intdiv";  // a DIV b
inline constexpr const char* kMod = "mysql_mod";        // a % b, a MOD b
inline constexpr const char* kNeg = "mysql_neg";        // -a

// Bits, on unsigned 64 bit numbers, or on binary strings of equal length.
inline constexpr const char* kBitAnd = "mysql_bit_and";  // a & b (the aggregate is bit_and)
inline constexpr const char* kBitOr = "mysql_bit_or";
inline constexpr const char* kBitXor = "mysql_bit_xor";
inline constexpr const char* kBitNot = "mysql_bit_not";
inline constexpr const char* kShiftLeft = "mysql_shl";
inline constexpr const char* kShiftRight = "mysql_shr";

// CAST and CONVERT.
inline constexpr const char* kSigned = "mysql_signed";
inline constexpr const char* kUnsigned = "mysql_unsigned";
inline constexpr const char* kDecimal = "mysql_decimal";  // (x [, precision, scale]), defaults 10, 0
inline constexpr const char* kDouble = "mysql_double";
inline constexpr const char* kFloat = "mysql_float";
inline constexpr const char* kChar = "mysql_char";      // (x [, length in characters])
inline constexpr const char* kBinary = "mysql_binary";  // (x [, length in bytes]): BLOB
inline constexpr const char* kDate = "mysql_date";
inline constexpr const char* kDateTime = "mysql_datetime";  // (x [, digits of the fraction])
inline constexpr const char* kTime = "mysql_time";          // (x [, digits of the fraction])
inline constexpr const char* kYear = "mysql_year";
inline constexpr const char* kJson = "mysql_json";  // CAST(x AS JSON): parses text, else error 3141
inline constexpr const char* kConvertUsing = "mysql_convert_using";  // (x, 'utf8mb4'): CONVERT(x USING ...)

// Literals that SQLite has no notation for.
inline constexpr const char* kDecimalLiteral =
    "mysql_number";  // ('12.50'): DECIMAL with the digits as written

// Puts the tag of a declared type on a stored value, without check or conversion: mysql_typed(value, type).
// Types: 'decimal', 'unsigned', 'date', 'datetime', 'time', 'year', 'json', 'bit'. DECIMAL is stored as TEXT
// ('12.50') or INTEGER, UNSIGNED as INTEGER with the bits of the number, dates and times as TEXT in MySQL's
// notation.
inline constexpr const char* kTyped = "mysql_typed";

// A BLOB that sorts by memcmp as the value sorts in MySQL: mysql_sort_key(x [, collation]). For ORDER BY,
// GROUP BY and DISTINCT of DECIMAL, UNSIGNED and strings where no collation fits.
inline constexpr const char* kSortKey = "mysql_sort_key";
// A collation of TEXT that compares exact numbers ('9.5' < '10.25'), for DECIMAL kept as TEXT.
inline constexpr const char* kDecimalCollation = "mysql_decimal";

// Dates. Units are MySQL's keywords as text: 'DAY', 'HOUR_MINUTE', 'MICROSECOND', ...
inline constexpr const char* kDateAdd =
    "mysql_date_add";  // (date, amount, unit): date + INTERVAL amount unit, DATE_ADD
inline constexpr const char* kDateSub = "mysql_date_sub";
inline constexpr const char* kExtract = "mysql_extract";        // (unit, date): EXTRACT(unit FROM date)
inline constexpr const char* kTimestampAdd = "timestampadd";    // (unit, amount, date), the unit as text
inline constexpr const char* kTimestampDiff = "timestampdiff";  // (unit, from, to), the unit as text

// Text with syntax of its own.
inline constexpr const char* kTrim = "mysql_trim";  // (what or NULL, text, 'both' | 'leading' | 'trailing')
// SUBSTRING(x FROM a FOR b), POSITION(a IN b), MID, LOCATE ...: print the ordinary call.

// Aggregates with syntax of their own (SQLite 3.40 knows neither ORDER BY nor several DISTINCT arguments in a
// call). mysql_group_concat('distinct' or '', separator, value [, key, 'asc' or 'desc', collation or
// NULL]...)
inline constexpr const char* kGroupConcat = "mysql_group_concat";
// A query as a value: what the only row has, NULL without a row, error 1242 for several.
inline constexpr const char* kOneRow = "mysql_one_row";
inline constexpr const char* kCountDistinct = "mysql_count_distinct";  // (collation or NULL, a, b, ...)
// MIN and MAX of values that SQLite's own would compare wrongly (DECIMAL, UNSIGNED, JSON, mixed): (x [,
// collation]).
inline constexpr const char* kMin = "mysql_min";
inline constexpr const char* kMax = "mysql_max";
// sum, avg, count and the other aggregates: under their own names (sum and avg take the place of SQLite's).
// With DISTINCT, SQLite compares the values itself.

// MATCH ... AGAINST: a search as a table of FTS5's takes it (text, 'natural', 'boolean', or 'words': any of
// its words); and what a row found in such a table is worth, called with the table (it is FTS5's to
// register).
inline constexpr const char* kMatch = "mysql_match";
inline constexpr const char* kRelevance = "mysql_relevance";

// JSON: print TRUE and FALSE among JSON arguments as mysql_json('true'). `column -> path` is json_extract,
// `column ->> path` is json_unquote(json_extract(...)).
inline constexpr const char* kMemberOf = "mysql_member_of";  // value MEMBER OF(array)

// User variables: SELECT @x, @x := value.
inline constexpr const char* kUserVariable = "mysql_user_variable";         // ('x')
inline constexpr const char* kSetUserVariable = "mysql_set_user_variable";  // ('x', value), gives the value

}  // namespace murmel::functions::names
