// Dates and times in binary rows and parameters: a length byte (0, 4, 7, 11 or 0, 8, 12) and the parts that
// are not zero at the end. On our side they are text. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "agent/mysql/bytes.h"

namespace murmel::mysql {

// "YYYY-MM-DD[ hh:mm:ss[.ffffff]]". False: another form.
[[nodiscard]] bool put_packed_date(std::string& out, std::string_view text);
// "[-]hhh:mm:ss[.ffffff]".
[[nodiscard]] bool put_packed_time(std::string& out, std::string_view text);
// Fails the reader for a length that there is none of, and for parts out of range.
std::string read_packed_date(Reader& reader, bool date_only);
std::string read_packed_time(Reader& reader);

}  // namespace murmel::mysql
