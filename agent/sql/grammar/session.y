// What the session does itself: transactions, SET, SHOW, USE, KILL, accounts, PREPARE, databases, administration.
statement(A) ::= BEGIN work. { A = p->transaction(TransactionCommand::What::kBegin); }
statement(A) ::= START TRANSACTION begin_options. { A = p->transaction(TransactionCommand::What::kBegin); }
begin_options ::= .
begin_options ::= begin_option_list.
begin_option_list ::= begin_option.
begin_option_list ::= begin_option_list OP_COMMA begin_option.
begin_option ::= READ ONLY. { p->transaction_command().read_only = true; }
begin_option ::= READ WRITE. { p->transaction_command().read_write = true; }
begin_option ::= WITH CONSISTENT SNAPSHOT. { p->transaction_command().consistent_snapshot = true; }
statement(A) ::= COMMIT work end_options. { A = p->transaction(TransactionCommand::What::kCommit); }
statement(A) ::= ROLLBACK work end_options. { A = p->transaction(TransactionCommand::What::kRollback); }
statement(A) ::= ROLLBACK work TO opt_savepoint ident(B). { A = p->savepoint(TransactionCommand::What::kRollbackTo, B); }
statement(A) ::= SAVEPOINT ident(B). { A = p->savepoint(TransactionCommand::What::kSavepoint, B); }
statement(A) ::= RELEASE SAVEPOINT ident(B). { A = p->savepoint(TransactionCommand::What::kRelease, B); }
work ::= .
work ::= WORK.
opt_savepoint ::= .
opt_savepoint ::= SAVEPOINT.
end_options ::= .
end_options ::= AND CHAIN end_release. { p->transaction_command().chain = true; }
end_options ::= AND NO CHAIN end_release.
end_options ::= RELEASE. { p->transaction_command().release = true; }
end_options ::= NO RELEASE.
end_release ::= .
end_release ::= RELEASE. { p->transaction_command().release = true; }
end_release ::= NO RELEASE.

statement(A) ::= SET set_items. { A = p->command(StatementKind::kSet); }
set_items ::= set_item.
set_items ::= set_items OP_COMMA set_item.
set_item ::= variable_scope(B) ident(C) assign_sign set_value(D). { p->set_variable(B->text, C->text, D); }
set_item ::= variable_scope(B) ident(C) OP_DOT ident(E) assign_sign set_value(D). { p->set_variable(B->text, p->dotted(C, E), D); }
set_item ::= LIT_SYSTEM_VARIABLE(B) assign_sign set_value(C). { p->set_at_variable(B, C); }
set_item ::= LIT_USER_VARIABLE(B) assign_sign expr(C). { p->set_user_variable(B, C); }
set_item ::= NAMES charset_name(B) opt_collate(C). { p->set_names(B, C); }
set_item ::= CHARACTER SET charset_name(B). { p->set_charset(B); }
set_item ::= CHARSET charset_name(B). { p->set_charset(B); }
set_item ::= variable_scope(B) TRANSACTION transaction_modes(C). [LOWEST] { p->set_transaction(B->text, C); }
set_item ::= PASSWORD OP_EQ text(B). { p->set_password(nullptr, B); }
set_item ::= PASSWORD FOR account(B) OP_EQ text(C). { p->set_password(B, C); }
variable_scope(A) ::= . { A = p->n(Kind::kName); }
variable_scope(A) ::= GLOBAL|SESSION|LOCAL|PERSIST|PERSIST_ONLY(B). { A = p->name(B); }
set_value(A) ::= expr(A).
set_value(A) ::= ON|ALL|SYSTEM(B). { A = p->name(B); }
set_value(A) ::= DEFAULT(B). { A = p->name(B); }
set_value(A) ::= BINARY(B). [LOWEST_NAME] { A = p->name(B); }
set_value(A) ::= ROW(B). [LOWEST_NAME] { A = p->name(B); }
transaction_modes(A) ::= transaction_mode(B). { A = p->list(B); }
transaction_modes(A) ::= transaction_modes(A) OP_COMMA transaction_mode(B). { p->push(A, B); }
transaction_mode(A) ::= ISOLATION LEVEL READ UNCOMMITTED. { A = p->n(Kind::kName, {}, "read uncommitted"); }
transaction_mode(A) ::= ISOLATION LEVEL READ COMMITTED. { A = p->n(Kind::kName, {}, "read committed"); }
transaction_mode(A) ::= ISOLATION LEVEL REPEATABLE READ. { A = p->n(Kind::kName, {}, "repeatable read"); }
transaction_mode(A) ::= ISOLATION LEVEL SERIALIZABLE. { A = p->n(Kind::kName, {}, "serializable"); }
transaction_mode(A) ::= READ ONLY. { A = p->n(Kind::kName, {}, "read only"); }
transaction_mode(A) ::= READ WRITE. { A = p->n(Kind::kName, {}, "read write"); }

