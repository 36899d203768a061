#include "extension/wal_watch.h"

namespace murmel::extension {

std::int64_t WalWatch::change_counter(sqlite3* db, const char* schema) noexcept {
  const bool watching = writes_ != nullptr && writes_->watching();
  return watching ? index_.change_counter_again() : index_.change_counter(db, schema);
}

std::int64_t WalWatch::begin_transaction(sqlite3* db, const char* schema) noexcept {
  const std::int64_t counter = change_counter(db, schema);
  const bool watching = writes_ != nullptr && writes_->watching();
  if (!watching && counter >= 0 && index_.wal() != unwatched_) {
    WalWrites::release(writes_);
    writes_ = WalWrites::watch(db, schema, index_.wal());
    unwatched_ = writes_ == nullptr ? index_.wal() : nullptr;
  }
  if (writes_ != nullptr) writes_->begin_transaction();
  return counter;
}

void WalWatch::forget() noexcept {
  index_ = WalIndex();
  WalWrites::release(writes_);
  writes_ = nullptr;
}

}  // namespace murmel::extension
