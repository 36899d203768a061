// What translation takes a client's parameter for. Pure.
#pragma once

#include <cstdint>

#include "agent/mysql/values.h"
#include "agent/sql/types.h"

namespace murmel::service {

// A large number is bound as its digits.
inline sql::TypeKind type_of(const mysql::OwnedValue& value) {
  if (std::holds_alternative<std::int64_t>(value)) return sql::TypeKind::kBigInt;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    return *number > INT64_MAX ? sql::TypeKind::kDecimal : sql::TypeKind::kBigInt;
  }
  if (std::holds_alternative<double>(value)) return sql::TypeKind::kDouble;
  if (std::holds_alternative<std::string>(value)) return sql::TypeKind::kVarChar;
  return sql::TypeKind::kNull;
}

}  // namespace murmel::service