statement(A) ::= USE ident(B). { A = p->use(B); }
statement(A) ::= KILL expr(B). { A = p->kill(false, B); }
statement(A) ::= KILL CONNECTION expr(B). { A = p->kill(false, B); }
statement(A) ::= KILL QUERY expr(B). { A = p->kill(true, B); }

statement(A) ::= SHOW show. { A = p->command(StatementKind::kShow); }
show ::= database_word show_filter. { p->show("DATABASES"); }
database_word ::= DATABASES.
database_word ::= SCHEMAS.
show ::= show_full TABLES show_from show_filter. { p->show("TABLES"); }
show ::= TABLE STATUS show_from show_filter. { p->show("TABLE STATUS"); }
show ::= TRIGGERS show_from show_filter. { p->show("TRIGGERS"); }
show ::= EVENTS show_from show_filter. { p->show("EVENTS"); }
show ::= OPEN TABLES show_from show_filter. { p->show("OPEN TABLES"); }
show ::= show_full column_word of_table show_from show_filter. { p->show("COLUMNS"); }
column_word ::= COLUMNS.
column_word ::= FIELDS.
show ::= show_full index_words of_table show_from show_filter. { p->show("INDEX"); }
index_words ::= INDEX.
index_words ::= INDEXES.
index_words ::= KEYS.
from_word ::= FROM.
from_word ::= IN.
of_table ::= from_word table_name(A). { p->show_table(A); }
show_from ::= .
show_from ::= from_word ident(A). { p->show_command().database = std::string(A->text); }
show_full ::= .
show_full ::= FULL. { p->show_command().full = true; }
show_full ::= EXTENDED. { p->show_command().extended = true; }
show_full ::= EXTENDED FULL. { p->show_command().full = true; p->show_command().extended = true; }
show_filter ::= .
show_filter ::= LIKE text(A). { p->show_command().has_like = true; p->show_command().like = std::string(A->text); }
show_filter ::= WHERE expr(A). { p->show_where(A); }
show ::= CREATE TABLE table_name(A). { p->show_table(A); p->show("CREATE TABLE"); }
show ::= CREATE VIEW table_name(A). { p->show_table(A); p->show("CREATE VIEW"); }
show ::= CREATE TRIGGER table_name(A). { p->show_table(A); p->show("CREATE TRIGGER"); }
show ::= CREATE PROCEDURE table_name(A). { p->show_table(A); p->show("CREATE PROCEDURE"); }
show ::= CREATE FUNCTION table_name(A). { p->show_table(A); p->show("CREATE FUNCTION"); }
show ::= CREATE database_one if_not_exists ident(A). { p->show_command().name = std::string(A->text); p->show("CREATE DATABASE"); }
show ::= CREATE USER account(A). { p->show_account(A); p->show("CREATE USER"); }
database_one ::= DATABASE.
database_one ::= SCHEMA.
show ::= show_scope VARIABLES show_filter. { p->show("VARIABLES"); }
show ::= show_scope STATUS show_filter. { p->show("STATUS"); }
show_scope ::= .
show_scope ::= GLOBAL. { p->show_command().global = true; }
show_scope ::= SESSION.
show_scope ::= LOCAL.
show ::= show_full PROCESSLIST. { p->show("PROCESSLIST"); }
show ::= WARNINGS show_limit. { p->show("WARNINGS"); }
show ::= ERRORS show_limit. { p->show("ERRORS"); }
show ::= COUNT OP_LP OP_STAR OP_RP WARNINGS. { p->show_command().count = true; p->show("WARNINGS"); }
show ::= COUNT OP_LP OP_STAR OP_RP ERRORS. { p->show_command().count = true; p->show("ERRORS"); }
show_limit ::= .
show_limit ::= LIMIT LIT_INTEGER(A). { p->show_limit(A, nullptr); }
show_limit ::= LIMIT LIT_INTEGER(A) OP_COMMA LIT_INTEGER(B). { p->show_limit(B, A); }
show ::= storage ENGINES. { p->show("ENGINES"); }
storage ::= .
storage ::= STORAGE.
show ::= ENGINE ident(A) STATUS. { p->show_command().name = std::string(A->text); p->show("ENGINE STATUS"); }
show ::= PLUGINS. { p->show("PLUGINS"); }
show ::= PRIVILEGES. { p->show("PRIVILEGES"); }
show ::= PROFILES. { p->show("PROFILES"); }
show ::= COLLATION show_filter. { p->show("COLLATION"); }
show ::= CHARSET show_filter. { p->show("CHARACTER SET"); }
show ::= CHARACTER SET show_filter. { p->show("CHARACTER SET"); }
show ::= PROCEDURE STATUS show_filter. { p->show("PROCEDURE STATUS"); }
show ::= FUNCTION STATUS show_filter. { p->show("FUNCTION STATUS"); }
show ::= MASTER STATUS. { p->show("MASTER STATUS"); }
show ::= BINARY LOGS. { p->show("BINARY LOGS"); }
show ::= SLAVE STATUS. { p->show("REPLICA STATUS"); }
show ::= REPLICA STATUS. { p->show("REPLICA STATUS"); }
show ::= SLAVE HOSTS. { p->show("REPLICAS"); }
show ::= REPLICAS. { p->show("REPLICAS"); }
show ::= GRANTS. { p->show_account(nullptr); p->show("GRANTS"); }
show ::= GRANTS FOR account(A). { p->show_account(A); p->show("GRANTS"); }
statement(A) ::= describe table_name(B) describe_column. { p->show_table(B); p->show("COLUMNS"); A = p->command(StatementKind::kShow); }
describe_column ::= .
describe_column ::= ident_or_text(A). { p->show_command().has_like = true; p->show_command().like = std::string(A->text); }
describe ::= DESCRIBE.
describe ::= DESC.
describe ::= EXPLAIN.
statement(A) ::= describe explain_format(B) explained(C). { p->set_kind(StatementKind::kExplain); A = p->n(Kind::kExplain, {C, B}); }
statement(A) ::= describe ANALYZE explain_format explained. { A = p->unsupported("EXPLAIN ANALYZE"); }
explain_format(A) ::= . { A = nullptr; }
explain_format(A) ::= FORMAT OP_EQ ident_or_text(B). { A = p->n(Kind::kName, {}, B->text); }
explain_format(A) ::= EXTENDED. { A = nullptr; }
explained(A) ::= query(A).
explained(A) ::= insert(A).
explained(A) ::= update(A).
explained(A) ::= delete(A).

