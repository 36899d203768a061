// Positions as texts: "7:34" is the 34th record of what node 7 wrote at ONE, "7q:12" its 12th decided
// transaction; several are separated by commas. Tokens and transaction ids are written so.
#pragma once

#include "extension/commit_client.h"

namespace murmel::extension {

// As agent/base/ids.h.
inline constexpr std::uint32_t kDecidedBit = 0x80000000U;

// Room for one position as text.
inline constexpr std::size_t kPositionTextMax = 40;

void print_position(const LogPosition& position, char (&out)[kPositionTextMax]) noexcept;

// Takes the next position off `text`, which then points behind it and its comma. False: that is no position.
bool read_position(const char*& text, LogPosition& position) noexcept;

}  // namespace murmel::extension
