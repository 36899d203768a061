// The folders of databases.glob: what names of files may be databases, and where a file that a peer has
// belongs here.
//
// A peer's file name is only ever put after a folder that this node's own configuration names, and only if it
// matches the pattern there; it has no separators, no leading dot, and nothing may stand at its place yet,
// not even a link that leads elsewhere. So nothing a peer says makes a file outside those folders.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace murmel::service {

inline constexpr std::size_t kDatabaseNameMax = 64;
inline constexpr std::size_t kDatabaseFileNameMax = 96;  // name and extension

// 1 to kDatabaseNameMax letters, digits, '_', '-', '.', not starting with '.'.
bool is_database_name(const std::string& name);

// SQLite's own companions of a database file.
bool is_companion_file(const std::string& path);

// "shop" of "/data/shop.db".
std::string database_name_of(const std::string& path);

// The path at which a new database with this file name would be found by one of `globs`; the first that fits.
// Only globs whose folder has no wildcard and exists are asked. Nothing: there is no such place, or something
// is there.
std::optional<std::string> place_for(const std::vector<std::string>& globs, const std::string& file_name);

}  // namespace murmel::service
