#include "agent/store/quote.h"

namespace murmel::store {

std::string quote_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

std::string fold_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool is_internal_name(std::string_view name) {
  const std::string folded = fold_name(name);
  return folded.starts_with("sqlite_") || folded.starts_with("__murmel_");
}

}  // namespace murmel::store
