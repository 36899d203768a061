#include "extension/change_buffer.h"

#include <unistd.h>
#include <cerrno>
#include <cstdlib>

#include "extension/spill_file.h"
#include "extension/varint.h"
#include "schemas/row_stream.h"

namespace murmel::extension {
namespace {

constexpr std::size_t kRecordBytes = row_stream::kRecordBytes;
// A chunk of a bulk transaction: the record limit and slack for the row that passes it.
constexpr std::size_t kFullChunk = kRecordBytes + (std::size_t{64} << 10);
constexpr std::size_t kFirstChunk = std::size_t{8} << 10;
constexpr std::size_t kSpareMax = std::size_t{256} << 10;

void release(Chunk& chunk) {
  std::free(chunk.data);
  chunk.data = nullptr;
}

}  // namespace

ChangeBuffer::~ChangeBuffer() {
  clear();
  release(spare_);
}

bool ChangeBuffer::begin_item(Fault& fault) {
  if (!open_ || end_ > soft_limit_) {
    close_chunk();
    if (!open_chunk(fault)) return false;
  }
  item_start_ = end_;
  return true;
}

bool ChangeBuffer::begin_row(TableInfo& table, Fault& fault) {
  if (!open_ || end_ > soft_limit_) {
    close_chunk();
    if (!open_chunk(fault)) return false;
  }
  if (table.described_in != serial_ && !describe(table)) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return false;
  }
  item_start_ = end_;
  return true;
}

bool ChangeBuffer::describe(TableInfo& table) {
  Chunk& chunk = chunks_.back();
  std::uint8_t* at = room(1 + kVarintMax + table.description.size());
  if (at == nullptr) return false;
  table.described_in = serial_;
  table.described_at = static_cast<std::uint32_t>(end_ - chunk.data);
  table.index = chunk.tables++;
  *at++ = table.item();
  at = write_varint(at, table.index);
  std::memcpy(at, table.description.data(), table.description.size());
  written(at + table.description.size());
  return true;
}

bool ChangeBuffer::open_chunk(Fault& fault) {
  if (in_memory_ > kMemoryMax && !spill(fault)) return false;
  Chunk chunk;
  if (spare_.data != nullptr && chunks_.empty()) {
    chunk = spare_;
    spare_ = Chunk{};
  } else {
    // One that was closed early, as its rows were asked for, is followed by another small one.
    const bool small = chunks_.empty() || chunks_.back().size < kFirstChunk / 2;
    chunk.capacity = small ? kFirstChunk : kFullChunk;
    chunk.data = static_cast<std::uint8_t*>(std::malloc(chunk.capacity));
  }
  chunk.serial = next_serial_++;
  chunk.tables = 0;
  chunk.file_offset = -1;
  if (chunk.data != nullptr) {
    chunk.data[0] = row_stream::kVersion;
    chunk.size = 1;
  }
  if (chunk.data == nullptr || !chunks_.push(chunk)) {
    release(chunk);
    fault.fail(SQLITE_NOMEM, "out of memory");
    return false;
  }
  in_memory_ += chunk.capacity;
  adopt_last();
  return true;
}

// The last chunk becomes the one that is written to.
void ChangeBuffer::adopt_last() {
  Chunk& chunk = chunks_.back();
  end_ = item_start_ = chunk.data + chunk.size;
  limit_ = chunk.data + chunk.capacity;
  soft_limit_ = chunk.data + kRecordBytes;
  serial_ = chunk.serial;
  open_ = true;
}

void ChangeBuffer::close_chunk() {
  if (!open_) return;
  chunks_.back().size = static_cast<std::size_t>(end_ - chunks_.back().data);
  end_ = limit_ = soft_limit_ = item_start_ = nullptr;
  serial_ = 0;
  open_ = false;
}

std::uint8_t* ChangeBuffer::more_room(std::size_t n) {
  if (!open_) return nullptr;
  Chunk& chunk = chunks_.back();
  const auto used = static_cast<std::size_t>(end_ - chunk.data);
  const auto item = static_cast<std::size_t>(item_start_ - chunk.data);
  if (used - item + n > static_cast<std::size_t>(row_stream::kRowBytesMax)) return nullptr;
  std::size_t capacity = chunk.capacity * 2;
  if (chunk.capacity < kFullChunk && capacity > kFullChunk) capacity = kFullChunk;
  if (capacity < used + n) capacity = used + n;
  auto* data = static_cast<std::uint8_t*>(std::realloc(chunk.data, capacity));
  if (data == nullptr) return nullptr;
  in_memory_ += capacity - chunk.capacity;
  chunk.data = data;
  chunk.capacity = capacity;
  end_ = data + used;
  item_start_ = data + item;
  limit_ = data + capacity;
  soft_limit_ = data + kRecordBytes;
  return end_;
}

