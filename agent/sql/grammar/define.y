// CREATE, ALTER, DROP, RENAME, TRUNCATE of tables, indexes and views, and the types of columns.
%type column_type {const Type*}
%type bare_type {Type*}
statement(A) ::= CREATE opt_temporary(B) TABLE if_not_exists(C) table_name(D) OP_LP elements(E) OP_RP table_options(F) opt_as_query(G). {
  p->set_kind(StatementKind::kDdl);
  A = p->n(Kind::kCreateTable, {D, E, F, G});
  A->flags |= p->flag_if(B, kTemporary) | p->flag_if(C, kIfNotExists);
}
statement(A) ::= CREATE opt_temporary(B) TABLE if_not_exists(C) table_name(D) table_options(E) as_query(F). {
  p->set_kind(StatementKind::kDdl);
  A = p->n(Kind::kCreateTable, {D, nullptr, E, F});
  A->flags |= p->flag_if(B, kTemporary) | p->flag_if(C, kIfNotExists);
}
statement(A) ::= CREATE opt_temporary(B) TABLE if_not_exists(C) table_name(D) OP_LP LIKE table_name(E) OP_RP. {
  p->set_kind(StatementKind::kDdl);
  A = p->n(Kind::kCreateTable, {D, nullptr, nullptr, nullptr, E});
  A->flags |= p->flag_if(B, kTemporary) | p->flag_if(C, kIfNotExists);
}
statement(A) ::= CREATE opt_temporary(B) TABLE if_not_exists(C) table_name(D) LIKE table_name(E). {
  p->set_kind(StatementKind::kDdl);
  A = p->n(Kind::kCreateTable, {D, nullptr, nullptr, nullptr, E});
  A->flags |= p->flag_if(B, kTemporary) | p->flag_if(C, kIfNotExists);
}
opt_temporary(A) ::= . { A = nullptr; }
opt_temporary(A) ::= TEMPORARY. { A = p->n(Kind::kNull); }
opt_as_query(A) ::= . { A = nullptr; }
opt_as_query(A) ::= as_query(A).
as_query(A) ::= AS query(B). { A = B; }
as_query(A) ::= query(A).

