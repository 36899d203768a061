// SELECT, VALUES, TABLE, and what combines them.
%type json_type {const Type*}
statement(A) ::= query(B). { p->set_kind(StatementKind::kQuery); A = B; }
statement(A) ::= query(B) into locking(C). { p->set_kind(StatementKind::kQuery); A = B; p->lock(A, C); }

query(A) ::= body(B) opt_order(C) opt_limit(D) locking(E). { A = p->query(nullptr, B, C, D, E); }
query(A) ::= with(B) body(C) opt_order(D) opt_limit(E) locking(F). { A = p->query(B, C, D, E, F); }
query_parens(A) ::= OP_LP query(B) OP_RP. { A = B; A->flags |= kParenthesised; }
opt_with(A) ::= . { A = nullptr; }
opt_with(A) ::= with(A).
with(A) ::= WITH common_tables(B). { A = B; }
with(A) ::= WITH RECURSIVE common_tables(B). { A = B; A->flags |= kRecursive; }
common_tables(A) ::= common_table(B). { A = p->n(Kind::kWith, {B}); }
common_tables(A) ::= common_tables(A) OP_COMMA common_table(B). { p->push(A, B); }
common_table(A) ::= ident(B) opt_name_list(C) AS query_parens(D). [OP_RP] { A = p->n(Kind::kCommonTable, {D, C}, B->text); }
opt_name_list(A) ::= . { A = nullptr; }
opt_name_list(A) ::= OP_LP ident_list(B) OP_RP. { A = B; }

body(A) ::= body_part(A).
body(A) ::= body(B) UNION set_quantifier(C) body_part(D). { A = p->set_operation("UNION", B, C, D); }
body(A) ::= body(B) EXCEPT set_quantifier(C) body_part(D). { A = p->set_operation("EXCEPT", B, C, D); }
body_part(A) ::= body_leaf(A).
body_part(A) ::= body_part(B) INTERSECT set_quantifier(C) body_leaf(D). { A = p->set_operation("INTERSECT", B, C, D); }
set_quantifier(A) ::= . { A = nullptr; }
set_quantifier(A) ::= DISTINCT. { A = nullptr; }
set_quantifier(A) ::= ALL. { A = p->n(Kind::kNull); }
body_leaf(A) ::= select(A).
body_leaf(A) ::= query_parens(A). [OP_RP]
body_leaf(A) ::= VALUES row_constructors(B). { A = B; A->kind = Kind::kValues; }
body_leaf(A) ::= TABLE table_name(B). { A = p->all_of(B); }
row_constructors(A) ::= row_constructor(B). { A = p->list(B); }
row_constructors(A) ::= row_constructors(A) OP_COMMA row_constructor(B). { p->push(A, B); }
row_constructor(A) ::= ROW OP_LP expr_list(B) OP_RP. { A = B; A->kind = Kind::kRow; }

into ::= INTO into_variables.
into ::= INTO OUTFILE text(A) file_charset file_fields file_lines. { p->into_file(A, false); }
into ::= INTO DUMPFILE text(A). { p->into_file(A, true); }
into_variables ::= into_variable.
into_variables ::= into_variables OP_COMMA into_variable.
into_variable ::= LIT_USER_VARIABLE(A). { p->into_variable(A); }
opt_into_variables ::= . [LOWEST]
opt_into_variables ::= into.

