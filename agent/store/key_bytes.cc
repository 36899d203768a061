#include "agent/store/key_bytes.h"

#include <bit>

#include "agent/store/quote.h"

namespace murmel::store {
namespace {

void append_number(std::string& buffer, char tag, std::uint64_t number) {
  buffer.push_back(tag);
  for (int shift = 0; shift < 64; shift += 8) buffer.push_back(static_cast<char>(number >> shift & 0xff));
}

void append_real(std::string& buffer, double real) {
  // -2^63 <= real < 2^63: outside, the conversion would be undefined.
  if (real >= -9223372036854775808.0 && real < 9223372036854775808.0) {
    const auto integer = static_cast<std::int64_t>(real);
    if (static_cast<double>(integer) == real) {
      return append_number(buffer, 'i', static_cast<std::uint64_t>(integer));
    }
  }
  append_number(buffer, 'r', std::bit_cast<std::uint64_t>(real));
}

void append_text(std::string& buffer, std::string_view text, row_stream::Collation collation) {
  if (collation == row_stream::kRtrim) {
    while (text.ends_with(' ')) text.remove_suffix(1);
  }
  append_number(buffer, 't', text.size());
  if (collation == row_stream::kNocase) {
    buffer += fold_name(text);
  } else {
    buffer += text;
  }
}

}  // namespace

bool append_key_bytes(std::string& buffer, const wire::Value& value, row_stream::Collation collation) {
  switch (value.tag) {
    case row_stream::kNull:
    case row_stream::kSame: return false;
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32:
    case row_stream::kInt64: append_number(buffer, 'i', static_cast<std::uint64_t>(value.integer)); break;
    case row_stream::kReal: append_real(buffer, value.real); break;
    case row_stream::kText: append_text(buffer, as_text(value.bytes), collation); break;
    case row_stream::kBlob:
      append_number(buffer, 'b', value.bytes.size());
      buffer += as_text(value.bytes);
      break;
  }
  return true;
}

}  // namespace murmel::store
