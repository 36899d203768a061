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

// Claims of one UNIQUE index for the rows of one table description.
class IndexClaims {
 public:
  IndexClaims(const wire::Table& table, const UniqueIndex& index, const Collations& collations)
      : bytes_(prefix_of(index)) {
    prefix_ = bytes_.size();
    whole_ = index.partial_or_expression || index.columns.empty();
    for (const UniqueIndex::Column& column : index.columns) {
      const std::optional<std::size_t> place = place_of(table, column.name);
      const bool own = column.collation == row_stream::kOther;
      SortKey sort_key = own ? collations(column.collation_name) : SortKey();
      // Generated columns are not in the payload.
      if (!place || (own && !sort_key)) whole_ = true;
      if (place) columns_.push_back({*place, column.collation, std::move(sort_key)});
    }
  }

  void add(const wire::RowChange& row, std::vector<core::Claim>& claims) {
    if (whole_) return claims.push_back(claim());
    if (!row.before.empty() && !row.after.empty() && unchanged(row.after)) return;
    const std::optional<core::Claim> before = of(row.before);
    const std::optional<core::Claim> after = of(row.after);
    if (before == after) return;  // as it was, in the eyes of the index's collation
    if (before) claims.push_back(*before);
    if (after) claims.push_back(*after);
  }
  bool is_whole() const { return whole_; }
  bool covers(const std::vector<std::uint16_t>& key) const {
    return columns_.size() == key.size() &&
           std::all_of(columns_.begin(), columns_.end(), [&](const Column& one) {
             return std::find(key.begin(), key.end(), one.place) != key.end();
           });
  }

 private:
  struct Column {
    std::size_t place;
    row_stream::Collation collation;
    SortKey sort_key;  // of kOther
  };

  // Indexes are told apart by what they are, not by name: a name may differ between nodes, and can be used
  // again.
  static std::string prefix_of(const UniqueIndex& index) {
    std::string bytes = "unique";
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

  bool unchanged(Image after) const {
    return std::all_of(columns_.begin(), columns_.end(),
                       [&](const Column& column) { return after[column.place].same; });
  }

  // nullopt: no row, or one that the index doesn't compare.
  std::optional<core::Claim> of(Image image) {
    if (image.empty()) return std::nullopt;
    bytes_.resize(prefix_);
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

  core::Claim claim() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

  std::string bytes_;  // prefix, then the values
  std::size_t prefix_;
  bool whole_ = false;
  std::vector<Column> columns_;
};

// Claims of the rows that stand under one table description.
class TableClaims {
 public:
  TableClaims(const wire::Table& table, const std::vector<UniqueIndex>& indexes, const Collations& collations)
      : keys_(table), name_(fold_name(table.name)) {
    for (const UniqueIndex& index : indexes) {
      if (fold_name(index.table) == name_) indexes_.emplace_back(table, index, collations);
    }
    const bool own_collation = std::any_of(table.key.begin(), table.key.end(), [&](std::uint16_t place) {
      return table.columns[place].collation == row_stream::kOther;
    });
    const bool stood_for = std::any_of(indexes_.begin(), indexes_.end(), [&](const IndexClaims& index) {
      return !index.is_whole() && index.covers(table.key);
    });
    if (own_collation &&
        !stood_for) {  // which keys are equal can't be computed: as a UNIQUE index of that kind
      UniqueIndex key{std::string(table.name), true, {}};
      indexes_.emplace_back(table, key, collations);
    }
  }

  void add(const wire::RowChange& row, std::vector<core::Claim>& claims) {
    const std::optional<core::Claim> before = claim_of(row.before, true);
    const std::optional<core::Claim> after = claim_of(row.after, false);
    if (before) claims.push_back(*before);
    if (after && after != before) claims.push_back(*after);
    for (IndexClaims& index : indexes_) index.add(row, claims);
  }

 private:
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
  std::vector<IndexClaims> indexes_;
};

Error too_many() {
  return {ErrorCode::kFull, "a transaction at QUORUM may write " + std::to_string(kClaimsMax) +
                                " keys at most; split it, or do it at ONE"};
}

void sort_out(std::vector<core::Claim>& claims) {
  std::sort(claims.begin(), claims.end());
  claims.erase(std::unique(claims.begin(), claims.end()), claims.end());
}

Status add_claims(ByteView payload, const std::vector<UniqueIndex>& indexes, const Collations& collations,
                  std::vector<core::Claim>& claims) {
  wire::RowReader reader(payload);
  std::unordered_map<std::uint64_t, std::unique_ptr<TableClaims>> tables;  // by serial
  for (;;) {
    TRY_ASSIGN(const wire::RowReader::Item item, reader.next());
    if (item == wire::RowReader::Item::kEnd) return Ok{};
    if (item == wire::RowReader::Item::kSchema) {
      claims.push_back(core::kWholeDatabase);
      continue;
    }
    const wire::RowChange& row = reader.row();
    std::unique_ptr<TableClaims>& table = tables[row.table->serial];
    if (!table) table = std::make_unique<TableClaims>(*row.table, indexes, collations);
    table->add(row, claims);
    if (claims.size() > 2 * kClaimsMax) sort_out(claims);
    if (claims.size() > 2 * kClaimsMax) break;
  }
  return too_many();
}

}  // namespace

core::Claim row_claim(const core::RowKey& key) {
  return key.low ^ key.high;
}

Status add_row_claims(std::span<const core::RowKey> rows, std::vector<core::Claim>& claims) {
  for (const core::RowKey& row : rows) claims.push_back(row_claim(row));
  sort_out(claims);
  return claims.size() > kClaimsMax ? Status(too_many()) : Status(Ok{});
}

Result<std::vector<core::Claim>> claims_of(std::span<const ByteView> payloads,
                                           const std::vector<UniqueIndex>& indexes,
                                           const Collations& collations) {
  std::vector<core::Claim> claims;
  for (const ByteView payload : payloads) TRY(add_claims(payload, indexes, collations, claims));
  sort_out(claims);
  if (!claims.empty() && claims.front() == core::kWholeDatabase) return std::vector{core::kWholeDatabase};
  if (claims.size() > kClaimsMax) return too_many();
  return claims;
}

}  // namespace murmel::store
