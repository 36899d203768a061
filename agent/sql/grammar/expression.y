// Expressions, in MySQL's levels: expr, primary (comparisons), predicate, bits (arithmetic), simple.
expr(A) ::= expr(B) OR expr(C). { A = p->binary(Op::kOr, B, C); }
expr(A) ::= expr(B) OP_PIPES expr(C). { A = p->binary(Op::kOr, B, C); }
expr(A) ::= expr(B) XOR expr(C). { A = p->binary(Op::kXor, B, C); }
expr(A) ::= expr(B) AND expr(C). { A = p->binary(Op::kAnd, B, C); }
expr(A) ::= expr(B) OP_AND_AND expr(C). { A = p->binary(Op::kAnd, B, C); }
expr(A) ::= NOT expr(B). { A = p->unary(Op::kNot, B); }
expr(A) ::= primary(B) IS is_not(C) truth(D). { A = p->n(Kind::kIs, {B}, D->text); A->flags |= p->flag_if(C, kNegated); }
expr(A) ::= primary(A). [LOWEST_NAME]
expr(A) ::= LIT_USER_VARIABLE(B) OP_ASSIGN expr(C). [OR] { A = p->n(Kind::kAssign, {C}, B->text); }
is_not(A) ::= . { A = nullptr; }
is_not(A) ::= NOT. { A = p->n(Kind::kNull); }
truth(A) ::= TRUE. { A = p->n(Kind::kTrue, {}, "TRUE"); }
truth(A) ::= FALSE. { A = p->n(Kind::kFalse, {}, "FALSE"); }
truth(A) ::= UNKNOWN. { A = p->n(Kind::kNull, {}, "NULL"); }
expr_list(A) ::= expr(B). { A = p->list(B); }
expr_list(A) ::= expr_list(A) OP_COMMA expr(B). { p->push(A, B); }
opt_expr_list(A) ::= . { A = p->list(); }
opt_expr_list(A) ::= expr_list(A).

primary(A) ::= primary(B) IS is_not(C) NULL. { A = p->n(Kind::kIs, {B}, "NULL"); A->flags |= p->flag_if(C, kNegated); }
primary(A) ::= primary(B) comparison(C) predicate(D). { A = p->binary(C->op, B, D); }
primary(A) ::= primary(B) OP_NULL_EQ predicate(C). { A = p->binary(Op::kNullEq, B, C); }
primary(A) ::= primary(B) comparison(C) any_or_all(D) query_parens(E). {
  A = p->n(Kind::kQuantified, {B, E});
  A->op = C->op;
  A->flags |= D->flags;
}
primary(A) ::= predicate(A).
any_or_all(A) ::= ALL. { A = p->n(Kind::kNull); A->flags = kAll; }
any_or_all(A) ::= ANY. { A = p->n(Kind::kNull); }
any_or_all(A) ::= SOME. { A = p->n(Kind::kNull); }
comparison(A) ::= OP_EQ. { A = p->op(Op::kEq); }
comparison(A) ::= OP_NE. { A = p->op(Op::kNe); }
comparison(A) ::= OP_LT. { A = p->op(Op::kLt); }
comparison(A) ::= OP_LE. { A = p->op(Op::kLe); }
comparison(A) ::= OP_GT. { A = p->op(Op::kGt); }
comparison(A) ::= OP_GE. { A = p->op(Op::kGe); }

predicate(A) ::= bits(B) is_not(C) IN query_parens(D). [OP_RP] { A = p->n(Kind::kIn, {B, D}); A->flags |= p->flag_if(C, kNegated); }
predicate(A) ::= bits(B) is_not(C) IN OP_LP expr_list(D) OP_RP. { A = p->n(Kind::kIn, {B, D}); A->flags |= p->flag_if(C, kNegated); }
predicate(A) ::= bits(B) is_not(C) BETWEEN bits(D) AND predicate(E). {
  A = p->n(Kind::kBetween, {B, D, E});
  A->flags |= p->flag_if(C, kNegated);
}
predicate(A) ::= bits(B) SOUNDS LIKE bits(C). { A = p->binary(Op::kEq, p->call("soundex", {B}), p->call("soundex", {C})); }
predicate(A) ::= bits(B) is_not(C) LIKE simple(D). [LOWEST_NAME] { A = p->n(Kind::kLike, {B, D}); A->flags |= p->flag_if(C, kNegated); }
predicate(A) ::= bits(B) is_not(C) LIKE simple(D) ESCAPE simple(E). [LOWEST_NAME] {
  A = p->n(Kind::kLike, {B, D, E});
  A->flags |= p->flag_if(C, kNegated);
}
predicate(A) ::= bits(B) is_not(C) regexp bits(D). { A = p->n(Kind::kRegexp, {B, D}); A->flags |= p->flag_if(C, kNegated); }
predicate(A) ::= bits(B) MEMBER OF OP_LP simple(C) OP_RP. { A = p->call("member_of", {B, C}); }
predicate(A) ::= bits(A). [LOWEST_NAME]
regexp ::= REGEXP.
regexp ::= RLIKE.