elements(A) ::= element(B). { A = p->list(B); }
elements(A) ::= elements(A) OP_COMMA element(B). { p->push(A, B); }
element(A) ::= column_definition(A).
element(A) ::= key_definition(A).
column_definition(A) ::= ident(B) column_type(C) column_attributes(D). { A = p->column_definition(B->text, C, D); }
column_definition(A) ::= ident(B) SERIAL column_attributes(C). { A = p->serial_definition(B->text, C); }
key_definition(A) ::= key_word opt_ident(B) using_type key_parts(C) key_options(D). { A = p->key("INDEX", B, C, D); }
key_definition(A) ::= FULLTEXT opt_key_word opt_ident(B) key_parts(C) key_options(D). { A = p->key("FULLTEXT", B, C, D); }
key_definition(A) ::= SPATIAL opt_key_word opt_ident key_parts key_options. { A = p->unsupported("SPATIAL KEY"); }
key_definition(A) ::= opt_constraint(B) PRIMARY KEY opt_ident using_type key_parts(C) key_options(D). { A = p->key("PRIMARY", B, C, D); }
key_definition(A) ::= opt_constraint(B) UNIQUE opt_key_word opt_ident(C) using_type key_parts(D) key_options(E). {
  A = p->key("UNIQUE", C != nullptr ? C : B, D, E);
}
key_definition(A) ::= opt_constraint(B) FOREIGN KEY opt_ident(C) OP_LP ident_list(D) OP_RP references(E). {
  A = p->foreign_key(B != nullptr ? B : C, D, E);
}
key_definition(A) ::= opt_constraint(B) CHECK OP_LP expr(C) OP_RP enforced(D). { A = p->check(B, C, D); }
opt_constraint(A) ::= . { A = nullptr; }
opt_constraint(A) ::= CONSTRAINT opt_ident(B). { A = B; }
key_word ::= INDEX.
key_word ::= KEY.
opt_key_word ::= .
opt_key_word ::= key_word.
using_type ::= .
using_type ::= USING ident.
key_parts(A) ::= OP_LP key_part_list(B) OP_RP. { A = B; }
key_part_list(A) ::= key_part(B). { A = p->list(B); }
key_part_list(A) ::= key_part_list(A) OP_COMMA key_part(B). { p->push(A, B); }
key_part(A) ::= ident(B) direction(C). { A = p->n(Kind::kKeyPart, {}, B->text); A->flags |= p->flag_if(C, kDescending); }
key_part(A) ::= ident(B) OP_LP LIT_INTEGER(C) OP_RP direction(D). {
  A = p->n(Kind::kKeyPart, {}, B->text);
  A->number = p->small_number(C);
  A->flags |= p->flag_if(D, kDescending);
}
key_part(A) ::= OP_LP expr(B) OP_RP direction(C). { A = p->n(Kind::kKeyPart, {B}); A->flags |= p->flag_if(C, kDescending); }
key_options(A) ::= . { A = p->list(); }
key_options(A) ::= key_options(A) USING ident.
key_options(A) ::= key_options(A) KEY_BLOCK_SIZE opt_equal LIT_INTEGER.
key_options(A) ::= key_options(A) COMMENT text(B). { B->qualifier = "COMMENT"; p->push(A, B); }
key_options(A) ::= key_options(A) VISIBLE.
key_options(A) ::= key_options(A) INVISIBLE.
key_options(A) ::= key_options(A) WITH ident ident.
references(A) ::= REFERENCES table_name(B) OP_LP ident_list(C) OP_RP reference_actions(D). [LOWEST] { A = D; A->kids[0] = B; A->kids[1] = C; }
reference_actions(A) ::= . { A = p->n(Kind::kForeignKey, {nullptr, nullptr, nullptr, nullptr}); }
reference_actions(A) ::= reference_actions(A) ON DELETE reference_action(B). { A->kids[2] = B; }
reference_actions(A) ::= reference_actions(A) ON UPDATE reference_action(B). { A->kids[3] = B; }
reference_actions(A) ::= reference_actions(A) MATCH ident.
reference_action(A) ::= RESTRICT. { A = p->n(Kind::kName, {}, "RESTRICT"); }
reference_action(A) ::= CASCADE. { A = p->n(Kind::kName, {}, "CASCADE"); }
reference_action(A) ::= SET NULL. { A = p->n(Kind::kName, {}, "SET NULL"); }
reference_action(A) ::= SET DEFAULT. { A = p->n(Kind::kName, {}, "SET DEFAULT"); }
reference_action(A) ::= NO ACTION. { A = p->n(Kind::kName, {}, "NO ACTION"); }
enforced(A) ::= . [LOWEST] { A = nullptr; }
enforced(A) ::= ENFORCED. { A = nullptr; }
enforced(A) ::= NOT ENFORCED. { A = p->n(Kind::kNull); }

