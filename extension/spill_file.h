// The temporary file of a transaction that outgrows its memory. It has no name, so nothing is left behind.
#pragma once

#include <cstddef>
#include <cstdint>

namespace murmel::extension {

// A new unlinked file in $SQLITE_TMPDIR, $TMPDIR, /var/tmp or /tmp; -1 with errno when none can be made.
int open_spill_file();
// Whole transfers at an offset; false with errno on failure.
bool write_fully(int file, const void* data, std::size_t n, std::int64_t offset);
bool read_fully(int file, void* data, std::size_t n, std::int64_t offset);

}  // namespace murmel::extension
