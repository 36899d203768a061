#include "agent/service/catalog_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/service/catalog_entries.h"
#include "agent/service/log.h"
#include "agent/service/whole_file.h"

namespace murmel::service {
namespace {

using nlohmann::json;
namespace files = std::filesystem;

constexpr char kNotesFile[] = "databases.json";
constexpr const char* kSuffixes[] = {"-wal", "-shm", ""};  // the file itself last

}  // namespace

CatalogFiles::CatalogFiles(std::string folder, const std::string& data_dir)
    : folder_(std::move(folder)), file_(data_dir + "/" + kNotesFile) {}

const CatalogFiles::Notes& CatalogFiles::load() {
  std::error_code failure;
  files::create_directories(folder_, failure);
  if (failure) {
    log_error("databases.directory can't be made", {{"path", folder_}, {"error", failure.message()}});
  }
  std::ifstream file(file_);
  if (!file) return notes_;
  std::stringstream text;
  text << file.rdbuf();
  const json notes = json::parse(text.str(), nullptr, false);
  bool good = notes.is_object();
  for (auto note = notes.begin(); good && note != notes.end(); ++note) {
    good = note->is_string() && check_new_name(note.key()).ok();
    if (good) notes_[note.key()] = note->get<std::string>();
  }
  if (!good) log_error("the notes of databases made by command can't be read", {{"file", kNotesFile}});
  return notes_;
}

std::string CatalogFiles::path_of(const std::string& name) const {
  return (files::path(folder_) / (name + ".db")).string();
}

std::string CatalogFiles::away_path_of(const std::string& name, const std::string& id) const {
  return path_of(name) + ".dropped-" + id.substr(0, 8);
}

Status CatalogFiles::place_is_free(const std::string& name) const {
  std::error_code ignored;
  const std::string path = path_of(name);
  if (files::symlink_status(path, ignored).type() == files::file_type::not_found) return Ok{};
  return Error{ErrorCode::kConflict, "a file is in the way: " + path};
}

Status CatalogFiles::note(const std::string& name, const std::string& id) {
  TRY(place_is_free(name));
  notes_[name] = id;
  Status saved = save();
  if (!saved.ok()) notes_.erase(name);
  return saved;
}

Status CatalogFiles::forget(const std::string& name) {
  notes_.erase(name);
  return save();
}

// An application that has the files open still has them; SQLite finds its log beside the file by the new
// name.
Status CatalogFiles::put_away(const std::string& name, const std::string& id, bool delete_files) {
  const std::string path = path_of(name);
  const std::string away = away_path_of(name, id);
  std::error_code failure;
  for (const char* suffix : kSuffixes) {
    std::error_code one;
    delete_files ? (void)files::remove(path + suffix, one) : files::rename(path + suffix, away + suffix, one);
    if (one && one != std::errc::no_such_file_or_directory) failure = one;
  }
  if (failure) return Error{ErrorCode::kIo, path + ": " + failure.message()};
  return forget(name);
}

Status CatalogFiles::save() const {
  return write_whole_file(file_, json(notes_).dump(2) + "\n", Sync::kYes);
}

}  // namespace murmel::service