column_type(A) ::= bare_type(B) type_charset(C). { A = p->with_charset(B, C); }
bare_type(A) ::= integer_type(B) opt_length(C) number_options(D). { A = p->number_type(B->text, C, D); }
bare_type(A) ::= REAL|DOUBLE(B) opt_precision opt_length(C) number_options(D). { A = p->number_type(B->text, C, D); }
bare_type(A) ::= FLOAT|DECIMAL|NUMERIC|DEC|FIXED(B) opt_length(C) number_options(D). { A = p->number_type(B->text, C, D); }
bare_type(A) ::= BIT|BOOL|BOOLEAN|YEAR|DATE|TIME|DATETIME|TIMESTAMP|JSON(B) opt_length(C). { A = p->plain_type(B->text, C); }
bare_type(A) ::= text_type(B) opt_length(C). { A = p->plain_type(B->text, C); }
text_type(A) ::= CHAR(B). { A = p->name(B); }
text_type(A) ::= NCHAR|VARCHAR|NVARCHAR|BINARY|VARBINARY|TEXT|BLOB(B). { A = p->name(B); }
bare_type(A) ::= CHARACTER opt_length(B). { A = p->plain_type("CHAR", B); }
bare_type(A) ::= CHARACTER VARYING opt_length(B). { A = p->plain_type("VARCHAR", B); }
bare_type(A) ::= CHAR VARYING opt_length(B). { A = p->plain_type("VARCHAR", B); }
bare_type(A) ::= NATIONAL CHAR opt_length(B). { A = p->plain_type("CHAR", B); }
bare_type(A) ::= NATIONAL VARCHAR opt_length(B). { A = p->plain_type("VARCHAR", B); }
bare_type(A) ::= LONG. { A = p->plain_type("MEDIUMTEXT", nullptr); }
bare_type(A) ::= TINYTEXT|MEDIUMTEXT|LONGTEXT|TINYBLOB|MEDIUMBLOB|LONGBLOB(B). { A = p->plain_type(B->text, nullptr); }
bare_type(A) ::= ENUM|SET(B) OP_LP text_list(C) OP_RP. { A = p->member_type(B->text, C); }
bare_type(A) ::= GEOMETRY. { A = p->plain_type("BLOB", nullptr); p->not_supported("GEOMETRY"); }
text_list(A) ::= text(B). { A = p->list(B); }
text_list(A) ::= text_list(A) OP_COMMA text(B). { p->push(A, B); }
integer_type(A) ::= TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|BIGINT|INT1|INT2|INT3|INT4|INT8|MIDDLEINT(B). { A = p->name(B); }
number_options(A) ::= . { A = p->list(); }
number_options(A) ::= number_options(A) SIGNED.
number_options(A) ::= number_options(A) UNSIGNED(B). { p->push(A, p->name(B)); }
number_options(A) ::= number_options(A) ZEROFILL(B). { p->push(A, p->name(B)); }
type_charset(A) ::= . { A = p->list(); }
type_charset(A) ::= type_charset(A) CHARACTER SET charset_name(B). { B->qualifier = "CHARSET"; p->push(A, B); }
type_charset(A) ::= type_charset(A) CHARSET charset_name(B). { B->qualifier = "CHARSET"; p->push(A, B); }
type_charset(A) ::= type_charset(A) BINARY. { p->push(A, p->n(Kind::kName, {}, "BINARY")); }

