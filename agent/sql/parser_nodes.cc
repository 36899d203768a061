// What the grammar's actions build: expressions, queries and writes.
#include <algorithm>

#include "agent/sql/parser.h"

namespace murmel::sql {
namespace {

constexpr std::size_t kTitleBytesMax = 256;

// MySQL names an expression by its text, of which it keeps so much, in whole characters.
std::string_view title(std::string_view text) {
  if (text.size() <= kTitleBytesMax) return text;
  std::size_t end = kTitleBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

Node* Parser::flagged(Flag flag) {
  Node* const node = n(Kind::kNull);
  node->flags = flag;
  return node;
}

Node* Parser::list(Node* first) {
  Node* const node = n(Kind::kList);
  if (first != nullptr) push(node, first);
  return node;
}

Node* Parser::name(const Token* token) {
  Node* const node = n(Kind::kName, {}, token->text);
  node->offset = token->begin;
  return node;
}

Node* Parser::literal(Kind kind, const Token* token) {
  Node* const node = n(kind, {}, token->text);
  node->offset = token->begin;
  return node;
}

Node* Parser::introduced(const Token* charset, const Token* value) {
  Node* const node = n(Kind::kString, {}, value->text);
  node->qualifier = arena_.copy(lower_case(charset->text));
  if (node->qualifier == "binary") node->kind = Kind::kBlob;
  if (node->qualifier == "latin1" &&
      std::any_of(value->text.begin(), value->text.end(), [](char c) { return (c & 0x80) != 0; })) {
    Node* const blob = n(Kind::kBlob, {}, value->text);
    return n(Kind::kConvertUsing, {blob}, node->qualifier);
  }
  return node;
}

Node* Parser::op(Op op) {
  Node* const node = n(Kind::kNull);
  node->op = op;
  return node;
}

Node* Parser::unary(Op op, Node* operand) {
  Node* const node = n(Kind::kUnary, {operand});
  node->op = op;
  return node;
}

Node* Parser::binary(Op op, Node* left, Node* right) {
  Node* const node = n(Kind::kBinary, {left, right});
  node->op = op;
  return node;
}

Node* Parser::call(std::string_view function, std::initializer_list<Node*> arguments) {
  return n(Kind::kCall, arguments, function);
}

Node* Parser::call_of(std::string_view function, Node* arguments, Node* over) {
  Node* const node = n(Kind::kCall, {}, arena_.copy(lower_case(function)));
  for (std::uint32_t i = 0; i < arguments->count; ++i) push(node, arguments->kids[i]);
  return over == nullptr ? node : n(Kind::kOver, {node, over});
}

void Parser::needs_over(const Node* call, const Node* name) {
  if (call->kind == Kind::kOver) return;
  Token token;
  token.begin = name->offset;
  syntax_error(token);
}

Node* Parser::cast(Node* operand, Node* type) {
  Node* const node = n(Kind::kCast, {operand}, type->text);
  if (const Node* length = type->kid(0)) {
    for (std::uint32_t i = 0; i < length->count; ++i) push(node, length->kids[i]);
  }
  return type->kid(1) != nullptr ? n(Kind::kConvertUsing, {node}, type->kid(1)->text) : node;
}

Node* Parser::trim(std::string_view side, Node* what, Node* text) {
  return call("mysql_trim", {what != nullptr ? what : n(Kind::kNull), text, string(side)});
}

Node* Parser::case_of(Node* operand, Node* whens, Node* otherwise) {
  Node* const node = n(Kind::kCase, {operand, otherwise});
  for (std::uint32_t i = 0; i < whens->count; ++i) push(node, whens->kids[i]);
  return node;
}

Node* Parser::unit(const Token* token) {
  return string(arena_.copy(upper_case(token->text)));
}

// {d '2024-01-01'}, {ts '...'}, {t '...'}; others mean their value.
Node* Parser::odbc(Node* kind, Node* value) {
  const std::string word = lower_case(kind->text);
  if (value->kind != Kind::kString || (word != "d" && word != "t" && word != "ts")) return value;
  value->kind = Kind::kTemporal;
  value->op = word == "d" ? Op::kDate : word == "t" ? Op::kTime : Op::kTimestamp;
  return value;
}

Node* Parser::row(Node* first, Node* rest) {
  Node* const node = n(Kind::kRow, {first});
  for (std::uint32_t i = 0; i < rest->count; ++i) push(node, rest->kids[i]);
  return node;
}

Node* Parser::column(std::string_view database, std::string_view table, std::string_view name,
                     std::uint32_t offset) {
  Node* const node = n(Kind::kColumn, {}, name);
  node->database = database;
  node->qualifier = table;
  node->offset = offset;
  return node;
}

Node* Parser::parameter(const Token* token) {
  Node* const node = n(Kind::kParameter);
  node->number = parsed_.parameters++;
  node->offset = token->begin;
  return node;
}

// The token is what stands behind @@: name, session.name, global.name.
Node* Parser::system_variable(const Token* token) {
  const std::string whole = lower_case(token->text);
  std::string_view name = arena_.copy(whole);
  Node* const node = n(Kind::kSystemVariable);
  for (const std::string_view scope : {"global.", "session.", "local.", "persist."}) {
    if (!name.starts_with(scope)) continue;
    node->qualifier = scope == "local." ? "session" : scope.substr(0, scope.size() - 1);
    name.remove_prefix(scope.size());
    break;
  }
  node->text = name;
  return node;
}

Node* Parser::unsupported(std::string_view what) {
  not_supported(what);
  return n(Kind::kNull);
}

Node* Parser::query(Node* with, Node* body, Node* order, Node* limit, Node* locks) {
  Node* const node = n(Kind::kQuery, {with, body, order, limit});
  lock(node, locks);
  return node;
}

void Parser::lock(Node* query, Node* locks) {
  if (locks == nullptr) return;
  if (query->count == 4) push(query, nullptr);
  push(query, locks);
}

Node* Parser::set_operation(std::string_view word, Node* left, Node* all, Node* right) {
  Node* const node = n(Kind::kSetOperation, {left, right}, word);
  node->flags |= flag_if(all, kAll);
  return node;
}

Node* Parser::all_of(Node* table) {
  return n(Kind::kSelect, {list(n(Kind::kStar)), table, nullptr, nullptr, nullptr, nullptr});
}

Node* Parser::mark() {
  Node* const node = n(Kind::kNull);
  node->offset = current_begin_;
  return node;
}

Node* Parser::item(Node* start, Node* expression, Node* alias) {
  Node* const node = n(Kind::kItem, {expression}, alias != nullptr ? alias->text : std::string_view());
  node->qualifier = expression->kind == Kind::kColumn || expression->kind == Kind::kString
                        ? expression->text
                        : title(text_.substr(start->offset, item_end_ - start->offset));
  node->offset = start->offset;
  return node;
}

Node* Parser::table(std::string_view database, std::string_view name) {
  Node* const node = n(Kind::kTable, {}, name);
  node->database = database;
  return node;
}

Node* Parser::join(std::string_view kind, Node* left, Node* right, Node* on, Node* using_columns) {
  return n(Kind::kJoin, {left, right, on, using_columns}, kind);
}

Node* Parser::derived(Node* query, Node* alias, Node* columns) {
  if (alias == nullptr) fail(1248, "42000", "Every derived table must have its own alias");
  return n(Kind::kDerived, {query, columns}, alias != nullptr ? alias->text : std::string_view());
}

Node* Parser::json_table(Node* document, Node* columns, Node* alias) {
  if (alias == nullptr) fail(3667, "42000", "Every table function must have an alias.");
  return n(Kind::kJsonTable, {document, columns}, alias != nullptr ? alias->text : std::string_view());
}

// NULL is what there is without a word.
Node* Parser::json_replies(Node* empty, Node* error) {
  const auto said = [](Node* reply) {
    return reply != nullptr && reply->kind == Kind::kNull ? nullptr : reply;
  };
  return n(Kind::kJsonColumn, {nullptr, said(empty), said(error)});
}

const Type* Parser::with_collation(const Type* type, const Node* collation) {
  Type collated = *type;
  collated.collation = std::string(collation->text);
  return arena_.type(std::move(collated));
}

// DO evaluates and answers with no rows.
Node* Parser::do_query(Node* expressions) {
  Node* const items = list();
  for (std::uint32_t i = 0; i < expressions->count; ++i) push(items, n(Kind::kItem, {expressions->kids[i]}));
  Node* const select = n(Kind::kSelect, {items, nullptr, nullptr, nullptr, nullptr, nullptr});
  return query(nullptr, select, nullptr, n(Kind::kLimit, {n(Kind::kInteger, {}, "0"), nullptr}), nullptr);
}

Node* Parser::insert(std::string_view verb, Node* options, Node* table, Node* source, Node* update) {
  Node* const node = n(Kind::kInsert, {table, source->kid(0), source->kid(1), update}, verb);
  node->qualifier = source->text;
  node->flags = options->flags | source->flags;
  if (source->kid(2) != nullptr) push(node, source->kid(2));
  return node;
}

Node* Parser::source(Node* columns, Node* rows, Node* alias) {
  Node* const node = n(Kind::kNull, {columns, rows, alias != nullptr ? alias->kid(0) : nullptr});
  if (alias != nullptr) node->text = alias->text;
  return node;
}

Node* Parser::source_of_assignments(Node* assignments, Node* alias) {
  Node* const columns = list();
  Node* const values = n(Kind::kRow);
  for (std::uint32_t i = 0; i < assignments->count; ++i) {
    push(columns, assignments->kids[i]->kid(0));
    push(values, assignments->kids[i]->kid(1));
  }
  Node* const node = source(columns, list(values), alias);
  node->flags |= kSetForm;
  return node;
}

}  // namespace murmel::sql
