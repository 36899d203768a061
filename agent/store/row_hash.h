// Hash of one row image, value by value with its type; independent of how the payload encoded it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "agent/wire/row_reader.h"

namespace murmel::store {

using RowHash = std::array<std::uint64_t, 2>;  // low, high

class RowHasher {
 public:
  void begin() { buffer_.clear(); }
  void add(const wire::Value& value);
  RowHash finish() const;

 private:
  std::string buffer_;
};

// Sum of 128-bit numbers: the same for any order of rows, and equal rows count as often as they occur.
void add_hash(RowHash& sum, const RowHash& hash);

}  // namespace murmel::store