ChangeBuffer::Mark ChangeBuffer::mark() const {
  Mark mark;
  mark.chunks = chunks_.size();
  if (mark.chunks == 0) return mark;
  const Chunk& last = chunks_[mark.chunks - 1];
  mark.size = open_ ? static_cast<std::size_t>(end_ - last.data) : last.size;
  mark.tables = last.tables;
  mark.open = open_;
  return mark;
}

bool ChangeBuffer::cut_back(const Mark& mark, TableCache* tables, Fault& fault) {
  close_chunk();
  while (chunks_.size() > mark.chunks) {
    Chunk& chunk = chunks_.back();
    if (chunk.data != nullptr) in_memory_ -= chunk.capacity;
    release(chunk);
    chunks_.shrink(chunks_.size() - 1);
  }
  if (chunks_.empty()) return true;
  Chunk& last = chunks_.back();
  if (tables != nullptr) tables->undescribe_from(last.serial, static_cast<std::uint32_t>(mark.size));
  last.size = mark.size;
  last.tables = mark.tables;
  if (!mark.open) return true;
  if (last.data == nullptr && !read_back(last, fault)) return false;
  adopt_last();
  return true;
}

void ChangeBuffer::clear() {
  open_ = false;
  end_ = limit_ = soft_limit_ = item_start_ = nullptr;
  serial_ = 0;
  for (Chunk& chunk : chunks_) {
    if (chunk.data != nullptr && spare_.data == nullptr && chunk.capacity <= kSpareMax) {
      spare_ = chunk;
    } else {
      release(chunk);
    }
  }
  chunks_.clear();
  in_memory_ = 0;
  release(loaded_);
  if (file_ >= 0) close(file_);
  file_ = -1;
  file_end_ = 0;
}

bool ChangeBuffer::spill(Fault& fault) {
  if (file_ < 0) file_ = open_spill_file();
  if (file_ < 0) {
    fault.fail(SQLITE_CANTOPEN,
               "can't create a temporary file for a large transaction (errno %d); set TMPDIR", errno);
    return false;
  }
  for (Chunk& chunk : chunks_) {
    if (chunk.data == nullptr) continue;
    if (!write_fully(file_, chunk.data, chunk.size, file_end_)) {
      fault.fail(SQLITE_FULL, "can't write the temporary file of a large transaction (errno %d)", errno);
      return false;
    }
    chunk.file_offset = file_end_;
    file_end_ += static_cast<std::int64_t>(chunk.size);
    in_memory_ -= chunk.capacity;
    release(chunk);
  }
  return true;
}

// Brings a spilled chunk back into its own memory.
bool ChangeBuffer::read_back(Chunk& chunk, Fault& fault) {
  const std::size_t capacity = chunk.size > kFullChunk ? chunk.size : kFullChunk;
  chunk.data = static_cast<std::uint8_t*>(std::malloc(capacity));
  if (chunk.data == nullptr) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return false;
  }
  chunk.capacity = capacity;
  in_memory_ += capacity;
  if (read_fully(file_, chunk.data, chunk.size, chunk.file_offset)) return true;
  fault.fail(SQLITE_IOERR, "can't read the temporary file of a large transaction (errno %d)", errno);
  return false;
}

bool ChangeBuffer::payload(std::size_t i, const std::uint8_t** data, std::size_t* size, Fault& fault) {
  Chunk& chunk = chunks_[i];
  const bool last_open = open_ && i + 1 == chunks_.size();
  *size = last_open ? static_cast<std::size_t>(end_ - chunk.data) : chunk.size;
  *data = chunk.data;
  if (chunk.data != nullptr) return true;
  if (loaded_.data == nullptr || loaded_.capacity < chunk.size) {
    release(loaded_);
    loaded_.capacity = chunk.size;
    loaded_.data = static_cast<std::uint8_t*>(std::malloc(chunk.size));
  }
  if (loaded_.data == nullptr) {
    fault.fail(SQLITE_NOMEM, "out of memory");
    return false;
  }
  *data = loaded_.data;
  if (read_fully(file_, loaded_.data, chunk.size, chunk.file_offset)) return true;
  fault.fail(SQLITE_IOERR, "can't read the temporary file of a large transaction (errno %d)", errno);
  return false;
}

}  // namespace murmel::extension
