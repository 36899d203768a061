// INSERT, REPLACE, UPDATE, DELETE, DO.
statement(A) ::= insert(B). { p->set_kind(StatementKind::kWrite); A = B; }
statement(A) ::= update(B). { p->set_kind(StatementKind::kWrite); A = B; }
statement(A) ::= delete(B). { p->set_kind(StatementKind::kWrite); A = B; }
statement(A) ::= DO expr_list(B). { p->set_kind(StatementKind::kQuery); A = p->do_query(B); }

statement(A) ::= LOAD DATA load_options load_local INFILE text(B) load_duplicates(C) INTO TABLE table_name(D) file_charset file_fields file_lines load_skip load_fields load_set(E). {
  A = p->load_data(B, C, D, E);
}
load_options ::= .
load_options ::= LOW_PRIORITY.
load_options ::= CONCURRENT.
load_local ::= .
load_local ::= LOCAL. { p->file_use().local = true; }
load_duplicates(A) ::= . { A = p->n(Kind::kNull); }
load_duplicates(A) ::= REPLACE. { A = p->flagged(kReplace); }
load_duplicates(A) ::= IGNORE. { A = p->flagged(kIgnore); }
load_skip ::= .
load_skip ::= IGNORE LIT_INTEGER(A) LINES. { p->skip_lines(A); }
load_skip ::= IGNORE LIT_INTEGER(A) ROWS. { p->skip_lines(A); }
load_fields ::= .
load_fields ::= OP_LP OP_RP.
load_fields ::= OP_LP load_field_list OP_RP.
load_field_list ::= load_field.
load_field_list ::= load_field_list OP_COMMA load_field.
load_field ::= column(A). { p->file_use().fields.push_back({std::string(A->text), false}); }
load_field ::= LIT_USER_VARIABLE(A). { p->file_use().fields.push_back({std::string(A->text), true}); }
load_set(A) ::= . { A = nullptr; }
load_set(A) ::= SET assignments(B). { A = B; }
// Of LOAD DATA and SELECT ... INTO OUTFILE.
file_charset ::= .
file_charset ::= CHARACTER SET charset_name(A). { p->file_use().form.charset = lower_case(A->text); }
file_charset ::= CHARSET charset_name(A). { p->file_use().form.charset = lower_case(A->text); }
file_fields ::= .
file_fields ::= fields_word file_field_options.
fields_word ::= FIELDS.
fields_word ::= COLUMNS.
file_field_options ::= file_field_option.
file_field_options ::= file_field_options file_field_option.
file_field_option ::= TERMINATED BY file_text(A). { p->file_use().form.field_end = std::string(A->text); }
file_field_option ::= ENCLOSED BY file_text(A). { p->enclosed_by(A, false); }
file_field_option ::= OPTIONALLY ENCLOSED BY file_text(A). { p->enclosed_by(A, true); }
file_field_option ::= ESCAPED BY file_text(A). { p->escaped_by(A); }
file_lines ::= .
file_lines ::= LINES file_line_options.
file_line_options ::= file_line_option.
file_line_options ::= file_line_options file_line_option.
file_line_option ::= STARTING BY file_text(A). { p->file_use().form.line_begin = std::string(A->text); }
file_line_option ::= TERMINATED BY file_text(A). { p->file_use().form.line_end = std::string(A->text); }
file_text(A) ::= text(A).
file_text(A) ::= LIT_BLOB(B). { A = p->literal(Kind::kBlob, B); }

