// Claims of a transaction: hashes of everything that at most one undecided transaction may write at a time
// (core/commit_messages.h). Two transactions that write one row, or could collide in a UNIQUE index, have a
// claim in common; the other way round, a common claim by chance costs one refusal too many. What a row
// refers to is claimed, too, but shared.
//
//   row of a table with a key    its key, of the old and of the new image; row keys as in row_key.h
//   row without an identity      its whole old image: no claim for an insert. (No key, or NULL in it.)
//   UNIQUE index                 its values, of the old and of the new image; none if one of them is NULL,
//                                and none for an update that leaves them as they were
//   collation by name            as a UNIQUE index, that of a primary key too, if `Collations` knows the name
//   partial index, expression,   one claim for the whole index: which rows take part, or what is equal, can't
//   unknown collation            be computed here
//
//   foreign key                  the parent's key: shared by whoever inserts a child, or gives it another
//                                parent; claimed by whoever takes the key away, as the old image has it. None
//                                if one of the values is NULL. All of the foreign key where what is equal
//                                can't be computed here
//
//   change of the schema         the whole database, which stands for everything else
//
// Pure function of its input: all nodes and versions must come to the same hashes. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/core/commit_messages.h"
#include "agent/core/versions.h"
#include "schemas/row_stream.h"

namespace murmel::store {

// A UNIQUE index; of a primary key only where it has a collation that a row stream has no number for, or
// where a foreign key refers to it.
struct UniqueIndex {
  struct Column {
    std::string name;
    row_stream::Collation collation = row_stream::kBinary;  // the index's, which may not be the column's
    std::string collation_name;                             // of kOther; empty: not known
  };
  std::string table;
  bool partial_or_expression = false;
  std::vector<Column> columns;  // in the index's order
};

struct ForeignKey {
  std::string child;
  std::vector<std::string> columns;  // of the child, in the order of the parent's
  UniqueIndex parent;                // `partial_or_expression`: what is equal can't be computed
};

// Of all tables that a transaction has rows of, at least.
struct KeyConstraints {
  std::vector<UniqueIndex> indexes;
  std::vector<ForeignKey> foreign_keys;
};

// Each ascending, without duplicates; none of `shared` is in `written`.
struct Claims {
  std::vector<core::Claim> written;
  std::vector<core::Claim> shared;
};

// One transaction may have so many; more is kFull.
inline constexpr std::size_t kClaimsMax = 1'000'000;

// Bytes that are equal for texts that compare as equal; an empty function: there is no collation of that
// name.
using SortKey = std::function<std::string(std::string_view text)>;
using Collations = std::function<SortKey(const std::string& name)>;

// Of a row with a key.
core::Claim row_claim(const core::RowKey& key);
// Adds those of rows that are locked, not written: for this transaction alone, and against writers only.
// kFull.
Status add_row_claims(std::span<const core::RowKey> locked, std::span<const core::RowKey> shared,
                      Claims& claims);

// `payloads` are row streams, in order. kCorrupt: a payload can't be read; kFull: too many.
Result<Claims> claims_of(std::span<const ByteView> payloads, const KeyConstraints& constraints,
                         const Collations& collations);

}  // namespace murmel::store
