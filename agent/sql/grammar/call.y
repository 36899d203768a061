// Function calls: the ordinary ones, those whose names are reserved words, and those with syntax of their own.
call(A) ::= ident(B) OP_LP opt_expr_list(C) OP_RP over(D). { A = p->call_of(B->text, C, D); A->offset = B->offset; }
call(A) ::= ident(B) OP_LP DISTINCT expr_list(C) OP_RP over(D). { A = p->call_of(B->text, C, D); p->innermost_call(A)->flags |= kDistinct; }
call(A) ::= ident(B) OP_LP ALL expr_list(C) OP_RP over(D). { A = p->call_of(B->text, C, D); }
call(A) ::= ident(B) OP_LP OP_STAR OP_RP over(C). { A = p->call_of(B->text, p->list(), C); p->innermost_call(A)->flags |= kStarArgument; }
call(A) ::= ident(B) OP_DOT ident OP_LP opt_expr_list OP_RP. { A = p->unsupported("stored functions"); A->offset = B->offset; }
call(A) ::= reserved_function(B) OP_LP opt_expr_list(C) OP_RP. { A = p->call_of(B->text, C, nullptr); }
reserved_function(A) ::= IF|LEFT|RIGHT|REPLACE|INSERT|MOD|REPEAT|DATABASE|SCHEMA(B). { A = p->name(B); }
bare_function(A) ::= UTC_DATE|UTC_TIME|UTC_TIMESTAMP|CURRENT_DATE|CURRENT_TIME|CURRENT_USER(B). { A = p->name(B); }
bare_function(A) ::= now_word. { A = p->n(Kind::kName, {}, "now"); }
now_word ::= CURRENT_TIMESTAMP.
now_word ::= LOCALTIME.
now_word ::= LOCALTIMESTAMP.
call(A) ::= bare_function(B) OP_LP opt_expr_list(C) OP_RP. { A = p->call_of(B->text, C, nullptr); }
call(A) ::= bare_function(B). [LOWEST_NAME] {
  A = p->call_of(B->text, p->list(), nullptr);
}
call(A) ::= window_function(B) OP_LP opt_expr_list(C) OP_RP null_treatment over(D). { A = p->call_of(B->text, C, D); p->needs_over(A, B); }
window_function(A) ::= ROW_NUMBER|RANK|DENSE_RANK|PERCENT_RANK|CUME_DIST|NTILE|LAG|LEAD|FIRST_VALUE|LAST_VALUE|NTH_VALUE(B). { A = p->name(B); }
null_treatment ::= .
null_treatment ::= RESPECT NULLS.
over(A) ::= . [LOWEST_NAME] { A = nullptr; }
over(A) ::= OVER ident(B). { A = p->n(Kind::kName, {}, B->text); }
over(A) ::= OVER window(B). { A = B; }
window(A) ::= OP_LP opt_ident(B) opt_partition(C) opt_order(D) opt_frame(E) OP_RP. {
  A = p->n(Kind::kWindow, {C, D, E}, B != nullptr ? B->text : std::string_view());
}
opt_ident(A) ::= . { A = nullptr; }
opt_ident(A) ::= ident(A).
opt_partition(A) ::= . { A = nullptr; }
opt_partition(A) ::= PARTITION BY expr_list(B). { A = B; }
opt_frame(A) ::= . { A = nullptr; }
opt_frame(A) ::= frame_unit(B) frame_bound(C). { A = p->n(Kind::kFrame, {C}, B->text); }
opt_frame(A) ::= frame_unit(B) BETWEEN frame_bound(C) AND frame_bound(D). { A = p->n(Kind::kFrame, {C, D}, B->text); }
frame_unit(A) ::= ROWS|RANGE(B). { A = p->name(B); }
frame_bound(A) ::= CURRENT ROW. { A = p->n(Kind::kName, {}, "CURRENT ROW"); }
frame_bound(A) ::= UNBOUNDED PRECEDING. { A = p->n(Kind::kName, {}, "UNBOUNDED PRECEDING"); }
frame_bound(A) ::= UNBOUNDED FOLLOWING. { A = p->n(Kind::kName, {}, "UNBOUNDED FOLLOWING"); }
frame_bound(A) ::= expr(B) PRECEDING. { A = p->n(Kind::kName, {B}, "PRECEDING"); }
frame_bound(A) ::= expr(B) FOLLOWING. { A = p->n(Kind::kName, {B}, "FOLLOWING"); }
frame_bound(A) ::= INTERVAL expr(B) unit(C) PRECEDING. { A = p->n(Kind::kName, {B}, "PRECEDING"); A->qualifier = C->text; }
frame_bound(A) ::= INTERVAL expr(B) unit(C) FOLLOWING. { A = p->n(Kind::kName, {B}, "FOLLOWING"); A->qualifier = C->text; }

