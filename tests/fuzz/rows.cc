// The payload of a change set through the row reader.
#include "agent/wire/row_reader.h"
#include "tests/fuzz/target.h"

using namespace murmel;

namespace {

// Values lie inside the payload.
void check_values(ByteView payload, std::span<const wire::Value> values) {
  for (const wire::Value& value : values) {
    if (value.bytes.empty()) continue;
    must(value.bytes.data() >= payload.data());
    must(value.bytes.data() + value.bytes.size() <= payload.data() + payload.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView payload(data, size);
  wire::RowReader reader(payload);
  for (;;) {
    const std::size_t before = reader.offset();
    const auto item = reader.next();
    if (!item.ok() || *item == wire::RowReader::Item::kEnd) return 0;
    must(reader.offset() > before);
    if (*item == wire::RowReader::Item::kSchema) continue;
    const wire::RowChange& row = reader.row();
    must(row.table != nullptr);
    must(row.before.empty() || row.before.size() == row.table->columns.size());
    must(row.after.empty() || row.after.size() == row.table->columns.size());
    check_values(payload, row.before);
    check_values(payload, row.after);
  }
}
