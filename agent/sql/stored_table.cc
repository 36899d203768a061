#include "agent/sql/stored_table.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>
#include <vector>

#include "agent/sql/grammar_tokens.h"
#include "agent/sql/mysql_text.h"
#include "agent/sql/parser.h"
#include "agent/sql/resolve.h"

namespace murmel::sql {
namespace {

constexpr std::string_view kMark = "/*mysql ";

// One piece of SQLite's text: a word, a quoted name, a comment, or one other character.
struct Piece {
  enum class What { kEnd, kWord, kName, kComment, kOther } what = What::kEnd;
  std::string text;  // names without quotes
};

class SqliteText {
 public:
  explicit SqliteText(std::string_view text) : text_(text) {}

  Piece next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (c == '"' || c == '`' || c == '\'') return quoted(c);
    if (c == '[') return quoted(']');
    if (text_.substr(at_, 2) == "/*") return until("*/", 2);
    if (text_.substr(at_, 2) == "--") return until("\n", 1);
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_' || (text_[at_] & 0x80)))
      ++at_;
    if (at_ != begin) return {Piece::What::kWord, std::string(text_.substr(begin, at_ - begin))};
    return {Piece::What::kOther, std::string(1, text_[at_++])};
  }

 private:
  Piece quoted(char close) {
    Piece piece{close == '\'' ? Piece::What::kOther : Piece::What::kName, {}};
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == close) {
        if (close == ']' || at_ + 1 >= text_.size() || text_[at_ + 1] != close) break;
        ++at_;
      }
      piece.text += text_[at_];
    }
    ++at_;
    if (close == '\'') piece.text = "'" + piece.text + "'";
    return piece;
  }
  Piece until(std::string_view end, std::size_t length) {
    const std::size_t found = text_.find(end, at_ + 2);
    const std::size_t stop = found == std::string_view::npos ? text_.size() : found + length;
    Piece piece{Piece::What::kComment, std::string(text_.substr(at_, stop - at_))};
    at_ = stop;
    return piece;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool word_is(const Piece& piece, std::string_view word) {
  return piece.what == Piece::What::kWord && same_name(piece.text, word);
}

std::string_view marked(const Piece& piece) {
  const std::string_view text = piece.text;
  if (piece.what != Piece::What::kComment || !text.starts_with(kMark)) return {};
  return text.substr(kMark.size(), text.size() - kMark.size() - 2);
}

// SQLite's rules of affinity.
TypeKind affinity(std::string_view declared) {
  std::string upper(declared);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  const auto has = [&](const char* part) { return upper.find(part) != std::string::npos; };
  if (has("INT")) return TypeKind::kBigInt;
  if (has("CHAR") || has("CLOB") || has("TEXT")) return TypeKind::kLongText;
  if (upper.empty() || has("BLOB")) return TypeKind::kLongBlob;
  if (has("REAL") || has("FLOA") || has("DOUB")) return TypeKind::kDouble;
  return TypeKind::kUnknown;
}

// Of a SQLite application's column anything can be stored in it, so only what STRICT tables have is sure.
ColumnInfo foreign_column(const std::string& name, const std::vector<Piece>& rest) {
  ColumnInfo column;
  column.name = name;
  std::string declared;
  std::size_t i = 0;
  for (; i < rest.size() && rest[i].what == Piece::What::kWord; ++i) {
    const std::string& word = rest[i].text;
    const bool constraint = same_name(word, "NOT") || same_name(word, "PRIMARY") ||
                            same_name(word, "UNIQUE") || same_name(word, "DEFAULT") ||
                            same_name(word, "CHECK") || same_name(word, "COLLATE") ||
                            same_name(word, "REFERENCES") || same_name(word, "CONSTRAINT") ||
                            same_name(word, "GENERATED") || same_name(word, "AS") || same_name(word, "NULL");
    if (constraint) break;
    declared += (declared.empty() ? "" : " ") + word;
  }
  column.type.kind = affinity(declared);
  column.type.collation = "binary";
  bool primary = false;
  for (; i < rest.size(); ++i) {
    if (word_is(rest[i], "NULL") && i > 0 && word_is(rest[i - 1], "NOT")) column.not_null = true;
    if (word_is(rest[i], "PRIMARY")) primary = true;
    if (word_is(rest[i], "DEFAULT")) column.has_default = true;
    if (word_is(rest[i], "AS")) column.generated = true;
  }
  column.auto_increment = primary && same_name(declared, "INTEGER");
  if (column.auto_increment) column.not_null = true;
  if (!column.not_null) column.has_default = true;
  if (column.has_default) column.default_value = "NULL";
  return column;
}

void read_options(std::string_view text, TableInfo& table) {
  Arena arena;
  Parser parser(text, SqlMode{}, arena);
  const Node* const options = parser.parse_fragment(TK_LIT_START_OPTIONS);
  for (std::uint32_t i = 0; options != nullptr && i < options->count; ++i) {
    const Node* const option = options->kids[i];
    if (option->text == "ENGINE") table.engine = std::string(option->qualifier);
    if (option->text == "CHARSET") table.charset = std::string(option->qualifier);
    if (option->text == "COLLATE") table.collation = std::string(option->qualifier);
    if (option->text == "COMMENT") table.comment = std::string(option->qualifier);
  }
}

void read_check(std::string_view text, TableInfo& table) {
  Arena arena;
  Parser parser(text, SqlMode{}, arena);
  const Node* const check = parser.parse_fragment(TK_LIT_START_CHECK);
  if (check == nullptr || check->kind != Kind::kCheck) return;
  table.checks.push_back(
      {std::string(check->qualifier), mysql_expression(check->kid(0)).value_or(""), !check->has(kNegated)});
}

// The names in the first parentheses from `at` on, which moves behind them.
std::vector<std::string> read_names(const std::vector<Piece>& pieces, std::size_t& at) {
  std::vector<std::string> names;
  while (at < pieces.size() && pieces[at].text != "(") ++at;
  for (; at < pieces.size() && pieces[at].text != ")"; ++at) {
    if (pieces[at].what == Piece::What::kName || pieces[at].what == Piece::What::kWord)
      names.push_back(pieces[at].text);
  }
  return names;
}

// "SET NULL", "CASCADE", "NO ACTION", ... behind ON DELETE and ON UPDATE.
std::string read_action(const std::vector<Piece>& pieces, std::size_t at) {
  if (at >= pieces.size()) return {};
  const bool two = word_is(pieces[at], "SET") || word_is(pieces[at], "NO");
  return two && at + 1 < pieces.size() ? pieces[at].text + " " + pieces[at + 1].text : pieces[at].text;
}

void read_foreign_key(const std::vector<Piece>& pieces, TableInfo& table) {
  ForeignKeyInfo key;
  if (word_is(pieces[0], "CONSTRAINT") && pieces.size() > 1) key.name = pieces[1].text;
  std::size_t at = 0;
  key.columns = read_names(pieces, at);
  while (at < pieces.size() && !word_is(pieces[at], "REFERENCES")) ++at;
  if (at + 1 >= pieces.size()) return;
  key.table = pieces[at + 1].text;
  key.table_columns = read_names(pieces, at);
  for (; at + 1 < pieces.size(); ++at) {
    if (!word_is(pieces[at], "ON")) continue;
    if (word_is(pieces[at + 1], "DELETE")) key.on_delete = read_action(pieces, at + 2);
    if (word_is(pieces[at + 1], "UPDATE")) key.on_update = read_action(pieces, at + 2);
  }
  table.foreign_keys.push_back(std::move(key));
}

void read_constraint(const std::vector<Piece>& pieces, TableInfo& table) {
  const bool foreign = std::any_of(pieces.begin(), pieces.end(),
                                   [](const Piece& piece) { return word_is(piece, "REFERENCES"); });
  if (foreign) return read_foreign_key(pieces, table);
  const bool primary =
      std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return word_is(piece, "PRIMARY"); });
  if (!primary) {
    table.from_mysql = false;
    return;
  }
  IndexInfo index{"PRIMARY", true, {}, {}, {}};
  int depth = 0;
  bool part = false;
  for (const Piece& piece : pieces) {
    if (piece.text == "(" && piece.what == Piece::What::kOther) part = ++depth == 1;
    if (piece.text == "," && depth == 1) part = true;
    if (const std::string_view length = marked(piece); !length.empty() && !index.lengths.empty())
      std::from_chars(length.data(), length.data() + length.size(), index.lengths.back());
    if (!part || (piece.what != Piece::What::kName && piece.what != Piece::What::kWord)) continue;
    if (depth == 1) {
      index.columns.push_back(piece.text);
      index.lengths.push_back(0);
    }
    part = false;
  }
  table.indexes.insert(table.indexes.begin(), std::move(index));
}

