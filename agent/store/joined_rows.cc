#include "agent/store/joined_rows.h"

#include <string_view>
#include <utility>

#include "agent/wire/row_reader.h"

namespace murmel::store {

bool JoinedRows::take(const unsigned char* bytes, std::size_t size) noexcept {
  const std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  if (!open_.empty() && open_.size() + size > kRecordBytes) close();
  if (open_.empty()) open_.push_back(stream.front());  // the version
  std::string_view items = stream.substr(1);
  const std::string_view description = std::string_view(open_).substr(described_at_, described_);
  if (described_ > 0 && items.starts_with(description)) {
    items.remove_prefix(described_);
  } else {
    described_at_ = open_.size();
    described_ = wire::RowReader::leading_description(as_bytes(stream));
  }
  open_ += items;
  return true;
}

std::vector<SharedBytes> JoinedRows::all() {
  close();
  return std::move(closed_);
}

void JoinedRows::close() {
  if (!open_.empty()) closed_.emplace_back(std::move(open_));
  open_.clear();
  described_ = 0;
}

}  // namespace murmel::store