bits(A) ::= bits(B) OP_PIPE bits(C). { A = p->binary(Op::kBitOr, B, C); }
bits(A) ::= bits(B) OP_AMP bits(C). { A = p->binary(Op::kBitAnd, B, C); }
bits(A) ::= bits(B) OP_SHL bits(C). { A = p->binary(Op::kShiftLeft, B, C); }
bits(A) ::= bits(B) OP_SHR bits(C). { A = p->binary(Op::kShiftRight, B, C); }
bits(A) ::= bits(B) OP_PLUS bits(C). { A = p->binary(Op::kAdd, B, C); }
bits(A) ::= bits(B) OP_MINUS bits(C). { A = p->binary(Op::kSub, B, C); }
bits(A) ::= bits(B) OP_STAR bits(C). { A = p->binary(Op::kMul, B, C); }
bits(A) ::= bits(B) OP_SLASH bits(C). { A = p->binary(Op::kDiv, B, C); }
bits(A) ::= bits(B) DIV bits(C). { A = p->binary(Op::kIntDiv, B, C); }
bits(A) ::= bits(B) OP_PERCENT bits(C). { A = p->binary(Op::kMod, B, C); }
bits(A) ::= bits(B) MOD bits(C). { A = p->binary(Op::kMod, B, C); }
bits(A) ::= bits(B) OP_CARET bits(C). { A = p->binary(Op::kBitXor, B, C); }
bits(A) ::= bits(B) OP_PLUS INTERVAL expr(C) unit(D). [OP_PLUS] { A = p->call("mysql_date_add", {B, C, D}); }
bits(A) ::= bits(B) OP_MINUS INTERVAL expr(C) unit(D). [OP_PLUS] { A = p->call("mysql_date_sub", {B, C, D}); }
bits(A) ::= INTERVAL expr(B) unit(C) OP_PLUS bits(D). [OP_PLUS] { A = p->call("mysql_date_add", {D, B, C}); }
bits(A) ::= simple(A). [LOWEST_NAME]

unit(A) ::= MICROSECOND|SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR(B). { A = p->unit(B); }
unit(A) ::= SECOND_MICROSECOND|MINUTE_MICROSECOND|MINUTE_SECOND|HOUR_MICROSECOND|HOUR_SECOND|HOUR_MINUTE(B). { A = p->unit(B); }
unit(A) ::= DAY_MICROSECOND|DAY_SECOND|DAY_MINUTE|DAY_HOUR|YEAR_MONTH(B). { A = p->unit(B); }

column(A) ::= ident(B). [LOWEST_NAME] { A = p->n(Kind::kColumn, {}, B->text); A->offset = B->offset; }
column(A) ::= ident(B) OP_DOT ident(C). { A = p->column({}, B->text, C->text, B->offset); }
column(A) ::= ident(B) OP_DOT ident(C) OP_DOT ident(D). { A = p->column(B->text, C->text, D->text, B->offset); }

literal(A) ::= LIT_INTEGER(B). { A = p->literal(Kind::kInteger, B); }
literal(A) ::= LIT_DECIMAL(B). { A = p->literal(Kind::kDecimal, B); }
literal(A) ::= LIT_DOUBLE(B). { A = p->literal(Kind::kDouble, B); }
literal(A) ::= text(A).
literal(A) ::= LIT_BLOB(B). { A = p->literal(Kind::kBlob, B); }
literal(A) ::= LIT_CHARSET(B) LIT_STRING(C). { A = p->introduced(B, C); }
literal(A) ::= LIT_CHARSET(B) LIT_BLOB(C). { A = p->introduced(B, C); }
literal(A) ::= NULL. { A = p->n(Kind::kNull); }
literal(A) ::= TRUE. { A = p->n(Kind::kTrue); }
literal(A) ::= FALSE. { A = p->n(Kind::kFalse); }
literal(A) ::= L_DATE LIT_STRING(B). { A = p->literal(Kind::kTemporal, B); A->op = Op::kDate; }
literal(A) ::= L_TIME LIT_STRING(B). { A = p->literal(Kind::kTemporal, B); A->op = Op::kTime; }
literal(A) ::= L_TIMESTAMP LIT_STRING(B). { A = p->literal(Kind::kTemporal, B); A->op = Op::kTimestamp; }