account(A) ::= ident_or_text(B). { A = p->account(B, nullptr); }
account(A) ::= ident_or_text(B) LIT_USER_VARIABLE(C). { A = p->account(B, C); }
account(A) ::= CURRENT_USER. { A = p->account(nullptr, nullptr); }
account(A) ::= CURRENT_USER OP_LP OP_RP. { A = p->account(nullptr, nullptr); }
account(A) ::= USER OP_LP OP_RP. { A = p->account(nullptr, nullptr); }
accounts ::= account(A). { p->add_account(A, nullptr); }
accounts ::= accounts OP_COMMA account(A). { p->add_account(A, nullptr); }
identified_accounts ::= account(A) identification(B). { p->add_account(A, B); }
identified_accounts ::= identified_accounts OP_COMMA account(A) identification(B). { p->add_account(A, B); }
identification(A) ::= . { A = nullptr; }
identification(A) ::= IDENTIFIED BY text(B). { A = p->n(Kind::kNull, {nullptr, B, nullptr}); }
identification(A) ::= IDENTIFIED BY PASSWORD text(B). { A = p->n(Kind::kNull, {nullptr, nullptr, B}); }
identification(A) ::= IDENTIFIED WITH ident_or_text(B). { A = p->n(Kind::kNull, {B, nullptr, nullptr}); }
identification(A) ::= IDENTIFIED WITH ident_or_text(B) BY text(C). { A = p->n(Kind::kNull, {B, C, nullptr}); }
identification(A) ::= IDENTIFIED WITH ident_or_text(B) AS text(C). { A = p->n(Kind::kNull, {B, nullptr, C}); }
account_options ::= .
account_options ::= account_options account_option.
account_option ::= ACCOUNT LOCK. { p->account_state().lock = AccountCommand::Lock::kLock; }
account_option ::= ACCOUNT UNLOCK. { p->account_state().lock = AccountCommand::Lock::kUnlock; }
account_option ::= REQUIRE NONE. { p->account_state().tls = AccountCommand::Tls::kNone; }
account_option ::= REQUIRE SSL. { p->account_state().tls = AccountCommand::Tls::kRequired; }
account_option ::= REQUIRE X509|SUBJECT|ISSUER. { p->not_supported("REQUIRE X509"); }
account_option ::= PASSWORD EXPIRE DEFAULT.
account_option ::= PASSWORD EXPIRE NEVER.
account_option ::= PASSWORD EXPIRE. { p->not_supported("PASSWORD EXPIRE"); }
account_option ::= PASSWORD EXPIRE INTERVAL LIT_INTEGER DAY. { p->not_supported("PASSWORD EXPIRE"); }
account_option ::= PASSWORD HISTORY DEFAULT.
account_option ::= PASSWORD REUSE INTERVAL DEFAULT.
account_option ::= PASSWORD REQUIRE CURRENT DEFAULT.
statement(A) ::= CREATE USER if_not_exists(B) identified_accounts account_options. { A = p->account_command(AccountCommand::What::kCreateUser, nullptr, B); }
statement(A) ::= ALTER USER if_exists(B) identified_accounts account_options. { A = p->account_command(AccountCommand::What::kAlterUser, B, nullptr); }
statement(A) ::= DROP USER if_exists(B) accounts. { A = p->account_command(AccountCommand::What::kDropUser, B, nullptr); }
statement(A) ::= RENAME USER user_renames. { A = p->account_command(AccountCommand::What::kRenameUser, nullptr, nullptr); }
user_renames ::= account(A) TO account(B). { p->add_account(A, nullptr); p->add_account(B, nullptr); }
user_renames ::= user_renames OP_COMMA account(A) TO account(B). { p->add_account(A, nullptr); p->add_account(B, nullptr); }
statement(A) ::= GRANT privileges ON opt_table_word grant_object TO accounts grant_option. {
  A = p->account_command(AccountCommand::What::kGrant, nullptr, nullptr);
}
statement(A) ::= GRANT privileges TO accounts role_option. { A = p->unsupported("roles"); }
statement(A) ::= REVOKE privileges FROM accounts. { A = p->revoke_all(); }
statement(A) ::= CREATE ROLE if_not_exists accounts. { A = p->unsupported("roles"); }
statement(A) ::= DROP ROLE if_exists accounts. { A = p->unsupported("roles"); }
role_option ::= .
role_option ::= WITH ADMIN OPTION.
statement(A) ::= REVOKE privileges ON opt_table_word grant_object FROM accounts. { A = p->account_command(AccountCommand::What::kRevoke, nullptr, nullptr); }
privileges ::= privilege(A) privilege_columns(B). { p->add_privilege(A, B); }
privileges ::= privileges OP_COMMA privilege(A) privilege_columns(B). { p->add_privilege(A, B); }
privilege_columns(A) ::= . { A = nullptr; }
privilege_columns(A) ::= OP_LP ident_list(B) OP_RP. { A = B; }
privilege(A) ::= ALL(B). { A = p->name(B); }
privilege(A) ::= CREATE(B). { A = p->name(B); }
privilege(A) ::= ALTER(B). { A = p->name(B); }
privilege(A) ::= SELECT|INSERT|UPDATE|DELETE|DROP|REFERENCES|INDEX|TRIGGER|EVENT|EXECUTE|FILE|PROCESS|RELOAD|SHUTDOWN|SUPER|USAGE(B). { A = p->name(B); }
privilege(A) ::= LIT_ID(B). { A = p->name(B); }
privilege(A) ::= CREATE TABLESPACE. { A = p->n(Kind::kName, {}, "CREATE TABLESPACE"); }
privilege(A) ::= ALL PRIVILEGES. { A = p->n(Kind::kName, {}, "ALL"); }
privilege(A) ::= CREATE USER. { A = p->n(Kind::kName, {}, "CREATE USER"); }
privilege(A) ::= CREATE VIEW. { A = p->n(Kind::kName, {}, "CREATE VIEW"); }
privilege(A) ::= CREATE ROUTINE. { A = p->n(Kind::kName, {}, "CREATE ROUTINE"); }
privilege(A) ::= CREATE TEMPORARY TABLES. { A = p->n(Kind::kName, {}, "CREATE TEMPORARY TABLES"); }
privilege(A) ::= ALTER ROUTINE. { A = p->n(Kind::kName, {}, "ALTER ROUTINE"); }
privilege(A) ::= SHOW VIEW. { A = p->n(Kind::kName, {}, "SHOW VIEW"); }
privilege(A) ::= SHOW DATABASES. { A = p->n(Kind::kName, {}, "SHOW DATABASES"); }
privilege(A) ::= LOCK TABLES. { A = p->n(Kind::kName, {}, "LOCK TABLES"); }
privilege(A) ::= REPLICATION CLIENT. { A = p->n(Kind::kName, {}, "REPLICATION CLIENT"); }
privilege(A) ::= REPLICATION SLAVE. { A = p->n(Kind::kName, {}, "REPLICATION SLAVE"); }
privilege(A) ::= GRANT OPTION. { A = p->n(Kind::kName, {}, "GRANT OPTION"); }
opt_table_word ::= .
opt_table_word ::= TABLE.
grant_object ::= OP_STAR OP_DOT OP_STAR. { p->grant_on("*", "*"); }
grant_object ::= OP_STAR. { p->grant_on("", "*"); }
grant_object ::= ident(A) OP_DOT OP_STAR. { p->grant_on(A->text, "*"); }
grant_object ::= ident(A) OP_DOT ident(B). { p->grant_on(A->text, B->text); }
grant_object ::= ident(A). { p->grant_on("", A->text); }
grant_option ::= .
grant_option ::= WITH GRANT OPTION. { p->account_state().grant_option = true; }

