#include "extension/evictions.h"

namespace murmel::extension {
namespace {

char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::size_t without_spaces(const char* text, std::size_t n) {
  while (n > 0 && text[n - 1] == ' ') n--;
  return n;
}

bool same_text(sqlite3_value* a, sqlite3_value* b, std::uint16_t collation) {
  const auto* left = reinterpret_cast<const char*>(sqlite3_value_text(a));
  const auto* right = reinterpret_cast<const char*>(sqlite3_value_text(b));
  auto left_bytes = static_cast<std::size_t>(sqlite3_value_bytes(a));
  auto right_bytes = static_cast<std::size_t>(sqlite3_value_bytes(b));
  if (left == nullptr || right == nullptr) return false;
  if (collation == row_stream::kRtrim) {
    left_bytes = without_spaces(left, left_bytes);
    right_bytes = without_spaces(right, right_bytes);
  }
  if (left_bytes != right_bytes) return false;
  if (collation != row_stream::kNocase) return std::memcmp(left, right, left_bytes) == 0;
  for (std::size_t i = 0; i < left_bytes; i++) {
    if (folded(left[i]) != folded(right[i])) return false;
  }
  return true;
}

bool is_number(int type) {
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

// As "a = b COLLATE collation" in SQL; NULL equals nothing.
bool equal(sqlite3_value* a, sqlite3_value* b, std::uint16_t collation) {
  const int left = sqlite3_value_type(a);
  const int right = sqlite3_value_type(b);
  if (is_number(left) && is_number(right)) {
    if (left == SQLITE_INTEGER && right == SQLITE_INTEGER)
      return sqlite3_value_int64(a) == sqlite3_value_int64(b);
    // An integer column's value and a real one's are equal only if the real number is that integer exactly.
    const auto exact = [](sqlite3_value* v, int type) {
      return type == SQLITE_INTEGER ? static_cast<long double>(sqlite3_value_int64(v))
                                    : static_cast<long double>(sqlite3_value_double(v));
    };
    return exact(a, left) == exact(b, right);
  }
  if (left != right || left == SQLITE_NULL) return false;
  if (left == SQLITE_TEXT) return same_text(a, b, collation);
  const int bytes = sqlite3_value_bytes(a);
  return bytes == sqlite3_value_bytes(b) &&
         (bytes == 0 ||
          std::memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), static_cast<std::size_t>(bytes)) == 0);
}

// Whether a row with image `image` collides with `values` in one of the keys; with `only_first`, in key 0.
bool collides(const Shape& shape, sqlite3_value** values, WideImage image, bool only_first) {
  const Vec<KeyPart>& keys = shape.keys;
  for (std::size_t at = 0; at < keys.size();) {
    const std::uint16_t key = keys[at].key;
    if (only_first && key != 0) return false;
    bool all = true;
    for (; at < keys.size() && keys[at].key == key; at++) {
      all = all && equal(values[keys[at].column], image.value(keys[at].column), keys[at].collation);
    }
    if (all) return true;
  }
  return false;
}

}  // namespace

Evictions::~Evictions() {
  for (Candidate& candidate : candidates_) forget(candidate);
}

void Evictions::forget(Candidate& candidate) {
  if (candidate.shape == nullptr) return;
  for (int i = 0; i < candidate.shape->columns; i++) sqlite3_value_free(candidate.values[i]);
  std::free(static_cast<void*>(candidate.values));
  candidate = {};
}

bool Evictions::take_values(Candidate& candidate, WideImage image) {
  for (int i = 0; i < candidate.shape->columns; i++) {
    sqlite3_value* value = sqlite3_value_dup(image.value(i));
    if (value == nullptr) return false;
    sqlite3_value_free(candidate.values[i]);
    candidate.values[i] = value;
  }
  return true;
}

// Rows are the same by their primary key; without one by their rowid.
Evictions::Candidate* Evictions::find(const Shape& shape, std::int64_t rowid, WideImage image) {
  if (count_ == 0) return nullptr;
  for (Candidate& candidate : candidates_) {
    if (candidate.shape == nullptr || candidate.shape->id != shape.id) continue;
    const bool same =
        shape.table.has_key() ? collides(shape, candidate.values, image, true) : candidate.rowid == rowid;
    if (same) return &candidate;
  }
  return nullptr;
}

int Evictions::add_candidate(Shape& shape, std::int64_t rowid, WideImage image, Fault& fault) noexcept {
  Candidate* place = find(shape, rowid, image);
  if (place == nullptr) {
    place = &candidates_[next_];
    next_ = (next_ + 1) % kCandidatesMax;
    if (place->shape == nullptr) count_++;
    forget(*place);
  } else {
    forget(*place);
  }
  place->values =
      static_cast<sqlite3_value**>(std::calloc(static_cast<std::size_t>(shape.columns) + 1, sizeof(void*)));
  if (place->values == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
  place->shape = &shape;
  place->rowid = rowid;
  return take_values(*place, image) ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

int Evictions::before_write(const Shape& shape, WideImage image, Fault& fault) noexcept {
  if (count_ == 0) return SQLITE_OK;
  for (Candidate& candidate : candidates_) {
    if (candidate.shape == nullptr || candidate.shape->id != shape.id) continue;
    if (!collides(shape, candidate.values, image, false)) continue;
    const int rc = write_delete(candidate, fault);
    forget(candidate);
    count_--;
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

int Evictions::write_delete(Candidate& candidate, Fault& fault) {
  out_.begin_row(row_stream::kDelete, candidate.shape->table, candidate.rowid);
  for (int i = 0; i < candidate.shape->columns; i++) out_.put_value(candidate.values[i], false, false);
  return out_.end_row(fault);
}

void Evictions::deleted(const Shape& shape, std::int64_t rowid, WideImage image) noexcept {
  Candidate* candidate = find(shape, rowid, image);
  if (candidate == nullptr) return;
  forget(*candidate);
  count_--;
}

int Evictions::updated(const Shape& shape, std::int64_t rowid, WideImage before, WideImage after,
                       Fault& fault) noexcept {
  Candidate* candidate = find(shape, rowid, before);
  if (candidate == nullptr) return before_write(shape, after, fault);
  // The row itself is no obstacle to its own update: take it out while the others are looked at.
  Candidate self = *candidate;
  *candidate = {};
  const int rc = before_write(shape, after, fault);
  *candidate = self;
  if (rc != SQLITE_OK) return rc;
  return take_values(*candidate, after) ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

}  // namespace murmel::extension
