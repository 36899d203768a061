// CatalogFiles: the files of databases that are made and dropped for the whole cluster (DatabaseCatalog), and
// the note of which there are here, `databases.json` in the data directory. A file that is not noted is not
// the cluster's, and is left alone; so a note is on disk before its file is made, and goes after it.
//
// Blocks on the disk. load() before anything else; after it, one thread at a time, but for the names of
// paths.
#pragma once

#include <map>
#include <string>

#include "agent/base/result.h"

namespace murmel::service {

class CatalogFiles {
 public:
  using Notes = std::map<std::string, std::string>;  // name -> id

  CatalogFiles(std::string folder, const std::string& data_dir);

  // Makes the folder, and reads what is noted. Says in the log what can't be done.
  const Notes& load();
  std::string path_of(const std::string& name) const;
  // The name that the file of a dropped database gets.
  std::string away_path_of(const std::string& name, const std::string& id) const;
  // kConflict: something is at the place of this database.
  Status place_is_free(const std::string& name) const;
  // Notes a database that is about to be made. kConflict as above; kFull, kIo.
  Status note(const std::string& name, const std::string& id);
  // It was not made.
  Status forget(const std::string& name);
  // Removes the files of a closed database, or renames them. Stays noted if that fails: kIo.
  Status put_away(const std::string& name, const std::string& id, bool delete_files);

 private:
  Status save() const;

  std::string folder_;
  std::string file_;
  Notes notes_;
};

}  // namespace murmel::service