call(A) ::= F_GROUP_CONCAT OP_LP opt_distinct(B) expr_list(C) opt_order(D) opt_separator(E) OP_RP. {
  A = p->n(Kind::kGroupConcat, {C, D, E});
  A->flags |= p->flag_if(B, kDistinct);
}
opt_distinct(A) ::= . { A = nullptr; }
opt_distinct(A) ::= DISTINCT. { A = p->n(Kind::kNull); }
opt_separator(A) ::= . { A = nullptr; }
opt_separator(A) ::= SEPARATOR text(B). { A = B; }
call(A) ::= F_CAST OP_LP expr(B) AS cast_type(C) OP_RP. { A = p->cast(B, C); }
call(A) ::= CONVERT OP_LP expr(B) OP_COMMA cast_type(C) OP_RP. { A = p->cast(B, C); }
call(A) ::= CONVERT OP_LP expr(B) USING charset_name(C) OP_RP. { A = p->n(Kind::kConvertUsing, {B}, C->text); }
call(A) ::= CHAR OP_LP expr_list(B) OP_RP. { A = p->call_of("char", B, nullptr); }
call(A) ::= CHAR OP_LP expr_list(B) USING charset_name(C) OP_RP. { A = p->n(Kind::kConvertUsing, {p->call_of("char", B, nullptr)}, C->text); }
call(A) ::= F_EXTRACT OP_LP unit(B) FROM expr(C) OP_RP. { A = p->call("mysql_extract", {B, C}); }
call(A) ::= date_add OP_LP expr(B) OP_COMMA INTERVAL expr(C) unit(D) OP_RP. { A = p->call("mysql_date_add", {B, C, D}); }
call(A) ::= date_sub OP_LP expr(B) OP_COMMA INTERVAL expr(C) unit(D) OP_RP. { A = p->call("mysql_date_sub", {B, C, D}); }
date_add ::= F_DATE_ADD.
date_add ::= F_ADDDATE.
date_sub ::= F_DATE_SUB.
date_sub ::= F_SUBDATE.
call(A) ::= date_add OP_LP expr(B) OP_COMMA expr(C) OP_RP. { A = p->call("mysql_date_add", {B, C, p->string("DAY")}); }
call(A) ::= date_sub OP_LP expr(B) OP_COMMA expr(C) OP_RP. { A = p->call("mysql_date_sub", {B, C, p->string("DAY")}); }
call(A) ::= F_TIMESTAMPADD OP_LP unit(B) OP_COMMA expr(C) OP_COMMA expr(D) OP_RP. { A = p->call("timestampadd", {B, C, D}); }
call(A) ::= F_TIMESTAMPDIFF OP_LP unit(B) OP_COMMA expr(C) OP_COMMA expr(D) OP_RP. { A = p->call("timestampdiff", {B, C, D}); }
call(A) ::= GROUPING OP_LP expr_list(B) OP_RP. { A = p->call_of("grouping", B, nullptr); }
call(A) ::= F_POSITION OP_LP bits(B) IN expr(C) OP_RP. { A = p->call("locate", {B, C}); }
call(A) ::= substring OP_LP expr_list(B) OP_RP. { A = p->call_of("substring", B, nullptr); }
call(A) ::= substring OP_LP expr(B) FROM expr(C) OP_RP. { A = p->call("substring", {B, C}); }
call(A) ::= substring OP_LP expr(B) FROM expr(C) FOR expr(D) OP_RP. { A = p->call("substring", {B, C, D}); }
substring ::= F_SUBSTRING.
substring ::= F_SUBSTR.
substring ::= F_MID.
call(A) ::= F_TRIM OP_LP expr(B) OP_RP. { A = p->trim("both", nullptr, B); }
call(A) ::= F_TRIM OP_LP expr(B) FROM expr(C) OP_RP. { A = p->trim("both", B, C); }
call(A) ::= F_TRIM OP_LP trim_side(B) FROM expr(C) OP_RP. { A = p->trim(B->text, nullptr, C); }
call(A) ::= F_TRIM OP_LP trim_side(B) expr(C) FROM expr(D) OP_RP. { A = p->trim(B->text, C, D); }
trim_side(A) ::= BOTH. { A = p->n(Kind::kName, {}, "both"); }
trim_side(A) ::= LEADING. { A = p->n(Kind::kName, {}, "leading"); }
trim_side(A) ::= TRAILING. { A = p->n(Kind::kName, {}, "trailing"); }