column_attributes(A) ::= . { A = p->list(); }
column_attributes(A) ::= column_attributes(A) column_attribute(B). { if (B != nullptr) p->push(A, B); }
column_attribute(A) ::= NOT NULL. { A = p->n(Kind::kAttribute, {}, "NOT NULL"); }
column_attribute(A) ::= NULL. { A = p->n(Kind::kAttribute, {}, "NULL"); }
column_attribute(A) ::= DEFAULT default_value(B). { A = p->n(Kind::kAttribute, {B}, "DEFAULT"); }
column_attribute(A) ::= ON UPDATE now(B). { A = p->n(Kind::kAttribute, {B}, "ON UPDATE"); }
column_attribute(A) ::= AUTO_INCREMENT. { A = p->n(Kind::kAttribute, {}, "AUTO_INCREMENT"); }
column_attribute(A) ::= UNIQUE opt_one_key. { A = p->n(Kind::kAttribute, {}, "UNIQUE"); }
column_attribute(A) ::= PRIMARY KEY. { A = p->n(Kind::kAttribute, {}, "PRIMARY"); }
column_attribute(A) ::= KEY. [LOWEST_NAME] { A = p->n(Kind::kAttribute, {}, "PRIMARY"); }
column_attribute(A) ::= COMMENT text(B). { A = p->n(Kind::kAttribute, {B}, "COMMENT"); }
column_attribute(A) ::= COLLATE charset_name(B). { A = p->n(Kind::kAttribute, {B}, "COLLATE"); }
column_attribute(A) ::= VISIBLE. { A = nullptr; }
column_attribute(A) ::= INVISIBLE. { A = p->n(Kind::kAttribute, {}, "INVISIBLE"); }
column_attribute(A) ::= STORAGE ident. { A = nullptr; }
column_attribute(A) ::= references. { A = nullptr; }
column_attribute(A) ::= opt_constraint(B) CHECK OP_LP expr(C) OP_RP enforced(D). { A = p->n(Kind::kAttribute, {p->check(B, C, D)}, "CHECK"); }
column_attribute(A) ::= opt_generated AS OP_LP item_start(B) item_expr(C) OP_RP stored(D). { A = p->n(Kind::kAttribute, {p->item(B, C, nullptr), D}, "AS"); }
opt_one_key ::= . [LOWEST]
opt_one_key ::= KEY.
opt_generated ::= .
opt_generated ::= GENERATED ALWAYS.
stored(A) ::= . { A = nullptr; }
stored(A) ::= VIRTUAL. { A = nullptr; }
stored(A) ::= STORED. { A = p->n(Kind::kNull); }
default_value(A) ::= literal(A).
default_value(A) ::= OP_MINUS literal(B). { A = p->unary(Op::kNeg, B); }
default_value(A) ::= OP_PLUS literal(B). { A = B; }
default_value(A) ::= now(A).
default_value(A) ::= OP_LP item_start(B) item_expr(C) OP_RP. { A = p->item(B, C, nullptr); }
now(A) ::= now_word. [LOWEST_NAME] { A = p->call("now", {}); }
now(A) ::= now_word OP_LP OP_RP. { A = p->call("now", {}); }
now(A) ::= now_word OP_LP LIT_INTEGER(B) OP_RP. { A = p->call("now", {p->literal(Kind::kInteger, B)}); }
now(A) ::= F_NOW OP_LP OP_RP. { A = p->call("now", {}); }
now(A) ::= F_NOW OP_LP LIT_INTEGER(B) OP_RP. { A = p->call("now", {p->literal(Kind::kInteger, B)}); }
call(A) ::= F_NOW OP_LP opt_expr_list(B) OP_RP. { A = p->call_of("now", B, nullptr); }

table_options(A) ::= . [LOWEST] { A = p->list(); }
table_options(A) ::= table_options(A) opt_comma table_option(B). { p->push(A, B); }
opt_comma ::= .
opt_comma ::= OP_COMMA.
table_option(A) ::= ENGINE opt_equal ident_or_text(B). { A = p->option("ENGINE", B->text); }
table_option(A) ::= AUTO_INCREMENT opt_equal LIT_INTEGER(B). { A = p->option("AUTO_INCREMENT", B->text); }
table_option(A) ::= opt_default CHARSET opt_equal charset_name(B). { A = p->option("CHARSET", B->text); }
table_option(A) ::= opt_default CHARACTER SET opt_equal charset_name(B). { A = p->option("CHARSET", B->text); }
table_option(A) ::= opt_default COLLATE opt_equal charset_name(B). { A = p->option("COLLATE", B->text); }
table_option(A) ::= COMMENT opt_equal text(B). { A = p->option("COMMENT", B->text); }
table_option(A) ::= ROW_FORMAT opt_equal option_word(B). { A = p->option("ROW_FORMAT", B->text); }
table_option(A) ::= ignored_option opt_equal option_word. { A = p->option("", ""); }
opt_default ::= .
opt_default ::= DEFAULT.
option_word(A) ::= ident_or_text(A).
option_word(A) ::= DEFAULT(B). { A = p->name(B); }
option_word(A) ::= LIT_INTEGER(B). { A = p->name(B); }
ignored_option ::= AVG_ROW_LENGTH|CHECKSUM|COMPRESSION|CONNECTION|DELAY_KEY_WRITE|ENCRYPTION|INSERT_METHOD|KEY_BLOCK_SIZE|MAX_ROWS|MIN_ROWS.
ignored_option ::= PACK_KEYS|PASSWORD|STATS_AUTO_RECALC|STATS_PERSISTENT|STATS_SAMPLE_PAGES.

