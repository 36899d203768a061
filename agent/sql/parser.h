// Text to trees: drives the lexer and Lemon's parser, and has the small functions that the grammar's actions
// call. What a session does itself is collected in `Parsed::command`; expressions in it that must be
// evaluated stay trees until the translator prints them. The first error wins. No thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/ast.h"
#include "agent/sql/lexer.h"
#include "agent/sql/translator.h"

namespace murmel::sql {

// One statement.
struct Parsed {
  std::string_view text;
  StatementKind kind = StatementKind::kQuery;
  Node* tree = nullptr;
  Command command;
  std::vector<Node*> values;  // of SET, KILL, SHOW ... WHERE: expressions in the order of the command
  std::vector<std::string_view> into;  // SELECT ... INTO @a, @b
  std::optional<FileUse> file;         // LOAD DATA, SELECT ... INTO OUTFILE
  std::uint32_t parameters = 0;
  std::optional<SqlError> error;
};

SqlError unsupported_error(std::string_view what);  // 1235

class Parser {
 public:
  Parser(std::string_view text, const SqlMode& mode, Arena& arena);

  // The next statement, or nothing at the end of the text. After one with an error, nothing follows.
  std::optional<Parsed> next();
  // Nothing but blanks, comments and semicolons is left.
  bool at_end();
  // Where the last statement ends in the text: its semicolon, or the end.
  std::size_t end() const { return current_begin_; }

  // A column definition without its name, or the options of a table, as stored_table.h keeps them.
  Node* parse_fragment(int start_token);

  // Called by the grammar's actions.
  void finish(Node* tree) { parsed_.tree = tree; }
  void syntax_error(const Token& token);
  void too_complex();
  void fail(std::uint16_t number, const char* sqlstate, std::string message);
  void not_supported(std::string_view what) { fail_with(unsupported_error(what)); }
  void set_kind(StatementKind kind) { parsed_.kind = kind; }

  Node* n(Kind kind, std::initializer_list<Node*> kids = {}, std::string_view text = {});
  std::uint32_t flag_if(const Node* condition, Flag flag) const { return condition != nullptr ? flag : 0U; }
  Node* flagged(Flag flag);
  Node* list(Node* first = nullptr);
  void push(Node* list, Node* node) { append(arena_, list, node); }
  Node* name(const Token* token);
  Node* literal(Kind kind, const Token* token);
  Node* string(std::string_view text) { return n(Kind::kString, {}, text); }
  Node* introduced(const Token* charset, const Token* value);
  Node* op(Op op);
  Node* unary(Op op, Node* operand);
  Node* binary(Op op, Node* left, Node* right);
  Node* call(std::string_view function, std::initializer_list<Node*> arguments);
  Node* call_of(std::string_view function, Node* arguments, Node* over);
  Node* innermost_call(Node* node) { return node->kind == Kind::kOver ? node->kid(0) : node; }
  void needs_over(const Node* call, const Node* name);
  Node* cast(Node* operand, Node* type);
  Node* trim(std::string_view side, Node* what, Node* text);
  Node* case_of(Node* operand, Node* whens, Node* otherwise);
  Node* unit(const Token* token);
  Node* odbc(Node* kind, Node* value);
  Node* row(Node* first, Node* rest);
  Node* column(std::string_view database, std::string_view table, std::string_view name,
               std::uint32_t offset);
  Node* parameter(const Token* token);
  Node* system_variable(const Token* token);
  Node* unsupported(std::string_view what);

  Node* query(Node* with, Node* body, Node* order, Node* limit, Node* locks);
  void lock(Node* query, Node* locks);
  Node* set_operation(std::string_view word, Node* left, Node* all, Node* right);
  Node* all_of(Node* table);
  Node* mark();
  void item_end() { item_end_ = previous_end_; }
  Node* item(Node* start, Node* expression, Node* alias);
  Node* table(std::string_view database, std::string_view name);
  Node* join(std::string_view kind, Node* left, Node* right, Node* on = nullptr,
             Node* using_columns = nullptr);
  Node* derived(Node* query, Node* alias, Node* columns);
  Node* json_table(Node* document, Node* columns, Node* alias);
  Node* json_replies(Node* empty, Node* error);
  const Type* with_collation(const Type* type, const Node* collation);
  Node* do_query(Node* expressions);

  Node* insert(std::string_view verb, Node* options, Node* table, Node* source, Node* update);
  Node* source(Node* columns, Node* rows, Node* alias);
  Node* source_of_assignments(Node* assignments, Node* alias);