cast_type(A) ::= SIGNED opt_integer. { A = p->n(Kind::kName, {}, "mysql_signed"); }
cast_type(A) ::= UNSIGNED opt_integer. { A = p->n(Kind::kName, {}, "mysql_unsigned"); }
cast_type(A) ::= CHAR opt_length(B) cast_charset(C). { A = p->n(Kind::kName, {B, C}, "mysql_char"); }
cast_type(A) ::= NCHAR opt_length(B). { A = p->n(Kind::kName, {B}, "mysql_char"); }
cast_type(A) ::= BINARY opt_length(B). { A = p->n(Kind::kName, {B}, "mysql_binary"); }
cast_type(A) ::= DATE. { A = p->n(Kind::kName, {}, "mysql_date"); }
cast_type(A) ::= YEAR. { A = p->n(Kind::kName, {}, "mysql_year"); }
cast_type(A) ::= DATETIME opt_length(B). { A = p->n(Kind::kName, {B}, "mysql_datetime"); }
cast_type(A) ::= TIME opt_length(B). { A = p->n(Kind::kName, {B}, "mysql_time"); }
cast_type(A) ::= DECIMAL opt_length(B). { A = p->n(Kind::kName, {B}, "mysql_decimal"); }
cast_type(A) ::= DOUBLE opt_precision. { A = p->n(Kind::kName, {}, "mysql_double"); }
cast_type(A) ::= REAL. { A = p->n(Kind::kName, {}, "mysql_double"); }
cast_type(A) ::= FLOAT. { A = p->n(Kind::kName, {}, "mysql_float"); }
cast_type(A) ::= JSON. { A = p->n(Kind::kName, {}, "mysql_json"); }
opt_integer ::= .
opt_integer ::= INTEGER.
opt_integer ::= INT.
opt_precision ::= .
opt_precision ::= PRECISION.
cast_charset(A) ::= . { A = nullptr; }
cast_charset(A) ::= CHARACTER SET charset_name(B). { A = B; }
cast_charset(A) ::= CHARSET charset_name(B). { A = B; }
opt_length(A) ::= . { A = nullptr; }
opt_length(A) ::= OP_LP LIT_INTEGER(B) OP_RP. { A = p->list(p->literal(Kind::kInteger, B)); }
opt_length(A) ::= OP_LP LIT_INTEGER(B) OP_COMMA LIT_INTEGER(C) OP_RP. { A = p->list(p->literal(Kind::kInteger, B)); p->push(A, p->literal(Kind::kInteger, C)); }