statement(A) ::= CREATE index_kind(B) INDEX ident(C) using_type ON table_name(D) key_parts(E) key_options(F) alter_algorithm. {
  p->set_kind(StatementKind::kDdl);
  A = p->n(Kind::kCreateIndex, {p->key(B->text, C, E, F), D});
}
index_kind(A) ::= . { A = p->n(Kind::kName, {}, "INDEX"); }
index_kind(A) ::= UNIQUE. { A = p->n(Kind::kName, {}, "UNIQUE"); }
index_kind(A) ::= FULLTEXT. { A = p->n(Kind::kName, {}, "FULLTEXT"); }
alter_algorithm ::= .
alter_algorithm ::= alter_algorithm opt_comma ALGORITHM opt_equal option_word.
alter_algorithm ::= alter_algorithm opt_comma LOCK opt_equal option_word.
statement(A) ::= DROP INDEX ident(B) ON table_name(C) alter_algorithm. { p->set_kind(StatementKind::kDdl); A = p->alter(C, p->action("DROP INDEX", {B})); }
statement(A) ::= DROP opt_temporary(D) TABLE if_exists(B) table_names(C) drop_mode. { A = p->drop("TABLE", B, C); A->flags |= p->flag_if(D, kTemporary); }
statement(A) ::= DROP VIEW if_exists(B) table_names(C) drop_mode. { A = p->drop("VIEW", B, C); }
statement(A) ::= DROP TRIGGER if_exists(B) table_name(C). { A = p->drop("TRIGGER", B, p->list(C)); }
drop_mode ::= .
drop_mode ::= RESTRICT.
drop_mode ::= CASCADE.
statement(A) ::= TRUNCATE table_name(B). { p->set_kind(StatementKind::kDdl); A = p->n(Kind::kTruncate, {B}); }
statement(A) ::= TRUNCATE TABLE table_name(B). { p->set_kind(StatementKind::kDdl); A = p->n(Kind::kTruncate, {B}); }
statement(A) ::= RENAME TABLE renames(B). { p->set_kind(StatementKind::kDdl); A = B; A->kind = Kind::kRename; }
renames(A) ::= table_name(B) TO table_name(C). { A = p->list(B); p->push(A, C); }
renames(A) ::= renames(A) OP_COMMA table_name(B) TO table_name(C). { p->push(A, B); p->push(A, C); }

statement(A) ::= CREATE view_options(B) VIEW table_name(C) item_start(F) opt_name_list(D) AS query(E) check_option. {
  p->set_kind(StatementKind::kDdl);
  A = p->view(C, D, E, F);
  A->flags |= p->flag_if(B, kReplace);
}
statement(A) ::= ALTER view_attributes VIEW table_name(C) item_start(F) opt_name_list(D) AS query(E) check_option. {
  p->set_kind(StatementKind::kDdl);
  A = p->view(C, D, E, F);
  A->flags |= kReplace | kIfExists;
}
view_options(A) ::= . { A = nullptr; }
view_options(A) ::= OR REPLACE. { A = p->n(Kind::kNull); }
view_options(A) ::= view_options(A) view_attribute.
view_attributes ::= .
view_attributes ::= view_attributes view_attribute.
view_attribute ::= ALGORITHM OP_EQ ident.
view_attribute ::= DEFINER OP_EQ definer.
view_attribute ::= SQL SECURITY ident.
definer ::= CURRENT_USER.
definer ::= CURRENT_USER OP_LP OP_RP.
definer ::= ident_or_text.
definer ::= ident_or_text LIT_USER_VARIABLE.
check_option ::= .
check_option ::= WITH CHECK OPTION. { p->not_supported("WITH CHECK OPTION"); }
check_option ::= WITH CASCADED CHECK OPTION. { p->not_supported("WITH CHECK OPTION"); }
check_option ::= WITH LOCAL CHECK OPTION. { p->not_supported("WITH CHECK OPTION"); }

