// Tables without a key are multisets: an insert adds a row, an update or delete looks for one row that equals
// the old image in every value and type (the rowid that the row had at its origin is tried first). An update
// of a row that is gone inserts the new image. When several nodes are at equal rows at once,
// core/bag_ledger.h says how many stay.
//
// Rows have no versions here. If two collide in a UNIQUE index, the one with the greater hash stays: as every
// node compares the same rows, all keep the same one. Belongs to the applier of one database.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/store/full_text_mirror.h"
#include "agent/store/row_key.h"
#include "agent/store/row_target.h"
#include "agent/store/table_layout.h"
#include "agent/store/table_shape.h"
#include "agent/store/table_sql.h"

namespace murmel::store {

class KeylessTarget : public RowTarget {
 public:
  KeylessTarget(Connection& connection, TableShape shape, std::unique_ptr<TableLayout> layout, KeylessSql sql,
                std::vector<std::uint16_t> places, std::vector<FullTextMirror> mirrors);

  Status apply(const wire::RowChange& row, RowContext& context) override;

 private:
  using Image = std::span<const wire::Value>;

  Result<std::optional<std::int64_t>> find(Image image, std::optional<std::int64_t> hint);
  Result<int> admit(Image image, bool removes, bool found, RowContext& context);
  Status insert(Image image, RowContext& context);
  Status update(std::int64_t rowid, Image image, RowContext& context);
  Status remove(std::int64_t rowid);
  Status erase(std::int64_t rowid);  // one that full-text indexes do not have
  // `replace` is bound to the new image. False: the rows in the way stay, the new image is dropped. True:
  // what is to be found of them in full-text indexes is gone.
  Result<bool> settle(Statement& replace, Image image, RowContext& context);
  Status unmirror(std::int64_t rowid);
  Status mirror(std::int64_t rowid);
  Status prepared(Statement& statement, const std::string& sql);
  void bind_image(Statement& statement, Image image);

  Connection& connection_;
  TableShape shape_;
  std::unique_ptr<TableLayout> layout_;
  KeylessSql sql_;
  std::vector<std::uint16_t> places_;
  RowKeyHasher hasher_;
  std::vector<FullTextMirror> mirrors_;  // by rowid
  Statement count_;
  Statement insert_;
  Statement replace_;
  Statement update_;
  Statement update_replace_;
  Statement remove_;
  Statement select_hint_;
  Statement select_rowid_;
  Statement select_row_;
};

}  // namespace murmel::store
