#include "agent/service/server_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <variant>

namespace murmel::service {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr mode_t kMode = 0640;

mysql::ClientError refused() {
  return {
      1290, "HY000",
      "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement"};
}

mysql::ClientError failed(std::uint16_t number, const char* sentence, const std::string& name) {
  const int code = errno;
  return {number, "HY000", fmt::format(fmt::runtime(sentence), name, code, std::strerror(code))};
}

constexpr char kCantMake[] = "Can't create/write to file '{}' (OS errno {} - {})";
constexpr char kCantWrite[] = "Error writing file '{}' (OS errno {} - {})";
constexpr char kNotFound[] = "File '{}' not found (OS errno {} - {})";
constexpr char kNoAccess[] = "Can't get stat of '{}' (OS errno {} - {})";

std::string real(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> found(::realpath(path.c_str(), nullptr), &::free);
  return found != nullptr ? std::string(found.get()) : std::string();
}

bool is_inside(const std::string& folder, const std::string& path) {
  const std::string place = real(folder);
  return !place.empty() && path.starts_with(place) &&
         (path.size() == place.size() || path[place.size()] == '/');
}

// The folder that `name` is in; a name without one is in the server's own, where clients have none.
std::string folder_of(const std::string& name) {
  if (name.empty() || name[0] != '/') return {};
  return real(name.substr(0, name.rfind('/') + 1));
}

}  // namespace

ServerFile::ServerFile(ServerFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

ServerFile& ServerFile::operator=(ServerFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  return *this;
}

ServerFile::~ServerFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

mysql::Answer<ServerFile> ServerFile::make_nameless(const std::string& folder) {
  std::string name = folder + "/.load-XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return failed(1, kCantMake, name);
  ::unlink(name.c_str());
  return ServerFile(descriptor, {});
}

mysql::Answer<ServerFile> ServerFile::open(const std::string& folder, const std::string& name) {
  const std::string place = folder_of(name);
  if (folder.empty() || place.empty() || !is_inside(folder, place)) return refused();
  const std::string path = real(name);
  if (path.empty()) return failed(29, kNotFound, name);
  if (!is_inside(folder, path)) return refused();
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return failed(13, kNoAccess, name);
  ServerFile file(descriptor, {});
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
    errno = EACCES;
    return failed(13, kNoAccess, name);
  }
  return file;
}

mysql::Answer<ServerFile> ServerFile::make(const std::string& folder, const std::string& name) {
  const std::string place = folder_of(name);
  if (folder.empty() || place.empty() || !is_inside(folder, place)) return refused();
  const std::string path = place + "/" + name.substr(name.rfind('/') + 1);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (descriptor >= 0) return ServerFile(descriptor, path);
  if (errno == EEXIST)
    return mysql::ClientError{1086, "HY000", fmt::format("File '{}' already exists", name)};
  return failed(1, kCantMake, name);
}

mysql::Answer<std::monostate> ServerFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(3, kCantWrite, name_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return std::monostate{};
}

void ServerFile::rewind() {
  ::lseek(descriptor_, 0, SEEK_SET);
}

std::string ServerFile::read() {
  std::string bytes(kReadBytes, '\0');
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

void ServerFile::remove() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

}  // namespace murmel::service
