// JoinedRows: the rows of a transaction, which the capture hands over in parts, one of each statement, as
// payloads of a record's size. Each part describes its tables anew; where it begins as the part before it
// did, which is the rule for a transaction's statements, readers are spared the same description again. One
// thread's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "extension/capture_api.h"

namespace murmel::store {

class JoinedRows final : public extension::RowReceiver {
 public:
  static constexpr std::size_t kRecordBytes = 1 << 20;

  // A row stream in which no table takes the place of the one described first.
  bool take(const unsigned char* bytes, std::size_t size) noexcept override;
  // Nothing is taken after it.
  std::vector<SharedBytes> all();

 private:
  void close();

  std::string open_;
  std::size_t described_ = 0;  // bytes of the description in open_ that holds for a stream's first table
  std::size_t described_at_ = 0;
  std::vector<SharedBytes> closed_;
};

}  // namespace murmel::store
