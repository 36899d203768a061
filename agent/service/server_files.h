// Files that statements read and write: one that has no name, where a client's file is kept until it has been
// loaded, and those in the folder that the server lets clients have files in (`secure_file_priv`). What is
// read and written in pieces needs no memory for the whole. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/mysql/errors.h"

namespace murmel::service {

class ServerFile {
 public:
  // Without a name, in this folder; gone when it is closed. Errors: 1.
  static mysql::Answer<ServerFile> make_nameless(const std::string& folder);
  // `name`: an absolute path into `folder` (empty: there is none), links followed. Errors: 1290, 29, 13.
  static mysql::Answer<ServerFile> open(const std::string& folder, const std::string& name);
  // One that is not there yet, for writing. Errors: 1290, 1086, 1.
  static mysql::Answer<ServerFile> make(const std::string& folder, const std::string& name);

  ServerFile(ServerFile&& other) noexcept;
  ServerFile& operator=(ServerFile&& other) noexcept;
  ~ServerFile();

  // Errors: 3.
  mysql::Answer<std::monostate> write(std::string_view bytes);
  void rewind();
  // The next bytes; empty: the end, or an error.
  std::string read();
  // What was written is not wanted: the name goes.
  void remove();

 private:
  ServerFile(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  int descriptor_;
  std::string name_;
};

}  // namespace murmel::service