statement(A) ::= PREPARE ident(B) FROM text(C). { A = p->prepare(B, C->text, {}); }
statement(A) ::= PREPARE ident(B) FROM LIT_USER_VARIABLE(C). { A = p->prepare(B, {}, C->text); }
statement(A) ::= EXECUTE ident(B) execute_using. { A = p->prepared(PreparedCommand::What::kExecute, B); }
statement(A) ::= DEALLOCATE PREPARE ident(B). { A = p->prepared(PreparedCommand::What::kDeallocate, B); }
statement(A) ::= DROP PREPARE ident(B). { A = p->prepared(PreparedCommand::What::kDeallocate, B); }
execute_using ::= .
execute_using ::= USING using_variables.
using_variables ::= LIT_USER_VARIABLE(A). { p->using_variable(A); }
using_variables ::= using_variables OP_COMMA LIT_USER_VARIABLE(A). { p->using_variable(A); }

statement(A) ::= CREATE database_one if_not_exists(B) ident(C) database_options. { A = p->database(DatabaseCommand::What::kCreate, C, nullptr, B); }
statement(A) ::= ALTER database_one ident(C) database_option database_options. { A = p->database(DatabaseCommand::What::kAlter, C, nullptr, nullptr); }
statement(A) ::= ALTER database_one database_option database_options. { A = p->database(DatabaseCommand::What::kAlter, p->n(Kind::kName), nullptr, nullptr); }
statement(A) ::= DROP database_one if_exists(B) ident(C). { A = p->database(DatabaseCommand::What::kDrop, C, B, nullptr); }
database_options ::= .
database_options ::= database_options database_option.
database_option ::= opt_default CHARSET opt_equal charset_name(A). { p->database_state().charset = std::string(A->text); }
database_option ::= opt_default CHARACTER SET opt_equal charset_name(A). { p->database_state().charset = std::string(A->text); }
database_option ::= opt_default COLLATE opt_equal charset_name(A). { p->database_state().collation = std::string(A->text); }
database_option ::= opt_default ENCRYPTION opt_equal text.

