// ChangeBuffer: the rows of one transaction in one database, as a list of chunks. Each chunk is a complete
// payload of schemas/row_stream.h and becomes one log record. Nothing is copied or allocated per row.
//
// The rows stay until the transaction has really ended (clear()), because COMMIT can fail after they were
// written to the log and the application may then roll back to a savepoint and commit again. A position
// (mark()/cut_back()) is how savepoints are kept. Past kMemoryMax closed chunks move to an unlinked file.
// Not thread-safe; belongs to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"
#include "extension/table_info.h"

namespace murmel::extension {

struct Chunk {
  std::uint8_t* data = nullptr;  // nullptr: spilled to the file
  std::size_t size = 0;
  std::size_t capacity = 0;
  std::uint32_t tables = 0;  // tables described in it
  std::uint64_t serial = 0;  // never reused, never 0
  std::int64_t file_offset = -1;
};

class ChangeBuffer {
 public:
  struct Mark {
    std::size_t chunks = 0;  // number of chunks
    std::size_t size = 0;    // bytes in the last of them
    std::uint32_t tables = 0;
    bool open = false;
  };

  // In-memory limit before closed chunks are spilled.
  static constexpr std::size_t kMemoryMax = std::size_t{64} << 20;

  ChangeBuffer() = default;
  ~ChangeBuffer();
  ChangeBuffer(const ChangeBuffer&) = delete;
  ChangeBuffer& operator=(const ChangeBuffer&) = delete;

  bool empty() const { return chunks_.empty(); }
  std::size_t chunk_count() const { return chunks_.size(); }

  // Starts an item: opens a chunk if there is none with room under the record limit.
  bool begin_item(Fault& fault);
  // Starts a row item: as begin_item, and describes the table in the chunk if it is not yet described there.
  bool begin_row(TableInfo& table, Fault& fault);
  // Drops everything since begin_item() or begin_row().
  void drop_item() { end_ = item_start_; }
  // Room for `n` bytes at the end: where to write, or nullptr when memory ran out or the item is too long.
  // What was written counts only after written(end).
  std::uint8_t* room(std::size_t n) {
    if (static_cast<std::size_t>(limit_ - end_) >= n) return end_;
    return more_room(n);
  }
  void written(std::uint8_t* end) { end_ = end; }
  // Room that is left if writing goes on at `at`, a place that room() gave or after it.
  std::size_t room_at(const std::uint8_t* at) const { return static_cast<std::size_t>(limit_ - at); }
  // Places within the current item; they stay true when the memory moves.
  std::size_t item_offset() const { return offset_in_item(end_); }
  std::size_t offset_in_item(const std::uint8_t* at) const {
    return static_cast<std::size_t>(at - item_start_);
  }
  const std::uint8_t* item_at(std::size_t offset) const { return item_start_ + offset; }
  // The next item starts a new chunk (a new record).
  void close_chunk();

  Mark mark() const;
  // Back to an earlier position; `tables` (may be nullptr) learns what is no longer described.
  bool cut_back(const Mark& mark, TableCache* tables, Fault& fault);
  // Forgets everything; keeps a little memory for the next transaction.
  void clear();

  // The payload of chunk `i`, read back from the file if it was spilled (valid until the next call).
  bool payload(std::size_t i, const std::uint8_t** data, std::size_t* size, Fault& fault);

 private:
  std::uint8_t* more_room(std::size_t n);
  bool describe(TableInfo& table);
  bool open_chunk(Fault& fault);
  bool spill(Fault& fault);
  bool read_back(Chunk& chunk, Fault& fault);
  void adopt_last();

  // The last chunk, when open_, is written through these; its `size` is brought up to date by close_chunk().
  std::uint8_t* end_ = nullptr;         // write position
  std::uint8_t* limit_ = nullptr;       // end of its memory
  std::uint8_t* soft_limit_ = nullptr;  // past it the record is closed at the next item
  std::uint8_t* item_start_ = nullptr;
  std::uint64_t serial_ = 0;
  bool open_ = false;

  Vec<Chunk> chunks_;
  std::size_t in_memory_ = 0;
  std::uint64_t next_serial_ = 1;
  Chunk spare_;   // memory kept between transactions
  Chunk loaded_;  // a spilled chunk read back by payload()
  int file_ = -1;
  std::int64_t file_end_ = 0;
};

}  // namespace murmel::extension
