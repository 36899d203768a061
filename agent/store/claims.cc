#include "agent/store/claims.h"

#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "agent/store/key_bytes.h"
#include "agent/store/quote.h"
#include "agent/store/row_hash.h"
#include "agent/store/row_key.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {
namespace {

using Image = std::span<const wire::Value>;

// Hashes of what a key's columns hold in the rows of one table description: the columns of a UNIQUE index, or
// those of a child in place of them.
class KeyHash {
 public:
  KeyHash(const char* kind, const UniqueIndex& index, const wire::Table& table,
          const std::vector<std::string>* columns, const Collations& collations)
      : bytes_(prefix_of(kind, index)) {
    prefix_ = bytes_.size();
    whole_ = index.partial_or_expression || index.columns.empty();
    for (std::size_t i = 0; i < index.columns.size(); ++i) {
      const UniqueIndex::Column& column = index.columns[i];
      const std::optional<std::size_t> place =
          place_of(table, columns == nullptr ? column.name : (*columns)[i]);
      const bool own = column.collation == row_stream::kOther;
      SortKey sort_key = own ? collations(column.collation_name) : SortKey();
      // Generated columns are not in the payload.
      if (!place || (own && !sort_key)) whole_ = true;
      if (place) columns_.push_back({*place, column.collation, std::move(sort_key)});
    }
  }

  // Which values are equal can't be computed: all of the key stands for each.
  bool is_whole() const { return whole_; }
  bool covers(const std::vector<std::uint16_t>& key) const {
    return columns_.size() == key.size() &&
           std::all_of(columns_.begin(), columns_.end(), [&](const Column& one) {
             return std::find(key.begin(), key.end(), one.place) != key.end();
           });
  }
  bool unchanged(const wire::RowChange& row) const {
    return !row.before.empty() && !row.after.empty() &&
           std::all_of(columns_.begin(), columns_.end(),
                       [&](const Column& column) { return row.after[column.place].same; });
  }
  // nullopt: no row, or one that the key doesn't compare.
  std::optional<core::Claim> of(Image image) {
    if (image.empty()) return std::nullopt;
    bytes_.resize(prefix_);
    if (whole_) return claim();
    for (const Column& column : columns_) {
      wire::Value value = image[column.place];
      std::string key;
      if (column.sort_key && value.tag == row_stream::kText) {
        key = column.sort_key(as_text(value.bytes));
        value.bytes = as_bytes(key);
      }
      if (!append_key_bytes(bytes_, value, column.collation)) return std::nullopt;
    }
    return claim();
  }

 private:
  struct Column {
    std::size_t place;
    row_stream::Collation collation;
    SortKey sort_key;  // of kOther
  };

  // Keys are told apart by what they are, not by name: a name may differ between nodes, and can be used
  // again.
  static std::string prefix_of(const char* kind, const UniqueIndex& index) {
    std::string bytes = kind;
    bytes.push_back('\0');
    bytes += fold_name(index.table);
    bytes.push_back(index.partial_or_expression ? '\1' : '\0');
    for (const UniqueIndex::Column& column : index.columns) {
      bytes += fold_name(column.name);
      bytes.push_back('\0');
      bytes.push_back(static_cast<char>(column.collation));
      bytes += fold_name(column.collation_name);
      bytes.push_back('\0');
    }
    bytes.push_back('\0');
    return bytes;
  }

  static std::optional<std::size_t> place_of(const wire::Table& table, const std::string& name) {
    const std::string folded = fold_name(name);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (fold_name(table.columns[i].name) == folded) return i;
    }
    return std::nullopt;
  }

  core::Claim claim() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

  std::string bytes_;  // prefix, then the values
  std::size_t prefix_;
  bool whole_ = false;
  std::vector<Column> columns_;
};

// Claims of the rows that stand under one table description.
class TableClaims {
 public:
  TableClaims(const wire::Table& table, const KeyConstraints& constraints, const Collations& collations)
      : keys_(table), name_(fold_name(table.name)) {
    for (const UniqueIndex& index : constraints.indexes) {
      if (fold_name(index.table) == name_) indexes_.emplace_back(kUnique, index, table, nullptr, collations);
    }
    for (const ForeignKey& key : constraints.foreign_keys) {
      if (fold_name(key.child) == name_) {
        as_child_.emplace_back(kParent, key.parent, table, &key.columns, collations);
      }
      if (fold_name(key.parent.table) == name_) {
        as_parent_.emplace_back(kParent, key.parent, table, nullptr, collations);
      }
    }
    const bool own_collation = std::any_of(table.key.begin(), table.key.end(), [&](std::uint16_t place) {
      return table.columns[place].collation == row_stream::kOther;
    });
    const bool stood_for = std::any_of(indexes_.begin(), indexes_.end(), [&](const KeyHash& index) {
      return !index.is_whole() && index.covers(table.key);
    });
    if (own_collation &&
        !stood_for) {  // which keys are equal can't be computed: as a UNIQUE index of that kind
      UniqueIndex key{std::string(table.name), true, {}};
      indexes_.emplace_back(kUnique, key, table, nullptr, collations);
    }
  }