statement(A) ::= LOCK lock_word locked_tables. { A = p->admin("LOCK TABLES"); }
statement(A) ::= UNLOCK lock_word. { A = p->admin("UNLOCK TABLES"); }
lock_word ::= TABLE.
lock_word ::= TABLES.
locked_tables ::= locked_table.
locked_tables ::= locked_tables OP_COMMA locked_table.
locked_table ::= table_name(A) table_alias READ opt_local. { p->admin_table(A, false); }
locked_table ::= table_name(A) table_alias opt_low WRITE. { p->admin_table(A, true); }
opt_local ::= .
opt_local ::= LOCAL.
opt_low ::= .
opt_low ::= LOW_PRIORITY.
statement(A) ::= maintenance(B) opt_local TABLE table_names(C) maintenance_options. { A = p->maintain(B->text, C); }
maintenance(A) ::= ANALYZE|OPTIMIZE|REPAIR|CHECK|CHECKSUM(B). { A = p->name(B); }
maintenance_options ::= .
maintenance_options ::= maintenance_options maintenance_option.
maintenance_option ::= QUICK|FAST|MEDIUM|EXTENDED|CHANGED|USE_FRM.
maintenance_option ::= FOR UPGRADE.
statement(A) ::= LOAD LIT_ID(B) ident_or_text(C). { A = p->load(B, C); }
statement(A) ::= FLUSH opt_local flush_what. { A = p->admin("FLUSH"); }
flush_what ::= PRIVILEGES.
flush_what ::= STATUS.
flush_what ::= LOGS.
flush_what ::= HOSTS.
flush_what ::= lock_word.
flush_what ::= lock_word table_names.
flush_what ::= TABLES WITH READ LOCK.
statement(A) ::= xa_word ident. { A = p->list(); }
xa_word ::= XA. { p->not_supported("XA transactions"); }
statement(A) ::= handler_word ident. { A = p->list(); }
handler_word ::= HANDLER. { p->not_supported("HANDLER"); }
statement(A) ::= CREATE view_options routine. { A = p->unsupported("stored programs"); }
statement(A) ::= DROP routine(B) if_exists(C) table_name(D). { A = p->drop(B->text, C, p->list(D)); }
statement(A) ::= CALL table_name(B). { A = p->drop("PROCEDURE", nullptr, p->list(B)); }
statement(A) ::= CALL table_name(B) OP_LP opt_expr_list OP_RP. { A = p->drop("PROCEDURE", nullptr, p->list(B)); }
routine(A) ::= PROCEDURE. { A = p->n(Kind::kName, {}, "PROCEDURE"); }
routine(A) ::= FUNCTION. { A = p->n(Kind::kName, {}, "FUNCTION"); }
routine(A) ::= EVENT. { A = p->n(Kind::kName, {}, "EVENT"); }