void read_element(const std::vector<Piece>& pieces, TableInfo& table) {
  if (pieces.empty()) return;
  const Piece& first = pieces[0];
  for (const char* word : {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}) {
    if (word_is(first, word)) return read_constraint(pieces, table);
  }
  if (pieces.size() > 1 && !marked(pieces[1]).empty()) {
    Arena arena;
    Parser parser(marked(pieces[1]), SqlMode{}, arena);
    if (const Node* const definition = parser.parse_fragment(TK_LIT_START_COLUMN)) {
      table.columns.push_back(column_info(definition));
      table.columns.back().name = first.text;
      return;
    }
  }
  table.from_mysql = false;
  table.columns.push_back(foreign_column(first.text, {pieces.begin() + 1, pieces.end()}));
  const bool primary =
      std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return word_is(piece, "PRIMARY"); });
  if (primary) table.indexes.insert(table.indexes.begin(), {"PRIMARY", true, {first.text}, {0}, {}});
}

}  // namespace

std::optional<TableInfo> read_stored_table(std::string_view sql) {
  SqliteText text(sql);
  if (!word_is(text.next(), "CREATE")) return std::nullopt;
  Piece piece = text.next();
  if (word_is(piece, "TEMP") || word_is(piece, "TEMPORARY")) piece = text.next();
  if (!word_is(piece, "TABLE")) return std::nullopt;
  TableInfo table;
  for (piece = text.next(); piece.what != Piece::What::kEnd && piece.text != "("; piece = text.next()) {
    if (piece.what != Piece::What::kComment) table.name = piece.text;
  }
  std::vector<Piece> element;
  int depth = 1;
  for (piece = text.next(); piece.what != Piece::What::kEnd && depth > 0; piece = text.next()) {
    const bool other = piece.what == Piece::What::kOther;
    if (other && piece.text == "(") ++depth;
    if (other && piece.text == ")" && --depth == 0) break;
    if (depth == 1 && other && piece.text == ",") {
      read_element(element, table);
      element.clear();
    } else if (element.empty() && piece.what == Piece::What::kComment) {
      if (marked(piece).empty()) continue;
      if (marked(piece).starts_with("CONSTRAINT ")) {
        read_check(marked(piece), table);
        continue;
      }
      read_options(marked(piece), table);
      table.from_mysql = true;
    } else {
      element.push_back(std::move(piece));
    }
  }
  read_element(element, table);
  for (ColumnInfo& column : table.columns) {
    if (is_text(column.type.kind) && column.type.collation.empty()) column.type.collation = table.collation;
  }
  return table;
}