  Node* column_definition(std::string_view name, const Type* type, Node* attributes);
  Node* serial_definition(std::string_view name, Node* attributes);
  Node* key(std::string_view kind, Node* name, Node* parts, Node* options);
  Node* foreign_key(Node* name, Node* columns, Node* references);
  Node* check(Node* name, Node* expression, Node* not_enforced);
  std::uint32_t small_number(const Token* token);
  Node* option(std::string_view name, std::string_view value);
  Node* alter(Node* table, Node* action);
  Node* action(std::string_view what, std::initializer_list<Node*> operands);
  Node* drop(std::string_view what, Node* if_exists, Node* tables);
  Node* view(Node* name, Node* columns, Node* query, Node* start);
  void into_variable(const Token* variable) { parsed_.into.push_back(variable->text); }
  FileUse& file_use();
  Node* load_data(Node* name, Node* duplicates, Node* table, Node* assignments);
  void into_file(Node* name, bool dump);
  void skip_lines(const Token* count);
  void enclosed_by(Node* text, bool optionally);
  void escaped_by(Node* text);
  Node* trigger(Node* name, Node* time, Node* event, Node* table, Node* start, Node* body);
  std::string_view upper(const Node* word) { return arena_.copy(upper_case(word->text)); }
  const Type* with_charset(Type* type, Node* options);
  Type* number_type(std::string_view word, Node* length, Node* options);
  Type* plain_type(std::string_view word, Node* length);
  Type* member_type(std::string_view word, Node* members);

  Node* command(StatementKind kind);
  TransactionCommand& transaction_command() { return state<TransactionCommand>(); }
  Node* transaction(TransactionCommand::What what);
  Node* savepoint(TransactionCommand::What what, Node* name);
  void set_variable(std::string_view scope, std::string_view name, Node* value);
  std::string_view dotted(Node* first, Node* second);
  void set_at_variable(const Token* variable, Node* value);
  void set_user_variable(const Token* variable, Node* value);
  void set_names(Node* charset, Node* collation);
  void set_charset(Node* charset);
  void set_transaction(std::string_view scope, Node* modes);
  void set_password(Node* account, Node* password);
  Node* use(Node* name);
  Node* kill(bool query_only, Node* id);
  ShowCommand& show_command() { return state<ShowCommand>(); }
  void show(std::string_view what) { show_command().what = std::string(what); }
  void show_table(Node* table);
  void show_where(Node* condition);
  void show_limit(const Token* limit, const Token* offset);
  void show_account(Node* account);
  AccountCommand& account_state() { return state<AccountCommand>(); }
  Node* account(Node* user, const Token* host);
  void add_account(Node* account, Node* identification);
  Node* account_command(AccountCommand::What what, Node* if_exists, Node* if_not_exists);
  Node* revoke_all();
  void add_privilege(Node* name, Node* columns);
  void grant_on(std::string_view database, std::string_view table);
  Node* prepare(Node* name, std::string_view text, std::string_view variable);
  Node* prepared(PreparedCommand::What what, Node* name);
  void using_variable(const Token* variable) {
    state<PreparedCommand>().using_variables.emplace_back(variable->text);
  }
  DatabaseCommand& database_state() { return state<DatabaseCommand>(); }
  Node* database(DatabaseCommand::What what, Node* name, Node* if_exists, Node* if_not_exists);
  void admin_table(Node* table, bool write);
  Node* admin(std::string_view what);
  Node* load(const Token* what, Node* name);  // EXTENSION
  Node* maintain(std::string_view what, Node* tables);

 private:
  template <typename T>
  T& state() {
    if (!std::holds_alternative<T>(parsed_.command)) parsed_.command = T{};
    return *std::get_if<T>(&parsed_.command);
  }
  void fail_with(SqlError error);
  bool one_character(const Node* text);
  void parse_one(const Token& first);
  SetItem& new_set_item(SetItem::Scope scope, std::string_view name);
  void set_value(SetItem& item, Node* value);

  std::string_view text_;
  Arena& arena_;
  Lexer lexer_;
  Parsed parsed_;
  std::uint32_t previous_end_ = 0;  // of the last token the grammar has taken
  std::uint32_t item_end_ = 0;
  std::uint32_t current_begin_ = 0;
  bool stopped_ = false;
  bool no_backslash_escapes_;
};

}  // namespace murmel::sql