  void add(const wire::RowChange& row, Claims& claims) {
    const std::optional<core::Claim> before = claim_of(row.before, true);
    const std::optional<core::Claim> after = claim_of(row.after, false);
    if (before) claims.written.push_back(*before);
    if (after && after != before) claims.written.push_back(*after);
    for (KeyHash& index : indexes_) add_index(index, row, claims.written);
    for (KeyHash& key : as_parent_) add_foreign(key, row, row.before, row.after, claims.written);
    for (KeyHash& key : as_child_) add_foreign(key, row, row.after, row.before, claims.shared);
  }

 private:
  static constexpr char kUnique[] = "unique";
  static constexpr char kParent[] = "parent";

  // A row may come into a partial index, or go out of it, while its columns stay.
  static void add_index(KeyHash& index, const wire::RowChange& row, std::vector<core::Claim>& claims) {
    if (!index.is_whole() && index.unchanged(row)) return;
    const std::optional<core::Claim> before = index.of(row.before);
    const std::optional<core::Claim> after = index.of(row.after);
    if (before == after && !index.is_whole()) return;  // as it was, in the eyes of the index's collation
    if (before) claims.push_back(*before);
    if (after) claims.push_back(*after);
  }

  // What `image` refers to, or is referred to by, unless the other image of the row has it, too.
  static void add_foreign(KeyHash& key, const wire::RowChange& row, Image image, Image other,
                          std::vector<core::Claim>& claims) {
    if (image.empty() || key.unchanged(row)) return;
    const std::optional<core::Claim> claim = key.of(image);
    if (claim && (key.is_whole() || claim != key.of(other))) claims.push_back(*claim);
  }

  std::optional<core::Claim> claim_of(Image image, bool old) {
    if (image.empty()) return std::nullopt;
    if (const std::optional<core::RowKey> key = keys_.key(image)) return row_claim(*key);
    if (!old) return std::nullopt;
    rows_.begin();
    for (const wire::Value& value : image) rows_.add(value);
    const RowHash hash = rows_.finish();
    std::string bytes = name_;
    bytes.push_back('\0');
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash[0] ^ hash[1]);
  }

  RowKeyHasher keys_;
  RowHasher rows_;
  std::string name_;
  std::vector<KeyHash> indexes_;
  std::vector<KeyHash> as_child_;
  std::vector<KeyHash> as_parent_;
};

Error too_many() {
  return {ErrorCode::kFull, "a transaction at QUORUM may write " + std::to_string(kClaimsMax) +
                                " keys at most; split it, or do it at ONE"};
}

void sort_out(std::vector<core::Claim>& claims) {
  std::sort(claims.begin(), claims.end());
  claims.erase(std::unique(claims.begin(), claims.end()), claims.end());
}

void sort_out(Claims& claims) {
  sort_out(claims.written);
  if (!claims.written.empty() && claims.written.front() == core::kWholeDatabase) {
    claims = {{core::kWholeDatabase}, {}};
  }
  sort_out(claims.shared);
  std::erase_if(claims.shared, [&](core::Claim claim) {
    return std::binary_search(claims.written.begin(), claims.written.end(), claim);
  });
}

std::size_t size_of(const Claims& claims) {
  return claims.written.size() + claims.shared.size();
}

Status add_claims(ByteView payload, const KeyConstraints& constraints, const Collations& collations,
                  Claims& claims) {
  wire::RowReader reader(payload);
  std::unordered_map<std::uint64_t, std::unique_ptr<TableClaims>> tables;  // by serial
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    if (item == wire::RowReader::Item::kSchema) {
      claims.written.push_back(core::kWholeDatabase);
      continue;
    }
    const wire::RowChange& row = reader.row();
    std::unique_ptr<TableClaims>& table = tables[row.table->serial];
    if (!table) table = std::make_unique<TableClaims>(*row.table, constraints, collations);
    table->add(row, claims);
    if (size_of(claims) > 2 * kClaimsMax) sort_out(claims);
    if (size_of(claims) > 2 * kClaimsMax) break;
  }
  return too_many();
}

}  // namespace

core::Claim row_claim(const core::RowKey& key) {
  return key.low ^ key.high;
}

Status add_row_claims(std::span<const core::RowKey> locked, std::span<const core::RowKey> shared,
                      Claims& claims) {
  for (const core::RowKey& row : locked) claims.written.push_back(row_claim(row));
  for (const core::RowKey& row : shared) claims.shared.push_back(row_claim(row));
  sort_out(claims);
  return size_of(claims) > kClaimsMax ? Status(too_many()) : Status(Ok{});
}

Result<Claims> claims_of(std::span<const ByteView> payloads, const KeyConstraints& constraints,
                         const Collations& collations) {
  Claims claims;
  for (const ByteView payload : payloads) TRY(add_claims(payload, constraints, collations, claims));
  sort_out(claims);
  if (size_of(claims) > kClaimsMax) return too_many();
  return claims;
}

}  // namespace murmel::store