select(A) ::= SELECT select_options(B) items(C) opt_into_variables opt_from(D) opt_where(E) opt_group(F) opt_having(G) opt_windows(H). {
  A = p->n(Kind::kSelect, {C, D, E, F, G, H});
  A->flags = B->flags | (F != nullptr ? F->flags & kRollup : 0U);
}
select_options(A) ::= . { A = p->n(Kind::kNull); }
select_options(A) ::= select_options(A) select_option(B). { A->flags |= B->flags; }
select_option(A) ::= ALL. { A = p->n(Kind::kNull); }
select_option(A) ::= DISTINCT. { A = p->flagged(kDistinct); }
select_option(A) ::= DISTINCTROW. { A = p->flagged(kDistinct); }
select_option(A) ::= HIGH_PRIORITY. { A = p->n(Kind::kNull); }
select_option(A) ::= STRAIGHT_JOIN. { A = p->flagged(kStraight); }
select_option(A) ::= SQL_SMALL_RESULT|SQL_BIG_RESULT|SQL_BUFFER_RESULT|SQL_NO_CACHE|SQL_CACHE. { A = p->n(Kind::kNull); }
select_option(A) ::= SQL_CALC_FOUND_ROWS. { A = p->flagged(kCalcFoundRows); }
items(A) ::= item(B). { A = p->list(B); }
items(A) ::= items(A) OP_COMMA item(B). { p->push(A, B); }
item(A) ::= OP_STAR. { A = p->n(Kind::kStar); }
item(A) ::= item_start ident(B) OP_DOT OP_STAR. { A = p->n(Kind::kStar); A->qualifier = B->text; A->offset = B->offset; }
item(A) ::= item_start ident(B) OP_DOT ident(C) OP_DOT OP_STAR. { A = p->n(Kind::kStar); A->qualifier = C->text; A->database = B->text; }
item(A) ::= item_start(B) item_expr(C) alias(D). { A = p->item(B, C, D); }
item_start(A) ::= . { A = p->mark(); }
item_expr(A) ::= expr(B). { A = B; p->item_end(); }
alias(A) ::= . [LOWEST_NAME] { A = nullptr; }
alias(A) ::= AS ident_or_text(B). { A = B; }
alias(A) ::= ident_or_text(A).
opt_from(A) ::= . { A = nullptr; }
opt_from(A) ::= FROM DUAL. { A = nullptr; }
opt_from(A) ::= FROM table_refs(B). { A = B; }
opt_where(A) ::= . { A = nullptr; }
opt_where(A) ::= WHERE expr(B). { A = B; }
opt_group(A) ::= . { A = nullptr; }
opt_group(A) ::= GROUP BY order_items(B). [LOWEST] { A = B; }
opt_group(A) ::= GROUP BY order_items(B) WITH ROLLUP. { A = B; A->flags |= kRollup; }
opt_having(A) ::= . { A = nullptr; }
opt_having(A) ::= HAVING expr(B). { A = B; }
opt_windows(A) ::= . { A = nullptr; }
opt_windows(A) ::= WINDOW named_windows(B). { A = B; }
named_windows(A) ::= named_window(B). { A = p->list(B); }
named_windows(A) ::= named_windows(A) OP_COMMA named_window(B). { p->push(A, B); }
named_window(A) ::= ident(B) AS window(C). { A = p->n(Kind::kNamedWindow, {C}, B->text); }
opt_order(A) ::= . { A = nullptr; }
opt_order(A) ::= ORDER BY order_items(B). { A = B; }
order_items(A) ::= order_item(B). { A = p->list(B); }
order_items(A) ::= order_items(A) OP_COMMA order_item(B). { p->push(A, B); }
order_item(A) ::= expr(B) direction(C). { A = p->n(Kind::kOrder, {B}); A->flags |= p->flag_if(C, kDescending); }
direction(A) ::= . { A = nullptr; }
direction(A) ::= ASC. { A = nullptr; }
direction(A) ::= DESC. { A = p->n(Kind::kNull); }
opt_limit(A) ::= . { A = nullptr; }
opt_limit(A) ::= LIMIT limit_value(B). { A = p->n(Kind::kLimit, {B, nullptr}); }
opt_limit(A) ::= LIMIT limit_value(B) OP_COMMA limit_value(C). { A = p->n(Kind::kLimit, {C, B}); }
opt_limit(A) ::= LIMIT limit_value(B) OFFSET limit_value(C). { A = p->n(Kind::kLimit, {B, C}); }
limit_value(A) ::= LIT_INTEGER(B). { A = p->literal(Kind::kInteger, B); }
limit_value(A) ::= OP_PARAM(B). { A = p->parameter(B); }
locking(A) ::= . { A = nullptr; }
locking(A) ::= locking(B) lock_clause(C). { A = B != nullptr ? B : p->list(); p->push(A, C); }
lock_clause(A) ::= FOR UPDATE lock_tables(B) lock_wait(C). { A = p->n(Kind::kName, {B}, "UPDATE"); A->flags = C->flags; }
lock_clause(A) ::= FOR SHARE lock_tables(B) lock_wait(C). { A = p->n(Kind::kName, {B}, "SHARE"); A->flags = C->flags; }
lock_clause(A) ::= LOCK IN SHARE MODE. { A = p->n(Kind::kName, {nullptr}, "SHARE"); }
lock_tables(A) ::= . { A = nullptr; }
lock_tables(A) ::= OF ident_list(B). { A = B; }
lock_wait(A) ::= . { A = p->n(Kind::kNull); }
lock_wait(A) ::= NOWAIT. { A = p->flagged(kNoWait); }
lock_wait(A) ::= SKIP LOCKED. { A = p->flagged(kSkipLocked); }