std::optional<IndexInfo> read_stored_index(std::string_view name, std::string_view table,
                                           std::string_view sql) {
  IndexInfo index;
  index.sqlite_name = std::string(name);
  index.name = std::string(name);
  const std::string prefix = std::string(table) + ".";
  if (name.size() > prefix.size() && same_name(name.substr(0, prefix.size()), prefix))
    index.name = std::string(name.substr(prefix.size()));
  SqliteText text(sql);
  Piece piece = text.next();
  if (!word_is(piece, "CREATE")) return std::nullopt;
  piece = text.next();
  index.unique = word_is(piece, "UNIQUE");
  for (; piece.what != Piece::What::kEnd && !(piece.what == Piece::What::kOther && piece.text == "(");
       piece = text.next()) {
  }
  bool part = true;
  bool call = false;
  int depth = 1;
  for (piece = text.next(); piece.what != Piece::What::kEnd && depth > 0; piece = text.next()) {
    const bool other = piece.what == Piece::What::kOther;
    if (other && piece.text == "(") ++depth;
    if (other && piece.text == ")") --depth;
    if (call && other && piece.text == "(") {  // unique_value()
      piece = text.next();
      index.columns.back() = piece.text;
    }
    call = part && word_is(piece, "substr");
    if (part && !other && piece.what != Piece::What::kComment) {
      index.columns.push_back(piece.text);
      index.lengths.push_back(0);
      index.descending.push_back(false);
    }
    if (word_is(piece, "DESC") && !index.descending.empty()) index.descending.back() = true;
    if (const std::string_view length = marked(piece); !length.empty() && !index.lengths.empty()) {
      std::from_chars(length.data(), length.data() + length.size(), index.lengths.back());
    }
    part = other && piece.text == "," && depth == 1;
  }
  return index;
}

