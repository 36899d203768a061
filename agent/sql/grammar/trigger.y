// CREATE TRIGGER and the statements of its body.
statement(A) ::= CREATE view_options TRIGGER if_not_exists(B) table_name(C) trigger_time(D) trigger_event(E) ON table_name(F) FOR EACH ROW trigger_order trigger_start(G) trigger_statement(H). {
  p->set_kind(StatementKind::kDdl);
  A = p->trigger(C, D, E, F, G, H);
  A->flags |= p->flag_if(B, kIfNotExists);
}
trigger_time(A) ::= BEFORE|AFTER(B). { A = p->name(B); }
trigger_event(A) ::= INSERT|UPDATE|DELETE(B). { A = p->name(B); }
trigger_order ::= .
trigger_order ::= FOLLOWS ident. { p->not_supported("multiple triggers with the same action time and event for one table"); }
trigger_order ::= PRECEDES ident. { p->not_supported("multiple triggers with the same action time and event for one table"); }
trigger_start(A) ::= . { A = p->mark(); }

trigger_statements(A) ::= trigger_statement(B) OP_SEMI. { A = p->list(B); }
trigger_statements(A) ::= trigger_statements(A) trigger_statement(B) OP_SEMI. { p->push(A, B); }
trigger_statement(A) ::= insert(A).
trigger_statement(A) ::= update(A).
trigger_statement(A) ::= delete(A).
trigger_statement(A) ::= BEGIN END. { A = p->list(); }
trigger_statement(A) ::= BEGIN trigger_statements(B) END. { A = B; }
trigger_statement(A) ::= SET trigger_assignments(B). { A = B; A->kind = Kind::kSetLocal; }
trigger_statement(A) ::= IF expr(B) THEN trigger_statements(C) trigger_else(D) END IF. { A = p->n(Kind::kIf, {B, C, D}); }
trigger_statement(A) ::= SIGNAL SQLSTATE opt_value_word text(B) signal_items(C). { A = p->n(Kind::kSignal, {C->kid(0), C->kid(1)}, B->text); }
trigger_statement(A) ::= trigger_refused(B). { A = p->unsupported(p->upper(B)); }
trigger_refused(A) ::= DECLARE|WHILE|REPEAT|LOOP|CALL|SELECT|RESIGNAL|CASE(B). { A = p->name(B); }
trigger_else(A) ::= . { A = nullptr; }
trigger_else(A) ::= ELSE trigger_statements(B). { A = B; }
trigger_else(A) ::= ELSEIF expr(B) THEN trigger_statements(C) trigger_else(D). { A = p->n(Kind::kIf, {B, C, D}); }
trigger_assignments(A) ::= trigger_assignment(B). { A = p->list(B); }
trigger_assignments(A) ::= trigger_assignments(A) OP_COMMA trigger_assignment(B). { p->push(A, B); }
trigger_assignment(A) ::= ident(B) OP_DOT ident(C) assign_sign expr(D). { A = p->n(Kind::kAssignment, {p->column({}, B->text, C->text, B->offset), D}); }
trigger_assignment(A) ::= LIT_USER_VARIABLE(B) assign_sign expr(C). { A = p->n(Kind::kAssignment, {p->n(Kind::kUserVariable, {}, B->text), C}); }
opt_value_word ::= .
opt_value_word ::= VALUE.
signal_items(A) ::= . { A = p->n(Kind::kNull, {nullptr, nullptr}); }
signal_items(A) ::= SET signal_item_list(B). { A = B; }
signal_item_list(A) ::= signal_item(A).
signal_item_list(A) ::= signal_item_list(A) OP_COMMA signal_item(B). { for (std::uint32_t i = 0; i < 2; ++i) if (B->kids[i] != nullptr) A->kids[i] = B->kids[i]; }
signal_item(A) ::= MESSAGE_TEXT OP_EQ simple(B). { A = p->n(Kind::kNull, {B, nullptr}); }
signal_item(A) ::= MYSQL_ERRNO OP_EQ LIT_INTEGER(B). { A = p->n(Kind::kNull, {nullptr, p->literal(Kind::kInteger, B)}); }
