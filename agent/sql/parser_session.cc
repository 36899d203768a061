// What the grammar's actions build: commands that the session carries out itself.
#include <charconv>
#include <utility>

#include "agent/sql/parser.h"

namespace murmel::sql {
namespace {

SetItem::Scope scope_of(std::string_view word) {
  const std::string scope = lower_case(word);
  if (scope == "global") return SetItem::Scope::kGlobal;
  if (scope == "session" || scope == "local") return SetItem::Scope::kSession;
  if (scope.starts_with("persist")) return SetItem::Scope::kPersist;
  return SetItem::Scope::kDefault;
}

std::int64_t count_of(const Token* token, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  if (token == nullptr) return otherwise;
  std::from_chars(token->text.data(), token->text.data() + token->text.size(), value);
  return value;
}

}  // namespace

// SET PASSWORD among the assignments of SET makes a statement on accounts of it.
Node* Parser::command(StatementKind kind) {
  set_kind(std::holds_alternative<AccountCommand>(parsed_.command) ? StatementKind::kAccount : kind);
  return n(Kind::kCommand);
}

Node* Parser::transaction(TransactionCommand::What what) {
  transaction_command().what = what;
  return command(StatementKind::kTransaction);
}

Node* Parser::savepoint(TransactionCommand::What what, Node* name) {
  transaction_command().savepoint = std::string(name->text);
  return transaction(what);
}

SetItem& Parser::new_set_item(SetItem::Scope scope, std::string_view name) {
  SetItem item;
  item.scope = scope;
  item.name = lower_case(name);
  auto& items = state<SetCommand>().items;
  items.push_back(std::move(item));
  parsed_.values.push_back(nullptr);
  return items.back();
}

// A bare name is a word (SET sql_mode = ansi); everything else is evaluated.
void Parser::set_value(SetItem& item, Node* value) {
  if (value->kind == Kind::kName || (value->kind == Kind::kColumn && value->qualifier.empty())) {
    item.word = std::string(value->text);
  } else if (value->kind == Kind::kTrue || value->kind == Kind::kFalse) {
    item.word = value->kind == Kind::kTrue ? "1" : "0";
  } else {
    parsed_.values.back() = value;
  }
}

void Parser::set_variable(std::string_view scope, std::string_view name, Node* value) {
  SetItem& item = new_set_item(scope_of(scope), name);
  item.persist_only = lower_case(scope) == "persist_only";
  set_value(item, value);
}

std::string_view Parser::dotted(Node* first, Node* second) {
  return arena_.copy(std::string(first->text) + "." + std::string(second->text));
}

void Parser::set_at_variable(const Token* variable, Node* value) {
  const Node* const node = system_variable(variable);
  const auto scope = node->qualifier.empty() ? SetItem::Scope::kSession : scope_of(node->qualifier);
  SetItem& item = new_set_item(scope, node->text);
  item.persist_only = lower_case(node->qualifier) == "persist_only";
  set_value(item, value);
}

void Parser::set_user_variable(const Token* variable, Node* value) {
  new_set_item(SetItem::Scope::kUser, variable->text);
  parsed_.values.back() = value;
}

void Parser::set_names(Node* charset, Node* collation) {
  SetItem& item = new_set_item(SetItem::Scope::kNames, "");
  item.word = lower_case(charset->text);
  if (collation != nullptr) item.collation = lower_case(collation->text);
}

void Parser::set_charset(Node* charset) {
  new_set_item(SetItem::Scope::kCharacterSet, "").word = lower_case(charset->text);
}

void Parser::set_transaction(std::string_view scope, Node* modes) {
  for (std::uint32_t i = 0; i < modes->count; ++i) {
    SetItem& item = new_set_item(SetItem::Scope::kTransaction, lower_case(scope));
    item.word = std::string(modes->kids[i]->text);
    item.next_only = scope.empty();
  }
}

void Parser::set_password(Node* account, Node* password) {
  if (account == nullptr) account = this->account(nullptr, nullptr);
  add_account(account, n(Kind::kNull, {nullptr, password, nullptr}));
  account_state().what = AccountCommand::What::kSetPassword;
}

Node* Parser::use(Node* name) {
  state<UseCommand>().database = std::string(name->text);
  return command(StatementKind::kUse);
}

Node* Parser::kill(bool query_only, Node* id) {
  state<KillCommand>().query_only = query_only;
  parsed_.values.push_back(id);
  return command(StatementKind::kKill);
}

void Parser::show_table(Node* table) {
  show_command().name = std::string(table->text);
  show_command().database = std::string(table->database);
}

void Parser::show_where(Node* condition) {
  parsed_.values.push_back(condition);
}

void Parser::show_limit(const Token* limit, const Token* offset) {
  show_command().limit = count_of(limit, 0);
  show_command().offset = count_of(offset, 0);
}

// The current account is left out.
void Parser::show_account(Node* account) {
  if (account == nullptr || account->has(kNegated)) return;
  show_command().name = std::string(account->text) + "@" + std::string(account->qualifier);
}

// text: user, qualifier: host; kNegated for CURRENT_USER.
Node* Parser::account(Node* user, const Token* host) {
  Node* const node = n(Kind::kName, {}, user != nullptr ? user->text : std::string_view());
  node->qualifier = host == nullptr ? "%" : host->text;
  if (user == nullptr) node->flags |= kNegated;
  return node;
}

void Parser::add_account(Node* account, Node* identification) {
  Account entry;
  entry.user = std::string(account->text);
  entry.host = std::string(account->qualifier);
  entry.current = account->has(kNegated);
  if (identification != nullptr) {
    const auto text_of = [&](std::uint32_t i) {
      return identification->kid(i) != nullptr ? std::string(identification->kid(i)->text) : std::string();
    };
    entry.plugin = lower_case(text_of(0));
    entry.has_password = identification->kid(1) != nullptr;
    entry.password = text_of(1);
    entry.password_hash = text_of(2);
  }
  account_state().accounts.push_back(std::move(entry));
}

Node* Parser::account_command(AccountCommand::What what, Node* if_exists, Node* if_not_exists) {
  account_state().what = what;
  account_state().if_exists = if_exists != nullptr;
  account_state().if_not_exists = if_not_exists != nullptr;
  return command(StatementKind::kAccount);
}

// REVOKE without ON: everything, or roles.
Node* Parser::revoke_all() {
  const std::vector<Privilege>& words = account_state().privileges;
  const bool all = words.size() == 2 && words[0].name == "ALL PRIVILEGES" && words[1].name == "GRANT OPTION";
  return all ? account_command(AccountCommand::What::kRevokeAll, nullptr, nullptr) : unsupported("roles");
}

void Parser::add_privilege(Node* name, Node* columns) {
  Privilege privilege;
  privilege.name = upper_case(name->text);
  if (privilege.name == "ALL") privilege.name = "ALL PRIVILEGES";
  for (std::uint32_t i = 0; columns != nullptr && i < columns->count; ++i) {
    privilege.columns.emplace_back(columns->kids[i]->text);
  }
  account_state().privileges.push_back(std::move(privilege));
}

void Parser::grant_on(std::string_view database, std::string_view table) {
  account_state().database = std::string(database);
  account_state().table = std::string(table);
}

Node* Parser::prepare(Node* name, std::string_view text, std::string_view variable) {
  state<PreparedCommand>().text = std::string(text);
  state<PreparedCommand>().from_variable = std::string(variable);
  return prepared(PreparedCommand::What::kPrepare, name);
}

Node* Parser::prepared(PreparedCommand::What what, Node* name) {
  state<PreparedCommand>().what = what;
  state<PreparedCommand>().name = std::string(name->text);
  return command(StatementKind::kPrepared);
}

Node* Parser::database(DatabaseCommand::What what, Node* name, Node* if_exists, Node* if_not_exists) {
  database_state().what = what;
  database_state().name = std::string(name->text);
  database_state().if_exists = if_exists != nullptr;
  database_state().if_not_exists = if_not_exists != nullptr;
  return command(StatementKind::kDatabase);
}

void Parser::admin_table(Node* table, bool write) {
  state<AdminCommand>().tables.push_back({std::string(table->database), std::string(table->text), write});
}

Node* Parser::admin(std::string_view what) {
  state<AdminCommand>().what = std::string(what);
  return command(StatementKind::kAdmin);
}

Node* Parser::load(const Token* what, Node* name) {
  if (upper_case(what->text) != "EXTENSION") {
    unsupported("LOAD " + upper_case(what->text));
    return nullptr;
  }
  state<AdminCommand>().tables.push_back({{}, std::string(name->text), false});
  return admin("LOAD EXTENSION");
}

Node* Parser::maintain(std::string_view what, Node* tables) {
  for (std::uint32_t i = 0; i < tables->count; ++i) admin_table(tables->kids[i], false);
  return admin(upper_case(what) + " TABLE");
}

}  // namespace murmel::sql
