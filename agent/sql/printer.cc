#include "agent/sql/printer.h"

#include "agent/base/check.h"

namespace murmel::sql {
namespace {

const char* spelling(Op op) {
  switch (op) {
    case Op::kOr: return " OR ";
    case Op::kAnd: return " AND ";
    case Op::kEq: return " = ";
    case Op::kNullEq: return " IS ";
    case Op::kNe: return " <> ";
    case Op::kLt: return " < ";
    case Op::kLe: return " <= ";
    case Op::kGt: return " > ";
    case Op::kGe: return " >= ";
    case Op::kAdd: return " + ";
    case Op::kSub: return " - ";
    case Op::kMul: return " * ";
    case Op::kNeg: return "- ";
    case Op::kNot: return "NOT ";
    case Op::kNone:
    case Op::kXor:
    case Op::kBitOr:
    case Op::kBitAnd:
    case Op::kShiftLeft:
    case Op::kShiftRight:
    case Op::kDiv:
    case Op::kIntDiv:
    case Op::kMod:
    case Op::kBitXor:
    case Op::kConcat:
    case Op::kPlus:
    case Op::kBitNot:
    case Op::kBinary:
    case Op::kJson:
    case Op::kJsonUnquote:
    case Op::kDate:
    case Op::kTime:
    case Op::kTimestamp: break;
  }
  INVARIANT(false);
}

}  // namespace

void Printer::name(std::string_view name) {
  text += '"';
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  text += '"';
}

void Printer::blob(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  text += "X'";
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  text += "'";
}

void Printer::string(std::string_view value) {
  if (value.find('\0') != std::string_view::npos) {
    text += "CAST(";
    blob(value);
    text += " AS TEXT)";
    return;
  }
  text += '\'';
  for (const char c : value) {
    if (c == '\'') text += '\'';
    text += c;
  }
  text += '\'';
}

void Printer::list(const Node* list, const char* separator) {
  for (std::uint32_t i = 0; i < list->count; ++i) {
    if (i != 0) text += separator;
    node(list->kids[i]);
  }
}

void Printer::column(const Node* column) {
  if (!column->qualifier.empty() && !column->has(kQuoted)) {
    name(column->qualifier);
    text += '.';
  }
  name(column->has(kNumbered) ? "c" + std::to_string(column->number) : std::string(column->text));
}

void Printer::operation(const Node* node) {
  text += '(';
  if (node->kind == Kind::kUnary) {
    text += spelling(node->op);
    this->node(node->kid(0));
  } else {
    this->node(node->kid(0));
    text += spelling(node->op);
    this->node(node->kid(1));
  }
  text += ')';
}

void Printer::case_of(const Node* node) {
  text += "CASE";
  if (node->kid(0) != nullptr) {
    text += ' ';
    this->node(node->kid(0));
  }
  for (std::uint32_t i = 2; i + 1 < node->count; i += 2) {
    text += " WHEN ";
    this->node(node->kids[i]);
    text += " THEN ";
    this->node(node->kids[i + 1]);
  }
  if (node->kid(1) != nullptr) {
    text += " ELSE ";
    this->node(node->kid(1));
  }
  text += " END";
}

void Printer::call(const Node* call) {
  name(call->text);
  text += call->has(kDistinct) ? "(DISTINCT " : "(";
  if (call->has(kStarArgument)) text += '*';
  list(call);
  text += ')';
}

void Printer::frame(const Node* frame) {
  const auto bound = [&](const Node* edge) {
    if (edge->count != 0) {
      node(edge->kid(0));
      text += ' ';
    }
    text += edge->text;
  };
  text += frame->text;
  text += frame->count > 1 ? " BETWEEN " : " ";
  bound(frame->kid(0));
  if (frame->count > 1) {
    text += " AND ";
    bound(frame->kid(1));
  }
}

void Printer::window(const Node* window) {
  text += '(';
  if (!window->text.empty()) name(window->text);
  if (window->kid(0) != nullptr) {
    text += " PARTITION BY ";
    list(window->kid(0));
  }
  if (window->kid(1) != nullptr) order(" ORDER BY ", window->kid(1));
  if (window->kid(2) != nullptr) {
    text += ' ';
    frame(window->kid(2));
  }
  text += ')';
}

void Printer::order(const char* word, const Node* list) {
  text += word;
  this->list(list);
}

void Printer::table(const Node* table) {
  if (!table->database.empty()) {
    name(table->database);
    text += '.';
  }
  name(table->text);
  if (!table->qualifier.empty()) {
    text += " AS ";
    name(table->qualifier);
  }
}

void Printer::join(const Node* join) {
  const auto side = [&](const Node* part) {
    const bool nested = part->kind == Kind::kJoin && part != join->kid(0);
    if (nested) text += '(';
    node(part);
    if (nested) text += ')';
  };
  side(join->kid(0));
  text += join->text == "," ? ", " : " " + std::string(join->text) + " ";
  side(join->kid(1));
  if (join->kid(2) != nullptr) {
    text += " ON ";
    node(join->kid(2));
  }
}

void Printer::select(const Node* select) {
  text += select->has(kDistinct) ? "SELECT DISTINCT " : "SELECT ";
  list(select->kid(0));
  if (select->kid(1) != nullptr) {
    text += " FROM ";
    node(select->kid(1));
  }
  if (select->kid(2) != nullptr) {
    text += " WHERE ";
    node(select->kid(2));
  }
  if (select->kid(3) != nullptr) order(" GROUP BY ", select->kid(3));
  if (select->kid(4) != nullptr) {
    text += " HAVING ";
    node(select->kid(4));
  }
  if (select->kid(5) != nullptr) {
    text += " WINDOW ";
    list(select->kid(5));
  }
}

// A member of UNION and its like: SQLite has no parentheses there, and one precedence for all of them.
void Printer::body_member(const Node* body) {
  const bool wrapped = body->kind == Kind::kQuery || body->kind == Kind::kSetOperation;
  if (wrapped) text += "SELECT * FROM (";
  node(body);
  if (wrapped) text += ')';
}

void Printer::query(const Node* query) {
  if (query->kid(0) != nullptr) {
    text += query->kid(0)->has(kRecursive) ? "WITH RECURSIVE " : "WITH ";
    list(query->kid(0));
    text += ' ';
  }
  const bool limited = query->kid(2) != nullptr || query->kid(3) != nullptr;
  if (query->kid(1)->kind == Kind::kQuery) {
    if (limited) {
      body_member(query->kid(1));
    } else {
      node(query->kid(1));
    }
  } else {
    node(query->kid(1));
  }
  if (query->kid(2) != nullptr) order(" ORDER BY ", query->kid(2));
  if (const Node* limit = query->kid(3)) {
    text += " LIMIT ";
    node(limit->kid(0));
    if (limit->kid(1) != nullptr) {
      text += " OFFSET ";
      node(limit->kid(1));
    }
  }
}

void Printer::node(const Node* node) {
  if (!leaf(node) && !expression(node)) clause(node);
}

// Literals, names and the like; false if it is none.
bool Printer::leaf(const Node* node) {
  const Kind kind = node->kind;
  if (kind == Kind::kNull) {
    text += "NULL";
  } else if (kind == Kind::kTrue) {
    text += '1';
  } else if (kind == Kind::kFalse) {
    text += '0';
  } else if (kind == Kind::kInteger || kind == Kind::kDouble || kind == Kind::kDecimal) {
    text += node->text;
  } else if (kind == Kind::kString) {
    string(node->text);
  } else if (kind == Kind::kBlob) {
    blob(node->text);
  } else if (kind == Kind::kParameter) {
    text += '?';
    parameters.push_back(node->number);
  } else if (kind == Kind::kColumn) {
    column(node);
  } else if (kind == Kind::kStar) {
    text += '*';
  } else {
    return false;
  }
  return true;
}

bool Printer::expression(const Node* node) {
  const Kind kind = node->kind;
  if (kind == Kind::kUnary || kind == Kind::kBinary) {
    operation(node);
  } else if (kind == Kind::kIs) {
    text += '(';
    this->node(node->kid(0));
    text += node->has(kNegated) ? " IS NOT " : " IS ";
    text += node->text;
    text += ')';
  } else if (kind == Kind::kBetween) {
    text += '(';
    this->node(node->kid(0));
    text += node->has(kNegated) ? " NOT BETWEEN " : " BETWEEN ";
    this->node(node->kid(1));
    text += " AND ";
    this->node(node->kid(2));
    text += ')';
  } else if (kind == Kind::kIn) {
    text += '(';
    this->node(node->kid(0));
    text += node->has(kNegated) ? " NOT IN (" : " IN (";
    this->node(node->kid(1));
    text += "))";
  } else if (kind == Kind::kCase) {
    case_of(node);
  } else if (kind == Kind::kCall) {
    call(node);
  } else if (kind == Kind::kOver) {
    this->node(node->kid(0));
    text += " OVER ";
    if (node->kid(1)->kind == Kind::kName) {
      name(node->kid(1)->text);
    } else {
      window(node->kid(1));
    }
  } else if (kind == Kind::kNamedWindow) {
    name(node->text);
    text += " AS ";
    window(node->kid(0));
  } else if (kind == Kind::kCollate) {
    text += '(';
    this->node(node->kid(0));
    text += " COLLATE ";
    name(node->text);
    text += ')';
  } else if (kind == Kind::kRow) {
    text += '(';
    list(node);
    text += ')';
  } else if (kind == Kind::kSubquery || kind == Kind::kExists) {
    text += kind == Kind::kExists ? "EXISTS (" : "(";
    this->node(node->kid(0));
    text += ')';
  } else {
    return false;
  }
  return true;
}

void Printer::clause(const Node* node) {
  const Kind kind = node->kind;
  if (kind == Kind::kList) {
    list(node);
  } else if (kind == Kind::kQuery) {
    query(node);
  } else if (kind == Kind::kSelect) {
    select(node);
  } else if (kind == Kind::kSetOperation) {
    if (node->kid(0)->kind == Kind::kSetOperation) {
      this->node(node->kid(0));
    } else {
      body_member(node->kid(0));
    }
    text += " " + std::string(node->text) + (node->has(kAll) ? " ALL " : " ");
    body_member(node->kid(1));
  } else if (kind == Kind::kValues) {
    text += "VALUES ";
    list(node);
  } else if (kind == Kind::kItem) {
    this->node(node->kid(0));
    const std::string_view alias = node->text.empty() ? node->qualifier : node->text;
    if (!alias.empty()) {
      text += " AS ";
      name(alias);
    }
  } else if (kind == Kind::kOrder) {
    this->node(node->kid(0));
    if (node->has(kDescending)) text += " DESC";
  } else if (kind == Kind::kAt) {
    text += std::to_string(node->number);
  } else if (kind == Kind::kTable) {
    table(node);
  } else if (kind == Kind::kDerived) {
    text += node->has(kLateral) ? "mysql_rows((" : "(";
    this->node(node->kid(0));
    text += node->has(kLateral) ? ")) AS " : ") AS ";
    name(node->text);
  } else if (kind == Kind::kJsonTable) {
    text += "mysql_json_table(";
    list(node);
    text += ") AS ";
    name(node->text);
  } else if (kind == Kind::kJoin) {
    join(node);
  } else if (kind == Kind::kCommonTable) {
    name(node->text);
    if (node->kid(1) != nullptr) {
      text += '(';
      for (std::uint32_t i = 0; i < node->kid(1)->count; ++i) {
        if (i != 0) text += ", ";
        name(node->kid(1)->kids[i]->text);
      }
      text += ')';
    }
    text += " AS (";
    this->node(node->kid(0));
    text += ')';
  } else {
    INVARIANT(kind == Kind::kName);
    name(node->text);
  }
}

}  // namespace murmel::sql
