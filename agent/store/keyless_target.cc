#include "agent/store/keyless_target.h"

#include <sqlite3.h>

#include <utility>

#include "agent/store/eviction_probe.h"
#include "agent/store/quote.h"
#include "agent/store/row_hash.h"
#include "agent/store/unique_error.h"

namespace murmel::store {

KeylessTarget::KeylessTarget(Connection& connection, TableShape shape, std::unique_ptr<TableLayout> layout,
                             KeylessSql sql, std::vector<std::uint16_t> places,
                             std::vector<FullTextMirror> mirrors)
    : connection_(connection),
      shape_(std::move(shape)),
      layout_(std::move(layout)),
      sql_(std::move(sql)),
      places_(std::move(places)),
      hasher_(layout_->table()),
      mirrors_(std::move(mirrors)) {}

Status KeylessTarget::apply(const wire::RowChange& row, RowContext& context) {
  ++context.report.rows;
  std::optional<std::int64_t> old_row;
  bool removes = false;
  if (row.op != row_stream::kInsert) {
    TRY_ASSIGN(old_row, find(row.before, row.rowid));
    if (context.local && !old_row) return Error{ErrorCode::kConflict, "a row without a key is gone"};
    TRY_ASSIGN(const int change, admit(row.before, true, old_row.has_value(), context));
    removes = change < 0 && old_row;
  }
  if (row.op == row_stream::kDelete) return removes ? remove(*old_row) : Status(Ok{});
  if (removes && hasher_.bag(row.before) == hasher_.bag(row.after)) {
    TRY(remove(*old_row));  // the new row is counted among its equals
    removes = false;
  }
  TRY_ASSIGN(const int change, admit(row.after, false, false, context));
  if (change <= 0) return removes ? remove(*old_row) : Status(Ok{});
  return removes ? update(*old_row, row.after, context) : insert(row.after, context);
}

// What the author's operation on the bag of such rows means here (core/bag_ledger.h).
Result<int> KeylessTarget::admit(Image image, bool removes, bool found, RowContext& context) {
  const core::RowKey bag = hasher_.bag(image);
  const core::BagPlace place{context.author.version, context.author.seq, context.row * 2 + (removes ? 0 : 1)};
  const core::BagOp op{place, removes};
  std::int64_t rows = found ? 1 : 0;
  if (context.bags.needs_count(bag, op)) {
    TRY(prepared(count_, sql_.count));
    const ResetAtEnd reset(count_);
    bind_image(count_, image);
    TRY_ASSIGN(const bool row, count_.step());
    rows = row ? count_.integer(0) : 0;
  }
  return context.bags.admit(bag, op, rows, context.bag_changes);
}

Result<std::optional<std::int64_t>> KeylessTarget::find(Image image, std::optional<std::int64_t> hint) {
  if (hint) {
    TRY(prepared(select_hint_, sql_.select_hint));
    const ResetAtEnd reset(select_hint_);
    bind_image(select_hint_, image);
    select_hint_.bind(static_cast<int>(places_.size()) + 1, *hint);
    TRY_ASSIGN(const bool found, select_hint_.step());
    if (found) return std::optional(select_hint_.integer(0));
  }
  TRY(prepared(select_rowid_, sql_.select_rowid));
  const ResetAtEnd reset(select_rowid_);
  bind_image(select_rowid_, image);
  TRY_ASSIGN(const bool found, select_rowid_.step());
  return found ? std::optional(select_rowid_.integer(0)) : std::nullopt;
}

Status KeylessTarget::insert(Image image, RowContext& context) {
  TRY(prepared(insert_, sql_.insert));
  bind_image(insert_, image);
  Status inserted = insert_.run();
  if (!inserted.ok()) {
    if (context.local || !is_uniqueness_error(connection_, inserted.error())) return inserted;
    TRY(prepared(replace_, sql_.replace));
    bind_image(replace_, image);
    TRY_ASSIGN(const bool wins, settle(replace_, image, context));
    if (!wins) return Ok{};
    TRY(replace_.run());
  }
  return mirror(sqlite3_last_insert_rowid(connection_.handle()));
}

Status KeylessTarget::update(std::int64_t rowid, Image image, RowContext& context) {
  TRY(prepared(update_, sql_.update));
  const int parameter = static_cast<int>(places_.size()) + 1;
  TRY(unmirror(rowid));
  bind_image(update_, image);
  update_.bind(parameter, rowid);
  Status updated = update_.run();
  if (!updated.ok()) {
    if (context.local || !is_uniqueness_error(connection_, updated.error())) return updated;
    TRY(prepared(update_replace_, sql_.update_replace));
    bind_image(update_replace_, image);
    update_replace_.bind(parameter, rowid);
    TRY_ASSIGN(const bool wins, settle(update_replace_, image, context));
    if (!wins) return erase(rowid);
    TRY(update_replace_.run());
  }
  return mirror(rowid);
}

Status KeylessTarget::remove(std::int64_t rowid) {
  TRY(unmirror(rowid));
  return erase(rowid);
}

Status KeylessTarget::erase(std::int64_t rowid) {
  TRY(prepared(remove_, sql_.remove));
  remove_.bind(1, rowid);
  return remove_.run();
}

Status KeylessTarget::unmirror(std::int64_t rowid) {
  for (FullTextMirror& mirror : mirrors_) {
    mirror.remove().bind(1, rowid);
    TRY(mirror.remove().run());
  }
  return Ok{};
}

Status KeylessTarget::mirror(std::int64_t rowid) {
  for (FullTextMirror& mirror : mirrors_) {
    mirror.add().bind(1, rowid);
    TRY(mirror.add().run());
  }
  return Ok{};
}

Result<bool> KeylessTarget::settle(Statement& replace, Image image, RowContext& context) {
  TRY_ASSIGN(const std::vector<EvictedRow> rows, probe_evictions(connection_, shape_, replace));
  RowHasher hasher;
  hasher.begin();
  for (const std::uint16_t place : places_) hasher.add(image[place]);
  const RowHash own = hasher.finish();
  std::string select = "SELECT ";
  for (const std::uint16_t place : places_) {
    select += (place == places_.front() ? "" : ", ") + quote_name(layout_->table().columns[place].name);
  }
  TRY(prepared(select_row_,
               select + " FROM " + quote_name(shape_.name) + " WHERE " + shape_.rowid + " = ?1"));
  for (const EvictedRow& row : rows) {
    const ResetAtEnd reset(select_row_);
    select_row_.bind(1, row.rowid);
    TRY_ASSIGN(const bool found, select_row_.step());
    if (!found) continue;
    std::vector<wire::Value> other(layout_->table().columns.size());
    hasher.begin();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      other[places_[i]] = select_row_.value(static_cast<int>(i));
      hasher.add(other[places_[i]]);
    }
    const bool wins = hasher.finish() < own;
    ++context.report.conflicts;
    TRY(context.conflicts.add({ConflictReason::kUnique, &layout_->table(), image,
                               wins ? context.author : core::RowVersion{},
                               wins ? core::RowVersion{} : context.author, wins ? image : Image(other),
                               wins ? Image(other) : image}));
    if (!wins) return false;
  }
  for (const EvictedRow& row : rows) TRY(unmirror(row.rowid));
  return true;
}

Status KeylessTarget::prepared(Statement& statement, const std::string& sql) {
  if (statement.prepared()) return Ok{};
  TRY_ASSIGN(statement, connection_.prepare(sql));
  return Ok{};
}

void KeylessTarget::bind_image(Statement& statement, Image image) {
  for (std::size_t i = 0; i < places_.size(); ++i) statement.bind(static_cast<int>(i) + 1, image[places_[i]]);
}

}  // namespace murmel::store