table_refs(A) ::= table_ref(A).
table_refs(A) ::= table_refs(B) OP_COMMA table_ref(C). { A = p->join(",", B, C); }
table_ref(A) ::= table_factor(A).
table_ref(A) ::= table_ref(B) inner_join(C) table_factor(D). [LOWEST] { A = p->join(C->text, B, D); }
table_ref(A) ::= table_ref(B) inner_join(C) table_factor(D) ON expr(E). { A = p->join(C->text, B, D, E); }
table_ref(A) ::= table_ref(B) inner_join(C) table_factor(D) USING OP_LP ident_list(E) OP_RP. { A = p->join(C->text, B, D, nullptr, E); }
table_ref(A) ::= table_ref(B) outer_join(C) table_ref(D) ON expr(E). { A = p->join(C->text, B, D, E); }
table_ref(A) ::= table_ref(B) outer_join(C) table_ref(D) USING OP_LP ident_list(E) OP_RP. { A = p->join(C->text, B, D, nullptr, E); }
table_ref(A) ::= table_ref(B) NATURAL natural_join(C) table_factor(D). { A = p->join(C->text, B, D); A->flags |= kNatural; }
inner_join(A) ::= JOIN. { A = p->n(Kind::kName, {}, "JOIN"); }
inner_join(A) ::= INNER JOIN. { A = p->n(Kind::kName, {}, "JOIN"); }
inner_join(A) ::= CROSS JOIN. { A = p->n(Kind::kName, {}, "JOIN"); }
inner_join(A) ::= STRAIGHT_JOIN. { A = p->n(Kind::kName, {}, "CROSS JOIN"); }
outer_join(A) ::= LEFT opt_outer JOIN. { A = p->n(Kind::kName, {}, "LEFT JOIN"); }
outer_join(A) ::= RIGHT opt_outer JOIN. { A = p->n(Kind::kName, {}, "RIGHT JOIN"); }
natural_join(A) ::= JOIN. { A = p->n(Kind::kName, {}, "JOIN"); }
natural_join(A) ::= INNER JOIN. { A = p->n(Kind::kName, {}, "JOIN"); }
natural_join(A) ::= outer_join(A).
opt_outer ::= .
opt_outer ::= OUTER.
table_factor(A) ::= table_name(B) opt_partitions table_alias(C) index_hints. { A = B; if (C != nullptr) A->qualifier = C->text; }
table_factor(A) ::= query_parens(B) table_alias(C) opt_name_list(D). [OP_RP] { A = p->derived(B, C, D); }
table_factor(A) ::= LATERAL query_parens(B) table_alias(C) opt_name_list(D). [OP_RP] { A = p->derived(B, C, D); A->flags |= kLateral; }
table_factor(A) ::= OP_LP table_refs(B) OP_RP. { A = B; A->flags |= kParenthesised; }
table_factor(A) ::= JSON_TABLE OP_LP expr(B) OP_COMMA json_columns(C) OP_RP table_alias(D). [OP_RP] { A = p->json_table(B, C, D); }
json_columns(A) ::= text(B) COLUMNS OP_LP json_column_list(C) OP_RP. { A = C; A->text = B->text; }
json_column_list(A) ::= json_column(B). { A = p->n(Kind::kJsonColumns, {B}); }
json_column_list(A) ::= json_column_list(A) OP_COMMA json_column(B). { p->push(A, B); }
json_column(A) ::= ident(B) FOR ORDINALITY. { A = p->n(Kind::kJsonColumn, {}, B->text); }
json_column(A) ::= ident(B) json_type(C) PATH text(D) json_replies(E). { A = E; A->text = B->text; A->type = C; A->kids[0] = D; }
json_column(A) ::= ident(B) json_type(C) EXISTS PATH text(D). { A = p->n(Kind::kJsonColumn, {D}, B->text); A->type = C; A->flags |= kIfExists; }
json_column(A) ::= NESTED opt_path json_columns(B). { A = B; }
json_type(A) ::= column_type(A).
json_type(A) ::= column_type(B) COLLATE charset_name(C). { A = p->with_collation(B, C); }
opt_path ::= .
opt_path ::= PATH.
json_replies(A) ::= . { A = p->json_replies(nullptr, nullptr); }
json_replies(A) ::= json_reply(B) ON EMPTY. { A = p->json_replies(B, nullptr); }
json_replies(A) ::= json_reply(B) ON ERROR. { A = p->json_replies(nullptr, B); }
json_replies(A) ::= json_reply(B) ON EMPTY json_reply(C) ON ERROR. { A = p->json_replies(B, C); }
json_replies(A) ::= json_reply(B) ON ERROR json_reply(C) ON EMPTY. { A = p->json_replies(C, B); }
json_reply(A) ::= NULL. { A = p->n(Kind::kNull); }
json_reply(A) ::= ERROR. { A = p->n(Kind::kTrue); }
json_reply(A) ::= DEFAULT text(B). { A = B; }
table_alias(A) ::= . [LOWEST_NAME] { A = nullptr; }
table_alias(A) ::= AS ident_or_text(B). { A = B; }
table_alias(A) ::= ident(A).
opt_partitions ::= .
opt_partitions ::= PARTITION OP_LP ident_list OP_RP. { p->not_supported("PARTITION"); }
index_hints ::= .
index_hints ::= index_hints index_hint.
index_hint ::= hint_verb index_word hint_for OP_LP hint_names OP_RP.
hint_verb ::= USE.
hint_verb ::= FORCE.
hint_verb ::= IGNORE.
index_word ::= INDEX.
index_word ::= KEY.
hint_for ::= .
hint_for ::= FOR JOIN.
hint_for ::= FOR ORDER BY.
hint_for ::= FOR GROUP BY.
hint_names ::= .
hint_names ::= hint_name.
hint_names ::= hint_names OP_COMMA hint_name.
hint_name ::= ident.
hint_name ::= PRIMARY.
