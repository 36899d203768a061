#include "agent/store/keyed_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/core/last_writer.h"
#include "agent/store/quote.h"
#include "agent/store/unique_error.h"

namespace murmel::store {
namespace {

core::RowVersion deletion_by(core::RowVersion author) {
  author.deleted = true;
  return author;
}

}  // namespace

KeyedTarget::KeyedTarget(Connection& connection, TableShape shape, std::unique_ptr<TableLayout> layout,
                         TableSql sql, std::vector<std::uint16_t> places, std::vector<FullTextMirror> mirrors,
                         std::unique_ptr<RowTarget> keyless)
    : connection_(connection),
      shape_(std::move(shape)),
      layout_(std::move(layout)),
      sql_(std::move(sql)),
      places_(std::move(places)),
      mirrors_(std::move(mirrors)),
      keyless_(std::move(keyless)),
      hasher_(layout_->table()) {
  for (const std::uint16_t place : layout_->table().key) {
    const auto found = std::find(places_.begin(), places_.end(), place);
    key_parameters_.emplace_back(static_cast<int>(found - places_.begin()) + 1, place);
  }
}

Status KeyedTarget::apply(const wire::RowChange& row, RowContext& context) {
  const auto old_key = row.before.empty() ? std::nullopt : hasher_.key(row.before);
  const auto new_key = row.after.empty() ? std::nullopt : hasher_.key(row.after);
  const bool same_row = old_key && new_key && *old_key == *new_key;
  if (!row.before.empty() && !same_row) {
    TRY(old_key ? erase(row.before, *old_key, context) : apply_keyless(row, row_stream::kDelete, context));
  }
  if (row.after.empty()) return Ok{};
  return new_key ? write(row.after, *new_key, context) : apply_keyless(row, row_stream::kInsert, context);
}

Status KeyedTarget::apply_keyless(const wire::RowChange& row, row_stream::Item op, RowContext& context) {
  if (keyless_ == nullptr) return Error{ErrorCode::kCorrupt, "a row without its key"};
  wire::RowChange part = row;
  part.op = op;
  if (op == row_stream::kInsert) part.before = {};
  if (op == row_stream::kDelete) part.after = {};
  return keyless_->apply(part, context);
}

Status KeyedTarget::write(Image image, const core::RowKey& key, RowContext& context) {
  TRY_ASSIGN(const bool wins, author_wins(key, image, image, context));
  if (!wins) return Ok{};
  const Status written = raw_write(image);
  if (!written.ok()) {
    if (context.local || !is_uniqueness_error(connection_, written.error())) return written.error();
    return settle(image, key, context);
  }
  note_written(key, context);
  return Ok{};
}

void KeyedTarget::note_written(const core::RowKey& key, RowContext& context) {
  context.versions.record(key, context.author);
  context.own_deletes.cancel(key);
  ++context.report.rows;
}

Status KeyedTarget::erase(Image image, const core::RowKey& key, RowContext& context) {
  TRY_ASSIGN(const bool wins, author_wins(key, image, {}, context));
  if (!wins) return Ok{};
  TRY(raw_erase(image));
  context.versions.record(key, deletion_by(context.author));
  ++context.report.rows;
  return Ok{};
}

Result<bool> KeyedTarget::author_wins(const core::RowKey& key, Image key_image, Image after,
                                      RowContext& context) {
  if (context.local) return true;
  const auto existing = context.versions.lookup(key);
  core::RowVersion incoming = context.author;
  incoming.deleted = after.empty();
  const core::RowDecision decision = core::decide(existing, incoming, context.seen);
  const bool wins = decision.verdict == core::RowVerdict::kApply;
  if (decision.concurrent) {
    TRY_ASSIGN(const StoredRow here, stored(key_image));
    ConflictEntry entry;
    entry.table = &layout_->table();
    entry.key = key_image;
    entry.winner = wins ? context.author : *existing;
    entry.loser = wins ? *existing : context.author;
    entry.winner_row = wins ? after : Image(here.values);
    entry.loser_row = wins ? Image(here.values) : after;
    TRY(context.conflicts.add(entry));
    ++context.report.conflicts;
  }
  if (!wins) ++context.report.overruled;
  return wins;
}

Status KeyedTarget::raw_write(Image image) {
  TRY(prepared(upsert_, sql_.upsert));
  TRY(mirror(false, image));
  bind_image(upsert_, image);
  TRY(upsert_.run());
  return mirror(true, image);
}

Status KeyedTarget::raw_erase(Image key_image) {
  TRY(prepared(remove_, sql_.remove));
  TRY(mirror(false, key_image));
  bind_key(remove_, key_image);
  return remove_.run();
}

Status KeyedTarget::mirror(bool add, Image key_image) {
  for (FullTextMirror& mirror : mirrors_) {
    Statement& statement = add ? mirror.add() : mirror.remove();
    bind_key(statement, key_image);
    TRY(statement.run());
  }
  return Ok{};
}

// The write collided with other rows in a UNIQUE index. The index entry of a mirror that raw_write took away
// is put back by what follows: the row is either written or erased.
Status KeyedTarget::settle(Image image, const core::RowKey& key, RowContext& context) {
  TRY(mirror(true, image));
  TRY_ASSIGN(const std::vector<Rival> rivals, rivals_of(image, key, context));
  if (rivals.empty()) return Error{ErrorCode::kConflict, "a UNIQUE collision without another row"};
  const auto strongest = std::max_element(rivals.begin(), rivals.end(), [](const Rival& a, const Rival& b) {
    return a.version.version < b.version.version;
  });
  if (strongest->version.version < context.author.version) {
    for (const Rival& rival : rivals) TRY(remove_loser(rival, image, context));
    TRY(raw_write(image));
    note_written(key, context);
    return Ok{};
  }
  TRY(raw_erase(image));
  context.versions.record(key, deletion_by(context.author));
  context.own_deletes.add(layout_->table(), image, key);
  ++context.report.conflicts;
  ++context.report.overruled;
  return context.conflicts.add({ConflictReason::kUnique, &layout_->table(), image, strongest->version,
                                context.author, strongest->row.values, image});
}

Status KeyedTarget::remove_loser(const Rival& rival, Image winner, RowContext& context) {
  TRY(raw_erase(rival.row.values));
  context.own_deletes.add(layout_->table(), rival.row.values, rival.key);
  ++context.report.conflicts;
  return context.conflicts.add({ConflictReason::kUnique, &layout_->table(), rival.row.values, context.author,
                                rival.version, winner, rival.row.values});
}

Result<std::vector<KeyedTarget::Rival>> KeyedTarget::rivals_of(Image image, const core::RowKey& key,
                                                               RowContext& context) {
  TRY(prepared(replace_, sql_.replace));
  bind_image(replace_, image);
  TRY_ASSIGN(const std::vector<EvictedRow> rows, probe_evictions(connection_, shape_, replace_));
  std::vector<Rival> rivals;
  for (const EvictedRow& row : rows) {
    TRY_ASSIGN(StoredRow here, evicted(row));
    const auto rival_key = here.found ? hasher_.key(here.values) : std::nullopt;
    if (!rival_key || *rival_key == key) continue;
    const auto version = context.versions.lookup(*rival_key).value_or(core::RowVersion{});
    rivals.push_back({std::move(here), *rival_key, version});
  }
  return rivals;
}

Result<KeyedTarget::StoredRow> KeyedTarget::stored(Image key_image) {
  TRY(prepared(select_, sql_.select));
  const ResetAtEnd reset(select_);
  bind_key(select_, key_image);
  StoredRow row;
  TRY_ASSIGN(row.found, select_.step());
  if (row.found) take_row(select_, row);
  return row;
}

Result<KeyedTarget::StoredRow> KeyedTarget::evicted(const EvictedRow& row) {
  if (shape_.without_rowid) {
    std::vector<wire::Value> image(layout_->table().columns.size());
    const auto& key = layout_->table().key;
    if (row.key.size() != key.size()) return Error{ErrorCode::kInternal, "an evicted row without its key"};
    for (std::size_t i = 0; i < key.size(); ++i) image[key[i]] = row.key[i];
    return stored(image);
  }
  const std::size_t where = sql_.select.size() - sql_.where.size();
  TRY(prepared(select_rowid_, sql_.select.substr(0, where) + shape_.rowid + " = ?1"));
  const ResetAtEnd reset(select_rowid_);
  select_rowid_.bind(1, row.rowid);
  StoredRow found;
  TRY_ASSIGN(found.found, select_rowid_.step());
  if (found.found) take_row(select_rowid_, found);
  return found;
}

// Copies a row of sql_.select: column 0 is the rowid, then the values in the order of `places_`.
void KeyedTarget::take_row(Statement& select, StoredRow& row) {
  row.values.resize(layout_->table().columns.size());
  row.bytes.resize(places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) {
    wire::Value& value = row.values[places_[i]];
    value = select.value(static_cast<int>(i) + 1);
    row.bytes[i] = std::string(as_text(value.bytes));
  }
  for (std::size_t i = 0; i < places_.size(); ++i) row.values[places_[i]].bytes = as_bytes(row.bytes[i]);
}

Status KeyedTarget::prepared(Statement& statement, const std::string& sql) {
  if (statement.prepared()) return Ok{};
  TRY_ASSIGN(statement, connection_.prepare(sql));
  return Ok{};
}

void KeyedTarget::bind_image(Statement& statement, Image image) {
  for (std::size_t i = 0; i < places_.size(); ++i) statement.bind(static_cast<int>(i) + 1, image[places_[i]]);
}

void KeyedTarget::bind_key(Statement& statement, Image image) {
  for (const auto& [parameter, place] : key_parameters_) statement.bind(parameter, image[place]);
}

}  // namespace murmel::store