statement(A) ::= ALTER TABLE table_name(B) alter_actions(C). { p->set_kind(StatementKind::kDdl); A = p->n(Kind::kAlterTable, {B, C}); }
statement(A) ::= ALTER TABLE table_name(B) ORDER BY order_items. { p->set_kind(StatementKind::kDdl); A = p->n(Kind::kAlterTable, {B, p->list()}); }
statement(A) ::= ALTER TABLE table_name(B) alter_actions(C) OP_COMMA ORDER BY order_items. { p->set_kind(StatementKind::kDdl); A = p->n(Kind::kAlterTable, {B, C}); }
alter_actions(A) ::= . { A = p->list(); }
alter_actions(A) ::= alter_action(B). { A = p->list(B); }
alter_actions(A) ::= alter_actions(A) OP_COMMA alter_action(B). { p->push(A, B); }
alter_action(A) ::= ADD opt_column column_definition(B) place(C). { A = p->action("ADD COLUMN", {B, C}); }
alter_action(A) ::= ADD opt_column OP_LP elements(B) OP_RP. { A = p->action("ADD COLUMNS", {B}); }
alter_action(A) ::= ADD key_definition(B). { A = p->action("ADD KEY", {B}); }
alter_action(A) ::= DROP opt_column ident(B). { A = p->action("DROP COLUMN", {B}); }
alter_action(A) ::= DROP PRIMARY KEY. { A = p->action("DROP PRIMARY", {}); }
alter_action(A) ::= DROP key_word ident(B). { A = p->action("DROP INDEX", {B}); }
alter_action(A) ::= DROP FOREIGN KEY ident(B). { A = p->action("DROP FOREIGN", {B}); }
alter_action(A) ::= DROP CONSTRAINT ident(B). { A = p->action("DROP CONSTRAINT", {B}); }
alter_action(A) ::= DROP CHECK ident(B). { A = p->action("DROP CHECK", {B}); }
alter_action(A) ::= ALTER CHECK ident(B) enforced(C). { A = p->action("ENFORCE", {B, C}); }
alter_action(A) ::= ALTER CONSTRAINT ident(B) enforced(C). { A = p->action("ENFORCE", {B, C}); }
alter_action(A) ::= MODIFY opt_column column_definition(B) place(C). { A = p->action("MODIFY", {B, C}); }
alter_action(A) ::= CHANGE opt_column ident(B) column_definition(C) place(D). { A = p->action("CHANGE", {C, D, B}); }
alter_action(A) ::= RENAME COLUMN ident(B) TO ident(C). { A = p->action("RENAME COLUMN", {B, C}); }
alter_action(A) ::= RENAME key_word ident(B) TO ident(C). { A = p->action("RENAME INDEX", {B, C}); }
alter_action(A) ::= RENAME rename_to table_name(B). { A = p->action("RENAME", {B}); }
alter_action(A) ::= ALTER opt_column ident(B) SET DEFAULT default_value(C). { A = p->action("SET DEFAULT", {B, C}); }
alter_action(A) ::= ALTER opt_column ident(B) DROP DEFAULT. { A = p->action("DROP DEFAULT", {B}); }
alter_action(A) ::= CONVERT TO CHARACTER SET charset_name(B) opt_collate(C). { A = p->action("CONVERT", {B, C}); }
alter_action(A) ::= CONVERT TO CHARSET charset_name(B) opt_collate(C). { A = p->action("CONVERT", {B, C}); }
alter_action(A) ::= ENABLE KEYS. { A = p->action("NOTHING", {}); }
alter_action(A) ::= DISABLE KEYS. { A = p->action("NOTHING", {}); }
alter_action(A) ::= FORCE. { A = p->action("NOTHING", {}); }
alter_action(A) ::= ALGORITHM opt_equal option_word. { A = p->action("NOTHING", {}); }
alter_action(A) ::= LOCK opt_equal option_word. { A = p->action("NOTHING", {}); }
alter_action(A) ::= table_option(B). { A = p->action("OPTION", {B}); }
rename_to ::= .
rename_to ::= TO.
rename_to ::= AS.
opt_column ::= .
opt_column ::= COLUMN.
place(A) ::= . { A = nullptr; }
place(A) ::= FIRST. { A = p->n(Kind::kName); }
place(A) ::= AFTER ident(B). { A = B; }
opt_collate(A) ::= . { A = nullptr; }
opt_collate(A) ::= COLLATE charset_name(B). { A = B; }
