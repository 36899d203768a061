#include "agent/sql/types.h"

namespace murmel::sql {
namespace {

const char* name_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kUnknown: return "unknown";
    case TypeKind::kNull: return "null";
    case TypeKind::kTinyInt: return "tinyint";
    case TypeKind::kSmallInt: return "smallint";
    case TypeKind::kMediumInt: return "mediumint";
    case TypeKind::kInt: return "int";
    case TypeKind::kBigInt: return "bigint";
    case TypeKind::kDecimal: return "decimal";
    case TypeKind::kFloat: return "float";
    case TypeKind::kDouble: return "double";
    case TypeKind::kBit: return "bit";
    case TypeKind::kYear: return "year";
    case TypeKind::kDate: return "date";
    case TypeKind::kTime: return "time";
    case TypeKind::kDateTime: return "datetime";
    case TypeKind::kTimestamp: return "timestamp";
    case TypeKind::kChar: return "char";
    case TypeKind::kVarChar: return "varchar";
    case TypeKind::kTinyText: return "tinytext";
    case TypeKind::kText: return "text";
    case TypeKind::kMediumText: return "mediumtext";
    case TypeKind::kLongText: return "longtext";
    case TypeKind::kEnum: return "enum";
    case TypeKind::kSet: return "set";
    case TypeKind::kJson: return "json";
    case TypeKind::kBinary: return "binary";
    case TypeKind::kVarBinary: return "varbinary";
    case TypeKind::kTinyBlob: return "tinyblob";
    case TypeKind::kBlob: return "blob";
    case TypeKind::kMediumBlob: return "mediumblob";
    case TypeKind::kLongBlob: return "longblob";
  }
  return "unknown";
}

std::string members_text(const std::vector<std::string>& members) {
  std::string text = "(";
  for (const std::string& member : members) {
    if (text.size() > 1) text += ',';
    text += '\'';
    for (const char c : member) {
      if (c == '\'') text += '\'';
      if (c == '\\') text += '\\';
      text += c;
    }
    text += '\'';
  }
  return text + ")";
}

}  // namespace

bool is_integer(TypeKind kind) {
  return (kind >= TypeKind::kTinyInt && kind <= TypeKind::kBigInt) || kind == TypeKind::kYear;
}
bool is_number(TypeKind kind) {
  return (kind >= TypeKind::kTinyInt && kind <= TypeKind::kBit) || kind == TypeKind::kYear;
}
bool is_text(TypeKind kind) {
  return kind >= TypeKind::kChar && kind <= TypeKind::kSet;
}
bool is_binary(TypeKind kind) {
  return kind >= TypeKind::kBinary;
}
bool is_temporal(TypeKind kind) {
  return kind >= TypeKind::kDate && kind <= TypeKind::kTimestamp;
}

std::string name_of_today(std::string_view name) {
  constexpr std::string_view kOld = "utf8";
  const bool old = name == kOld || name.starts_with("utf8_");
  return old ? "utf8mb3" + std::string(name.substr(kOld.size())) : std::string(name);
}

std::string default_collation(std::string_view charset) {
  if (charset == "utf8mb4") return "utf8mb4_0900_ai_ci";
  if (charset == "latin1") return "latin1_swedish_ci";
  return charset == "binary" ? "binary" : std::string(charset) + "_general_ci";
}

std::string type_text(const Type& type) {
  std::string text = name_of(type.kind);
  const bool date = is_temporal(type.kind) && type.kind != TypeKind::kDate;
  if (!type.members.empty()) {
    text += members_text(type.members);
  } else if (type.kind == TypeKind::kDecimal) {
    text += "(" + std::to_string(type.length) + "," + std::to_string(type.decimals) + ")";
  } else if ((type.kind == TypeKind::kFloat || type.kind == TypeKind::kDouble) && type.has_length) {
    text += "(" + std::to_string(type.length) + "," + std::to_string(type.decimals) + ")";
  } else if (date && type.decimals != 0) {
    text += "(" + std::to_string(type.decimals) + ")";
  } else if (type.has_length && type.kind != TypeKind::kYear && !date) {
    text += "(" + std::to_string(type.length) + ")";
  }
  if (type.is_unsigned) text += " unsigned";
  if (type.zerofill) text += " zerofill";
  return text;
}

}  // namespace murmel::sql
