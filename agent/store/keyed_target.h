// Rows with a key: last writer wins per key (core/last_writer.h). The full new image is written, never a part
// of it: a row is what its last writer saw. A changed key is a delete of the old row and a write of the new.
//
// If a row collides with others in a UNIQUE index, the later version stays. The losers are deleted, on every
// node, by a change set of this node's own, and kept in __murmel_conflicts.
// Belongs to the applier of one database.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/store/eviction_probe.h"
#include "agent/store/full_text_mirror.h"
#include "agent/store/row_key.h"
#include "agent/store/row_target.h"
#include "agent/store/table_layout.h"
#include "agent/store/table_shape.h"
#include "agent/store/table_sql.h"

namespace murmel::store {

class KeyedTarget : public RowTarget {
 public:
  // `places`: which values of an image go into the statements of `sql`, in their order. `keyless`: takes the
  // rows whose key holds a NULL and which so have no identity; may be null.
  KeyedTarget(Connection& connection, TableShape shape, std::unique_ptr<TableLayout> layout, TableSql sql,
              std::vector<std::uint16_t> places, std::vector<FullTextMirror> mirrors,
              std::unique_ptr<RowTarget> keyless);

  Status apply(const wire::RowChange& row, RowContext& context) override;

 private:
  using Image = std::span<const wire::Value>;

  // A row as it stands here. `values` point into `bytes`.
  struct StoredRow {
    bool found = false;
    std::vector<wire::Value> values;  // one per column of the layout
    std::vector<std::string> bytes;
  };
  struct Rival {
    StoredRow row;
    core::RowKey key;
    core::RowVersion version;
  };

  Status write(Image image, const core::RowKey& key, RowContext& context);
  Status erase(Image image, const core::RowKey& key, RowContext& context);
  Status apply_keyless(const wire::RowChange& row, row_stream::Item op, RowContext& context);
  // Whether the author's write of this row stands; notes a conflict if it was made without seeing the other.
  Result<bool> author_wins(const core::RowKey& key, Image key_image, Image after, RowContext& context);

  Status raw_write(Image image);
  Status raw_erase(Image key_image);
  Status mirror(bool add, Image key_image);

  void note_written(const core::RowKey& key, RowContext& context);
  Status settle(Image image, const core::RowKey& key, RowContext& context);
  Result<std::vector<Rival>> rivals_of(Image image, const core::RowKey& key, RowContext& context);
  Status remove_loser(const Rival& rival, Image winner, RowContext& context);

  Result<StoredRow> stored(Image key_image);
  Result<StoredRow> evicted(const EvictedRow& row);
  void take_row(Statement& select, StoredRow& row);
  Status prepared(Statement& statement, const std::string& sql);
  void bind_image(Statement& statement, Image image);
  void bind_key(Statement& statement, Image image);

  Connection& connection_;
  TableShape shape_;
  std::unique_ptr<TableLayout> layout_;
  TableSql sql_;
  std::vector<std::uint16_t> places_;
  std::vector<std::pair<int, std::uint16_t>> key_parameters_;  // parameter number, place in an image
  std::vector<FullTextMirror> mirrors_;
  std::unique_ptr<RowTarget> keyless_;
  RowKeyHasher hasher_;
  Statement upsert_;
  Statement replace_;
  Statement remove_;
  Statement select_;
  Statement select_rowid_;
};

}  // namespace murmel::store