simple(A) ::= literal(A).
simple(A) ::= column(A). [LOWEST_NAME]
simple(A) ::= call(A). [LOWEST_NAME]
simple(A) ::= simple(B) COLLATE charset_name(C). { A = p->n(Kind::kCollate, {B}, C->text); }
simple(A) ::= OP_PARAM(B). { A = p->parameter(B); }
simple(A) ::= LIT_USER_VARIABLE(B). { A = p->n(Kind::kUserVariable, {}, B->text); }
simple(A) ::= LIT_SYSTEM_VARIABLE(B). { A = p->system_variable(B); }
simple(A) ::= simple(B) OP_CONCAT simple(C). { A = p->call("concat", {B, C}); }
simple(A) ::= OP_PLUS simple(B). [UNARY] { A = B; }
simple(A) ::= OP_MINUS simple(B). [UNARY] { A = p->unary(Op::kNeg, B); }
simple(A) ::= OP_TILDE simple(B). { A = p->unary(Op::kBitNot, B); }
simple(A) ::= OP_BANG simple(B). { A = p->unary(Op::kNot, B); }
simple(A) ::= BINARY simple(B). { A = p->call("mysql_binary", {B}); }
simple(A) ::= OP_LP expr(B) OP_RP. { A = B; }
simple(A) ::= OP_LP expr(B) OP_COMMA expr_list(C) OP_RP. [SUBQUERY_AS_VALUE] { A = p->row(B, C); }
simple(A) ::= ROW OP_LP expr(B) OP_COMMA expr_list(C) OP_RP. { A = p->row(B, C); }
simple(A) ::= INTERVAL OP_LP expr(B) OP_COMMA expr_list(C) OP_RP. [OP_RP] { A = p->call_of("interval", p->row(B, C), nullptr); }
simple(A) ::= query_parens(B). [SUBQUERY_AS_VALUE] { A = p->n(Kind::kSubquery, {B}); }
simple(A) ::= EXISTS query_parens(B). [OP_RP] { A = p->n(Kind::kExists, {B}); }
simple(A) ::= OP_LB ident(B) expr(C) OP_RB. { A = p->odbc(B, C); }
simple(A) ::= column(B) OP_ARROW text(C). { A = p->call("json_extract", {B, C}); }
simple(A) ::= column(B) OP_ARROW_TEXT text(C). { A = p->call("json_unquote", {p->call("json_extract", {B, C})}); }
simple(A) ::= CASE opt_expr(B) whens(C) opt_else(D) END. { A = p->case_of(B, C, D); }
simple(A) ::= MATCH OP_LP expr_list(B) OP_RP AGAINST OP_LP bits(C) match_mode(D) OP_RP. { A = p->n(Kind::kMatch, {B, C}, D->text); }
simple(A) ::= DEFAULT OP_LP column(B) OP_RP. { A = p->n(Kind::kDefault, {B}, B->text); }
simple(A) ::= VALUES OP_LP column(B) OP_RP. { A = p->n(Kind::kValuesOf, {}, B->text); }
opt_expr(A) ::= . { A = nullptr; }
opt_expr(A) ::= expr(A).
whens(A) ::= WHEN expr(B) THEN expr(C). { A = p->list(B); p->push(A, C); }
whens(A) ::= whens(A) WHEN expr(B) THEN expr(C). { p->push(A, B); p->push(A, C); }
opt_else(A) ::= . { A = nullptr; }
opt_else(A) ::= ELSE expr(B). { A = B; }
match_mode(A) ::= . { A = p->n(Kind::kName, {}, "NATURAL"); }
match_mode(A) ::= IN NATURAL LANGUAGE MODE. { A = p->n(Kind::kName, {}, "NATURAL"); }
match_mode(A) ::= IN BOOLEAN MODE. { A = p->n(Kind::kName, {}, "BOOLEAN"); }
match_mode(A) ::= IN NATURAL LANGUAGE MODE WITH QUERY EXPANSION. { A = p->n(Kind::kName, {}, "EXPANSION"); }
match_mode(A) ::= WITH QUERY EXPANSION. { A = p->n(Kind::kName, {}, "EXPANSION"); }