insert(A) ::= INSERT insert_options(B) opt_into table_name(C) insert_source(D) opt_on_duplicate(E). {
  A = p->insert("INSERT", B, C, D, E);
}
insert(A) ::= REPLACE insert_options(B) opt_into table_name(C) insert_source(D). { A = p->insert("REPLACE", B, C, D, nullptr); }
insert_options(A) ::= . { A = p->n(Kind::kNull); }
insert_options(A) ::= insert_options(A) LOW_PRIORITY.
insert_options(A) ::= insert_options(A) DELAYED.
insert_options(A) ::= insert_options(A) HIGH_PRIORITY.
insert_options(A) ::= insert_options(A) IGNORE. { A->flags |= kIgnore; }
opt_into ::= .
opt_into ::= INTO.
insert_source(A) ::= value_word insert_rows(B) row_alias(C). { A = p->source(nullptr, B, C); }
insert_source(A) ::= OP_LP OP_RP value_word insert_rows(B) row_alias(C). { A = p->source(nullptr, B, C); }
insert_source(A) ::= OP_LP column_list(B) OP_RP value_word insert_rows(C) row_alias(D). { A = p->source(B, C, D); }
insert_source(A) ::= query(B). { A = p->source(nullptr, B, nullptr); }
insert_source(A) ::= OP_LP column_list(B) OP_RP query(C). { A = p->source(B, C, nullptr); }
insert_source(A) ::= SET assignments(B) row_alias(C). { A = p->source_of_assignments(B, C); }
value_word ::= VALUES.
value_word ::= VALUE.
column_list(A) ::= column(B). { A = p->list(B); }
column_list(A) ::= column_list(A) OP_COMMA column(B). { p->push(A, B); }
insert_rows(A) ::= insert_row(B). { A = p->list(B); }
insert_rows(A) ::= insert_rows(A) OP_COMMA insert_row(B). { p->push(A, B); }
insert_row(A) ::= OP_LP OP_RP. { A = p->n(Kind::kRow); }
insert_row(A) ::= OP_LP value_list(B) OP_RP. { A = B; A->kind = Kind::kRow; }
value_list(A) ::= value(B). { A = p->list(B); }
value_list(A) ::= value_list(A) OP_COMMA value(B). { p->push(A, B); }
value(A) ::= expr(A).
value(A) ::= DEFAULT. { A = p->n(Kind::kDefault); }
row_alias(A) ::= . { A = nullptr; }
row_alias(A) ::= AS ident(B) opt_name_list(C). { A = p->n(Kind::kName, {C}, B->text); }
assignments(A) ::= assignment(B). { A = p->list(B); }
assignments(A) ::= assignments(A) OP_COMMA assignment(B). { p->push(A, B); }
assignment(A) ::= column(B) assign_sign value(C). { A = p->n(Kind::kAssignment, {B, C}); }
assign_sign ::= OP_EQ.
assign_sign ::= OP_ASSIGN.
opt_on_duplicate(A) ::= . { A = nullptr; }
opt_on_duplicate(A) ::= ON DUPLICATE KEY UPDATE assignments(B). { A = B; }

update(A) ::= opt_with(B) UPDATE update_options(C) table_refs(D) SET assignments(E) opt_where(F) opt_order(G) opt_limit(H). {
  A = p->n(Kind::kUpdate, {D, E, F, G, H, B});
  A->flags = C->flags;
}
update_options(A) ::= . { A = p->n(Kind::kNull); }
update_options(A) ::= update_options(A) LOW_PRIORITY.
update_options(A) ::= update_options(A) IGNORE. { A->flags |= kIgnore; }

delete(A) ::= opt_with(B) DELETE delete_options(C) FROM table_name(D) table_alias(E) opt_where(F) opt_order(G) opt_limit(H). {
  if (E != nullptr) D->qualifier = E->text;
  A = p->n(Kind::kDelete, {D, F, G, H, nullptr, B});
  A->flags = C->flags;
}
delete(A) ::= opt_with(B) DELETE delete_options(C) target_list(D) FROM table_refs(E) opt_where(F). {
  A = p->n(Kind::kDelete, {E, F, nullptr, nullptr, D, B});
  A->flags = C->flags;
}
delete(A) ::= opt_with(B) DELETE delete_options(C) FROM target_list(D) USING table_refs(E) opt_where(F). {
  A = p->n(Kind::kDelete, {E, F, nullptr, nullptr, D, B});
  A->flags = C->flags;
}
delete_options(A) ::= . { A = p->n(Kind::kNull); }
delete_options(A) ::= delete_options(A) LOW_PRIORITY.
delete_options(A) ::= delete_options(A) QUICK.
delete_options(A) ::= delete_options(A) IGNORE. { A->flags |= kIgnore; }
target_list(A) ::= target(B). { A = p->list(B); }
target_list(A) ::= target_list(A) OP_COMMA target(B). { p->push(A, B); }
target(A) ::= table_name(A).
target(A) ::= ident(B) OP_DOT OP_STAR. { A = p->table({}, B->text); }
target(A) ::= ident(B) OP_DOT ident(C) OP_DOT OP_STAR. { A = p->table(B->text, C->text); }
