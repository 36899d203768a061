// What the grammar's actions build: column types and definitions.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "agent/sql/parser.h"

namespace murmel::sql {
namespace {

struct TypeWord {
  std::string_view word;
  TypeKind kind;
};

constexpr TypeWord kTypeWords[] = {
    {"TINYINT", TypeKind::kTinyInt},
    {"INT1", TypeKind::kTinyInt},
    {"BOOL", TypeKind::kTinyInt},
    {"BOOLEAN", TypeKind::kTinyInt},
    {"SMALLINT", TypeKind::kSmallInt},
    {"INT2", TypeKind::kSmallInt},
    {"MEDIUMINT", TypeKind::kMediumInt},
    {"INT3", TypeKind::kMediumInt},
    {"MIDDLEINT", TypeKind::kMediumInt},
    {"INT", TypeKind::kInt},
    {"INTEGER", TypeKind::kInt},
    {"INT4", TypeKind::kInt},
    {"BIGINT", TypeKind::kBigInt},
    {"INT8", TypeKind::kBigInt},
    {"DECIMAL", TypeKind::kDecimal},
    {"NUMERIC", TypeKind::kDecimal},
    {"DEC", TypeKind::kDecimal},
    {"FIXED", TypeKind::kDecimal},
    {"FLOAT", TypeKind::kFloat},
    {"DOUBLE", TypeKind::kDouble},
    {"REAL", TypeKind::kDouble},
    {"BIT", TypeKind::kBit},
    {"YEAR", TypeKind::kYear},
    {"DATE", TypeKind::kDate},
    {"TIME", TypeKind::kTime},
    {"DATETIME", TypeKind::kDateTime},
    {"TIMESTAMP", TypeKind::kTimestamp},
    {"CHAR", TypeKind::kChar},
    {"NCHAR", TypeKind::kChar},
    {"VARCHAR", TypeKind::kVarChar},
    {"NVARCHAR", TypeKind::kVarChar},
    {"TINYTEXT", TypeKind::kTinyText},
    {"TEXT", TypeKind::kText},
    {"MEDIUMTEXT", TypeKind::kMediumText},
    {"LONGTEXT", TypeKind::kLongText},
    {"BINARY", TypeKind::kBinary},
    {"VARBINARY", TypeKind::kVarBinary},
    {"TINYBLOB", TypeKind::kTinyBlob},
    {"BLOB", TypeKind::kBlob},
    {"MEDIUMBLOB", TypeKind::kMediumBlob},
    {"LONGBLOB", TypeKind::kLongBlob},
    {"ENUM", TypeKind::kEnum},
    {"SET", TypeKind::kSet},
    {"JSON", TypeKind::kJson},
};

bool same_word(std::string_view upper, std::string_view any) {
  return upper.size() == any.size() &&
         std::equal(upper.begin(), upper.end(), any.begin(),
                    [](char a, char b) { return a == std::toupper(static_cast<unsigned char>(b)); });
}

TypeKind kind_of(std::string_view word) {
  for (const TypeWord& entry : kTypeWords) {
    if (same_word(entry.word, word)) return entry.kind;
  }
  return TypeKind::kUnknown;
}

std::uint32_t number_of(std::string_view digits) {
  std::uint32_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return result.ec == std::errc() ? value : UINT32_MAX;
}

void read_length(Type& type, const Node* length) {
  if (length == nullptr) return;
  type.has_length = true;
  type.length = number_of(length->kids[0]->text);
  if (length->count > 1)
    type.decimals = static_cast<std::uint8_t>(std::min(255U, number_of(length->kids[1]->text)));
}

}  // namespace

std::uint32_t Parser::small_number(const Token* token) {
  return number_of(token->text);
}

Type* Parser::number_type(std::string_view word, Node* length, Node* options) {
  Type type;
  type.kind = kind_of(word);
  read_length(type, length);
  for (std::uint32_t i = 0; i < options->count; ++i) {
    type.is_unsigned = true;  // ZEROFILL makes it unsigned, too
    if (same_word("ZEROFILL", options->kids[i]->text)) type.zerofill = true;
  }
  if (type.kind == TypeKind::kDecimal && !type.has_length) type.length = 10;
  if (type.kind == TypeKind::kDecimal && type.length > 65)
    fail(1426, "42000", "Too-big precision " + std::to_string(type.length) + " specified. Maximum is 65.");
  if (type.kind == TypeKind::kDecimal && type.decimals > 30)
    fail(1425, "42000", "Too big scale " + std::to_string(type.decimals) + " specified. Maximum is 30.");
  // FLOAT(p) with p digits in base two.
  if (type.kind == TypeKind::kFloat && length != nullptr && length->count == 1) {
    if (type.length > 24) type.kind = TypeKind::kDouble;
    type.has_length = false;
  }
  // A width of an integer has no meaning but for ZEROFILL and TINYINT(1).
  if (is_integer(type.kind) && !type.zerofill && !(type.kind == TypeKind::kTinyInt && type.length == 1)) {
    type.has_length = false;
    type.length = 0;
  }
  return arena_.type(std::move(type));
}

Type* Parser::plain_type(std::string_view word, Node* length) {
  Type type;
  type.kind = kind_of(word);
  read_length(type, length);
  if (same_word("BOOL", word) || same_word("BOOLEAN", word)) {
    type.has_length = true;
    type.length = 1;
  }
  if (type.kind == TypeKind::kChar || type.kind == TypeKind::kBinary || type.kind == TypeKind::kBit) {
    if (!type.has_length) type.length = 1;
    type.has_length = true;
  }
  const bool needs_length = type.kind == TypeKind::kVarChar || type.kind == TypeKind::kVarBinary;
  if (needs_length && length == nullptr) {
    Token token;
    token.begin = current_begin_;
    syntax_error(token);
  }
  if (is_temporal(type.kind) && type.has_length) {
    if (type.length > 6) {
      fail(1426, "42000",
           "Too-big precision " + std::to_string(type.length) + " specified for column. Maximum is 6.");
    }
    type.decimals = static_cast<std::uint8_t>(std::min(6U, type.length));
    type.has_length = false;
    type.length = 0;
  }
  if (type.kind == TypeKind::kText || type.kind == TypeKind::kBlob) {
    const std::uint32_t wanted = type.has_length ? type.length : 65535;
    const int up = wanted <= 255 ? -1 : wanted <= 65535 ? 0 : wanted <= 16777215 ? 1 : 2;
    type.kind = static_cast<TypeKind>(static_cast<int>(type.kind) + up);
    type.has_length = false;
  }
  if (type.kind == TypeKind::kYear) type.has_length = false;
  return arena_.type(std::move(type));
}

Type* Parser::member_type(std::string_view word, Node* members) {
  Type type;
  type.kind = kind_of(word);
  for (std::uint32_t i = 0; i < members->count; ++i) {
    std::string member(members->kids[i]->text);
    member.erase(member.find_last_not_of(' ') + 1);
    type.members.push_back(std::move(member));
  }
  return arena_.type(std::move(type));
}

const Type* Parser::with_charset(Type* type, Node* options) {
  for (std::uint32_t i = 0; i < options->count; ++i) {
    const Node* const option = options->kids[i];
    if (option->qualifier == "CHARSET") type->charset = std::string(option->text);
    if (option->text == "BINARY")
      type->collation = (type->charset.empty() ? "utf8mb4" : type->charset) + "_bin";
  }
  return type;
}

Node* Parser::column_definition(std::string_view name, const Type* type, Node* attributes) {
  Node* const node = n(Kind::kColumnDefinition, {attributes}, name);
  node->type = type;
  return node;
}

Node* Parser::serial_definition(std::string_view name, Node* attributes) {
  Type* const type = plain_type("BIGINT", nullptr);
  type->is_unsigned = true;
  for (const char* const attribute : {"NOT NULL", "AUTO_INCREMENT", "UNIQUE"})
    push(attributes, n(Kind::kAttribute, {}, attribute));
  return column_definition(name, type, attributes);
}

Node* Parser::key(std::string_view kind, Node* name, Node* parts, Node* options) {
  Node* const node = n(Kind::kKey, {parts, options}, kind);
  if (name != nullptr) node->qualifier = name->text;
  return node;
}

Node* Parser::foreign_key(Node* name, Node* columns, Node* references) {
  Node* const node = n(Kind::kForeignKey, {columns, references->kid(0), references->kid(1),
                                           references->kid(2), references->kid(3)});
  if (name != nullptr) node->qualifier = name->text;
  return node;
}

Node* Parser::check(Node* name, Node* expression, Node* not_enforced) {
  Node* const node = n(Kind::kCheck, {expression});
  if (name != nullptr) node->qualifier = name->text;
  if (not_enforced != nullptr) node->flags |= kNegated;
  return node;
}

Node* Parser::option(std::string_view name, std::string_view value) {
  Node* const node = n(Kind::kOption, {}, name);
  node->qualifier = value;
  return node;
}

Node* Parser::alter(Node* table, Node* action) {
  return n(Kind::kAlterTable, {table, list(action)});
}

Node* Parser::action(std::string_view what, std::initializer_list<Node*> operands) {
  return n(Kind::kAction, operands, what);
}

// What stands behind the name is kept as it is written.
Node* Parser::view(Node* name, Node* columns, Node* query, Node* start) {
  Node* const node = n(Kind::kCreateView, {name, columns, query});
  node->qualifier = text_.substr(start->offset, previous_end_ - start->offset);
  return node;
}

// Without backslashes in strings there are none in files either, unless the statement says so.
FileUse& Parser::file_use() {
  if (parsed_.file) return *parsed_.file;
  FileUse& file = parsed_.file.emplace();
  if (no_backslash_escapes_) file.form.escape.clear();
  return file;
}

Node* Parser::load_data(Node* name, Node* duplicates, Node* table, Node* assignments) {
  file_use().name = std::string(name->text);
  Node* const node = n(Kind::kLoad, {table, assignments});
  node->flags = duplicates->flags;
  set_kind(StatementKind::kWrite);
  return node;
}

void Parser::into_file(Node* name, bool dump) {
  file_use().name = std::string(name->text);
  file_use().dump = dump;
}

void Parser::skip_lines(const Token* count) {
  const auto* const end = count->text.data() + count->text.size();
  if (std::from_chars(count->text.data(), end, file_use().skipped_lines).ec != std::errc())
    syntax_error(*count);
}

// At most one character, as MySQL has it.
bool Parser::one_character(const Node* text) {
  if (text->text.size() <= 1) return true;
  fail(1083, "42000", "Field separator argument is not what is expected; check the manual");
  return false;
}

void Parser::enclosed_by(Node* text, bool optionally) {
  if (!one_character(text)) return;
  file_use().form.enclosure = std::string(text->text);
  file_use().form.optionally_enclosed = optionally;
}

void Parser::escaped_by(Node* text) {
  if (one_character(text)) file_use().form.escape = std::string(text->text);
}

Node* Parser::trigger(Node* name, Node* time, Node* event, Node* table, Node* start, Node* body) {
  Node* const node = n(Kind::kCreateTrigger, {name, table, body});
  node->text = arena_.copy(upper_case(time->text) + " " + upper_case(event->text));
  node->qualifier = text_.substr(start->offset, previous_end_ - start->offset);
  return node;
}

Node* Parser::drop(std::string_view what, Node* if_exists, Node* tables) {
  set_kind(StatementKind::kDdl);
  Node* const node = n(Kind::kDrop, {tables}, what);
  node->flags |= flag_if(if_exists, kIfExists);
  return node;
}

}  // namespace murmel::sql
