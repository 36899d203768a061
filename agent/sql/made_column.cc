// The columns of a query, and what MySQL declares of them.
#include "agent/sql/made_column.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/sql/view_query.h"

namespace murmel::sql {
namespace {

constexpr std::uint32_t kVarCharMax = 512;  // characters; longer texts become TEXT
constexpr std::uint32_t kTextBytes = 65535, kMediumTextBytes = 16777215;
constexpr std::uint32_t kNotShort = 11;  // characters of an integer that needs not be BIGINT

std::uint32_t bytes_a_character(std::string_view charset) {
  if (charset == "latin1" || charset == "ascii" || charset == "binary") return 1;
  if (charset == "ucs2") return 2;
  return charset == "utf8mb3" || charset == "utf8" ? 3 : 4;
}

struct Width {
  TypeKind kind;
  std::uint32_t with_sign, without;
};
constexpr std::array kWidths = {
    Width{TypeKind::kTinyInt, 4, 3}, Width{TypeKind::kSmallInt, 6, 5}, Width{TypeKind::kMediumInt, 9, 8},
    Width{TypeKind::kInt, 11, 10},   Width{TypeKind::kBigInt, 20, 20},
};

std::uint32_t text_length(const Type& type, std::uint32_t bytes) {
  if (type.kind == TypeKind::kTinyText) return 255 / bytes;
  if (type.kind == TypeKind::kText) return kTextBytes / bytes;
  if (type.kind == TypeKind::kMediumText) return kMediumTextBytes / bytes;
  if (type.kind == TypeKind::kLongText) return UINT32_MAX / bytes;
  return type.has_length ? type.length : 1;
}

// Characters of the longest member of an ENUM, or of all members of a SET. Nothing: not counted here.
std::optional<std::uint32_t> member_length(const Type& type) {
  std::size_t longest = 0, all = type.members.size() - 1;
  for (const std::string& member : type.members) {
    if (std::any_of(member.begin(), member.end(), [](char c) { return c < 0; })) return std::nullopt;
    longest = std::max(longest, member.size());
    all += member.size();
  }
  return static_cast<std::uint32_t>(type.kind == TypeKind::kSet ? all : longest);
}

std::uint32_t time_length(TypeKind kind, std::uint32_t decimals) {
  const std::uint32_t whole = kind == TypeKind::kDate || kind == TypeKind::kTime ? 10 : 19;
  return decimals == 0 ? whole : whole + 1 + decimals;
}

void as_text(const Made& made, std::uint32_t bytes, Type& type) {
  type.kind = made.length == 0                          ? TypeKind::kChar
              : made.length <= kVarCharMax              ? TypeKind::kVarChar
              : made.length <= kTextBytes / bytes       ? TypeKind::kText
              : made.length <= kMediumTextBytes / bytes ? TypeKind::kMediumText
                                                        : TypeKind::kLongText;
  type.has_length = made.length <= kVarCharMax;
  type.length = type.has_length ? made.length : 0;
}

// What a column has that is neither NULL nor given; empty: no DEFAULT.
std::string implicit_default(const Type& type, bool strict) {
  const std::string fraction = type.decimals == 0 ? std::string() : "." + std::string(type.decimals, '0');
  if (type.kind == TypeKind::kDate) return strict ? "" : "'0000-00-00'";
  if (type.kind == TypeKind::kTime) return "'00:00:00" + fraction + "'";
  if (is_temporal(type.kind)) return strict ? "" : "'0000-00-00 00:00:00" + fraction + "'";
  if (type.kind == TypeKind::kYear) return "'0000'";
  if (type.kind == TypeKind::kDecimal) return "'0" + fraction + "'";
  if (is_number(type.kind)) return "'0'";
  const bool is_short = type.kind == TypeKind::kChar || type.kind == TypeKind::kVarChar ||
                        type.kind == TypeKind::kBinary || type.kind == TypeKind::kVarBinary;
  return is_short ? "''" : "";
}

}  // namespace

// As a value; `made.column` says the rest.
Made MadeColumns::stored(const ColumnInfo& column, const TableInfo& table) const {
  const Type& type = column.type;
  Made made;
  made.kind = type.kind;
  made.nullable = !column.not_null;
  made.is_unsigned = type.is_unsigned;
  made.decimals = type.decimals;
  made.column = &column;
  for (const Width& width : kWidths) {
    if (width.kind != type.kind) continue;
    made.length = type.is_unsigned ? width.without : width.with_sign;
    made.digits = type.is_unsigned ? width.without : width.with_sign - 1;
  }
  if (type.kind == TypeKind::kYear) {
    made.length = made.digits = 4;
    made.is_unsigned = true;
  } else if (type.kind == TypeKind::kDecimal) {
    const Made number = made_decimal(type.length, type.decimals, type.is_unsigned, made.nullable);
    made.digits = number.digits;
    made.length = number.length;
  } else if (is_temporal(type.kind)) {
    made.length = time_length(type.kind, type.decimals);
  } else if (is_text(type.kind)) {
    const bool inherits = type.collation.empty() && type.charset.empty();
    made.charset = inherits ? table.charset : type.charset;
    made.collation = inherits ? table.collation : type.collation;
    if (made.charset.empty()) made.charset = made.collation.substr(0, made.collation.find('_'));
    made.coercion = Made::Coercion::kColumn;
    made.length = text_length(type, bytes_a_character(made.charset));
    if (!type.members.empty()) made.length = member_length(type).value_or(UINT32_MAX);
  }
  return made;
}

bool MadeColumns::view(const TableInfo& info, std::string_view database, MadeSource& source) {
  constexpr std::uint32_t kQuery = 2;
  const Node* const made = view_query(info, database, context_);
  if (made == nullptr) return false;
  auto columns = query(made->kid(kQuery));
  if (!columns || columns->size() != info.columns.size()) return false;
  source.columns = std::move(*columns);
  for (std::size_t i = 0; i < info.columns.size(); ++i) source.columns[i].name = info.columns[i].name;
  return true;
}

bool MadeColumns::table(const Node* table, bool optional, std::vector<MadeSource>& sources) {
  const std::string_view alias = table->qualifier.empty() ? table->text : table->qualifier;
  MadeSource source{alias, {}};
  if (table->has(kQuoted)) {
    const auto common = std::find_if(common_.rbegin(), common_.rend(), [&](const MadeSource& entry) {
      return same_name(entry.alias, table->text);
    });
    if (common == common_.rend()) return false;
    source.columns = common->columns;
  } else {
    const TableInfo* const info = context_.catalog.table(table->database, table->text);
    if (info == nullptr || !info->from_mysql) return false;
    if (info->view && !view(*info, table->database, source)) return false;
    for (std::size_t i = 0; !info->view && i < info->columns.size(); ++i)
      source.columns.push_back({info->columns[i].name, stored(info->columns[i], *info)});
  }
  for (MadeColumn& column : source.columns) column.made.nullable = column.made.nullable || optional;
  sources.push_back(std::move(source));
  return true;
}

// False: there is something of which the columns are not known.
bool MadeColumns::from(const Node* from, bool optional, std::vector<MadeSource>& sources) {
  if (from->kind == Kind::kJoin) {
    return this->from(from->kid(0), optional || from->text.starts_with("RIGHT"), sources) &&
           this->from(from->kid(1), optional || from->text.starts_with("LEFT"), sources);
  }
  if (from->kind == Kind::kTable) return table(from, optional, sources);
  if (from->kind != Kind::kDerived || from->has(kLateral)) return false;
  auto columns = query(from->kid(0));
  if (!columns) return false;
  const Node* const names = from->kid(1);
  for (std::size_t i = 0; i < columns->size(); ++i) {
    MadeColumn& column = (*columns)[i];
    if (names != nullptr && i < names->count) column.name = names->kids[i]->text;
    column.made.nullable = column.made.nullable || optional;
  }
  sources.push_back({from->text, std::move(*columns)});
  return true;
}

std::optional<std::vector<MadeColumn>> MadeColumns::select(const Node* select) {
  if (select->has(kRollup)) return std::nullopt;
  std::vector<MadeSource> sources;
  if (select->kid(1) != nullptr && !from(select->kid(1), false, sources)) return std::nullopt;
  scopes_.push_back(&sources);
  std::optional<std::vector<MadeColumn>> columns(std::in_place);
  const Node* const items = select->kid(0);
  for (std::uint32_t i = 0; columns && i < items->count; ++i) {
    const Node* const item = items->kids[i];
    auto made = of(item->kid(0));
    if (made) {
      columns->push_back({item->text.empty() ? item->qualifier : item->text, std::move(*made)});
    } else {
      columns.reset();
    }
  }
  scopes_.pop_back();
  return columns;
}

std::optional<std::vector<MadeColumn>> MadeColumns::body(const Node* body) {
  if (body->kind == Kind::kQuery) return query(body);
  if (body->kind == Kind::kSelect) return select(body);
  if (body->kind != Kind::kSetOperation) return std::nullopt;
  auto left = this->body(body->kid(0));
  const auto right = left ? this->body(body->kid(1)) : std::nullopt;
  if (!right || left->size() != right->size()) return std::nullopt;
  for (std::size_t i = 0; i < left->size(); ++i) {
    auto both = merged((*left)[i].made, (*right)[i].made);
    if (!both) return std::nullopt;
    (*left)[i].made = std::move(*both);
  }
  return left;
}

std::optional<std::vector<MadeColumn>> MadeColumns::query(const Node* query) {
  const std::size_t common = common_.size();
  const Node* const with = query->kid(0);
  for (std::uint32_t i = 0; with != nullptr && i < with->count; ++i) {
    auto columns = with->has(kRecursive) ? std::nullopt : this->query(with->kids[i]->kid(0));
    if (!columns) return std::nullopt;
    const Node* const names = with->kids[i]->kid(1);
    for (std::uint32_t j = 0; names != nullptr && j < names->count && j < columns->size(); ++j)
      (*columns)[j].name = names->kids[j]->text;
    common_.push_back({with->kids[i]->text, std::move(*columns)});
  }
  auto columns = body(query->kid(1));
  common_.resize(common);
  return columns;
}

std::optional<ColumnInfo> MadeColumns::column(const Made& made, std::string_view collation) const {
  ColumnInfo column;
  Type& type = column.type;
  if (made.column != nullptr) {
    if (made.column->default_value.starts_with("(")) return std::nullopt;
    column = *made.column;
    column.generated = column.stored = false;
    column.generation.clear();
    if (column.auto_increment) {
      column.has_default = true;
      column.default_value = "'0'";
    }
    column.auto_increment = column.invisible = false;
  } else if (made.kind == TypeKind::kNull) {
    type.kind = TypeKind::kBinary;
    type.has_length = true;
  } else {
    type.kind = made.kind;
    type.is_unsigned = made.is_unsigned;
    type.decimals = static_cast<std::uint8_t>(is_temporal(made.kind) ? made.decimals : 0);
  }
  if (made.column == nullptr && made.by_length)
    type.kind = made.length <= made.short_length ? TypeKind::kInt : TypeKind::kBigInt;
  if (made.column == nullptr && made.kind == TypeKind::kDecimal) {
    type.has_length = true;
    type.length = made.digits;
    type.decimals = static_cast<std::uint8_t>(made.decimals);
  }
  if (made.column == nullptr && made.kind == TypeKind::kVarBinary) {
    if (made.length > kVarCharMax) return std::nullopt;
    if (made.length == 0) type.kind = TypeKind::kBinary;
    type.has_length = true;
    type.length = made.length;
  }
  if (is_text(made.kind)) {
    const std::string& charset = made.charset.empty() ? context_.settings.charset : made.charset;
    const std::string& own = made.collation.empty() ? context_.settings.collation : made.collation;
    if (made.column == nullptr) as_text(made, bytes_a_character(charset), type);
    type.charset = own == collation ? "" : charset;
    type.collation = own == collation ? "" : own;
  }
  if (made.column != nullptr && column.not_null && !made.nullable) return column;
  column.not_null = !made.nullable;
  if (made.column != nullptr && !made.aggregated && !column.not_null && column.has_default) return column;
  column.on_update_now = column.on_update_now && !made.aggregated;
  column.default_value = made.nullable ? "NULL" : implicit_default(type, context_.settings.mode.strict);
  column.has_default = !column.default_value.empty();
  return column;
}

Made made_integer(std::uint32_t length, bool nullable) {
  Made made;
  made.kind = TypeKind::kBigInt;
  made.length = length;
  made.digits = std::max(length, 2U) - 1;
  made.nullable = nullable;
  made.by_length = true;
  made.short_length = kNotShort;
  return made;
}

Made made_decimal(std::uint32_t digits, std::uint32_t decimals, bool is_unsigned, bool nullable) {
  constexpr std::uint32_t kDigitsMax = 65, kScaleMax = 30;
  Made made;
  made.kind = TypeKind::kDecimal;
  made.digits = std::min(digits, kDigitsMax);
  made.decimals = std::min(decimals, kScaleMax);
  made.length = made.digits + (made.decimals != 0 ? 1 : 0) + (is_unsigned ? 0 : 1);
  made.is_unsigned = is_unsigned;
  made.nullable = nullable;
  return made;
}

bool is_exact(const Made& made) {
  return is_integer(made.kind) || made.kind == TypeKind::kDecimal;
}

}  // namespace murmel::sql
