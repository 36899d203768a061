#include "agent/service/database_folder.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace murmel::service {
namespace {

bool is_plain(const std::string& text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max || text[0] == '.') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

}  // namespace

bool is_database_name(const std::string& name) {
  return is_plain(name, kDatabaseNameMax);
}

bool is_companion_file(const std::string& path) {
  return path.ends_with("-wal") || path.ends_with("-shm") || path.ends_with("-journal");
}

std::string database_name_of(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

std::optional<std::string> place_for(const std::vector<std::string>& globs, const std::string& file_name) {
  if (!is_plain(file_name, kDatabaseFileNameMax) || is_companion_file(file_name)) return std::nullopt;
  if (!is_database_name(database_name_of(file_name))) return std::nullopt;
  for (const std::string& pattern : globs) {
    const std::size_t slash = pattern.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : pattern.substr(0, slash + 1);
    const std::string last = slash == std::string::npos ? pattern : pattern.substr(slash + 1);
    if (folder.find_first_of("*?[\\") != std::string::npos) continue;
    if (fnmatch(last.c_str(), file_name.c_str(), FNM_PERIOD) != 0) continue;
    std::error_code failure;
    const auto where = std::filesystem::canonical(folder, failure);
    if (failure || !std::filesystem::is_directory(where, failure)) continue;
    const auto path = where / file_name;
    const auto present = std::filesystem::symlink_status(path, failure);  // follows nothing
    if (present.type() != std::filesystem::file_type::not_found) return std::nullopt;
    return path.string();
  }
  return std::nullopt;
}

}  // namespace murmel::service