void add_index(TableInfo& table, IndexInfo index) {
  const bool exact = index.name.starts_with(kExactKey) || index.name.starts_with(kExactColumns);
  const bool own = index.name != index.sqlite_name;
  if (own && index.name == "PRIMARY" && !table.indexes.empty() && table.indexes[0].name == index.name) {
    table.indexes[0].sqlite_name = std::move(index.sqlite_name);
    return;
  }
  (exact && own ? table.exact_indexes : table.indexes).push_back(std::move(index));
}

std::optional<StoredFullText> read_stored_full_text(std::string_view name, std::string_view sql) {
  SqliteText text(sql);
  for (const char* const word : {"CREATE", "VIRTUAL", "TABLE"}) {
    if (!word_is(text.next(), word)) return std::nullopt;
  }
  Piece piece = text.next();
  while (piece.what != Piece::What::kEnd && piece.text != "(") piece = text.next();
  StoredFullText found;
  found.index.sqlite_name = std::string(name);
  found.index.full_text = true;
  for (piece = text.next(); piece.what != Piece::What::kEnd; piece = text.next()) {
    if (piece.what == Piece::What::kName && found.table.empty()) {
      found.index.columns.push_back(piece.text);
      found.index.lengths.push_back(0);
    }
    if (!word_is(piece, "content")) continue;
    text.next();  // =
    piece = text.next();
    if (piece.text.size() > 2) found.table = piece.text.substr(1, piece.text.size() - 2);
  }
  const std::string prefix = found.table + ".";
  if (found.table.empty() || name.size() <= prefix.size() ||
      !same_name(name.substr(0, prefix.size()), prefix))
    return std::nullopt;
  found.index.name = std::string(name.substr(prefix.size()));
  return found;
}

namespace {

// The comment behind the name of a view or trigger.
Piece comment_behind_name(std::string_view sql) {
  SqliteText text(sql);
  Piece piece = text.next();
  while (piece.what == Piece::What::kWord || piece.what == Piece::What::kName) piece = text.next();
  return piece;
}

// The end of a comment was written in another way; in a string it means the same.
std::string with_comments(std::string_view kept) {
  std::string text(kept);
  for (std::size_t at = text.find("*\\/"); at != std::string::npos; at = text.find("*\\/", at))
    text.erase(at + 1, 1);
  return text;
}

}  // namespace

std::optional<std::string> read_stored_view(std::string_view sql) {
  const Piece piece = comment_behind_name(sql);
  constexpr std::string_view kWord = "VIEW ";
  const std::string_view kept = marked(piece);
  if (!kept.starts_with(kWord)) return std::nullopt;
  return with_comments(kept.substr(kWord.size()));
}

std::optional<TriggerInfo> read_stored_trigger(std::string_view name, std::string_view sql) {
  const Piece piece = comment_behind_name(sql);
  const std::string_view kept = marked(piece);
  constexpr std::string_view kWord = "TRIGGER ";
  if (!kept.starts_with(kWord)) return std::nullopt;
  const std::size_t time_end = std::min(kept.find(' ', kWord.size()), kept.size() - 1);
  const std::size_t event_end = std::min(kept.find(' ', time_end + 1), kept.size() - 1);
  TriggerInfo trigger;
  trigger.name = std::string(name);
  trigger.time = std::string(kept.substr(kWord.size(), time_end - kWord.size()));
  trigger.event = std::string(kept.substr(time_end + 1, event_end - time_end - 1));
  trigger.body = with_comments(kept.substr(event_end + 1));
  return trigger;
}

std::string mysql_string(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'') text += '\'';
    if (c == '\\') text += '\\';
    if (c == '\0') {
      text += "\\0";
      continue;
    }
    text += c;
  }
  return text + "'";
}

std::string stored_comment(std::string_view text) {
  std::string result(kMark);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/' && i > 0 && text[i - 1] == '*') result += '\\';
    if (text[i] == '\0') continue;
    result += text[i];
  }
  return result + "*/";
}

std::string sqlite_index_name(std::string_view table, std::string_view index) {
  return std::string(table) + "." + std::string(index);
}

}  // namespace murmel::sql
