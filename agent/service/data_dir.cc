#include "agent/service/data_dir.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/service/whole_file.h"

namespace murmel::service {
namespace {

constexpr char kLockFile[] = "lock";
constexpr char kIdentityFile[] = "identity.json";
constexpr int kIdentityFormat = 1;
constexpr std::size_t kIdentityBytesMax = 4096;

Result<Uuid> new_uuid() {
  Uuid uuid;
  if (getrandom(uuid.bytes.data(), uuid.bytes.size(), 0) != static_cast<ssize_t>(uuid.bytes.size())) {
    return system_error("can't read random bytes from the system");
  }
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);  // RFC 4122, version 4
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

Result<std::string> read_small_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_error("can't open " + path);
  std::string text(kIdentityBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// False: errno says why, EWOULDBLOCK after `patience`.
bool lock(int fd, Duration patience) {
  constexpr int kPauseMs = 10;
  for (std::int64_t waited_ms = 0;; waited_ms += kPauseMs) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK || waited_ms >= patience.ms()) return false;
    poll(nullptr, 0, kPauseMs);
  }
}

}  // namespace

NodeId derive_node_id(const Uuid& uuid) {
  NodeId id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8 | uuid.bytes[i];
  id &= kNodeIdMax;
  return id == 0 ? 1 : id;
}

Result<DataDir> DataDir::open(const std::string& path, NodeId node_id, Duration patience) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) {
    return Error{ErrorCode::kIo,
                 fmt::format("can't make the data directory {}: {}", path, failure.message())};
  }
  const std::string absolute = std::filesystem::canonical(path, failure).string();
  if (failure) return Error{ErrorCode::kIo, fmt::format("can't resolve {}: {}", path, failure.message())};

  const std::string lock_path = absolute + "/" + kLockFile;
  const bool fresh = access(lock_path.c_str(), F_OK) != 0;
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("can't open " + lock_path);
  DataDir directory(absolute, fd);  // owns fd from here on
  if (!lock(fd, patience)) {
    if (errno != EWOULDBLOCK) return system_error("can't lock " + lock_path);
    return Error{
        ErrorCode::kRefused,
        fmt::format("another agent already runs on the data directory {}; stop it, or give this one its own "
                    "data_dir",
                    absolute)};
  }
  struct stat file {};
  if (fstat(fd, &file) != 0) return system_error("can't look at " + lock_path);
  TRY(directory.read_or_make_identity(node_id, file.st_ino, fresh));
  return directory;
}

Status DataDir::write_identity(std::uint64_t inode) const {
  const nlohmann::json identity = {
      {"format", kIdentityFormat}, {"uuid", uuid_.to_string()}, {"node_id", node_id_}, {"lock_inode", inode}};
  return write_whole_file(path_ + "/" + kIdentityFile, identity.dump() + "\n", Sync::kYes);
}

Status DataDir::read_or_make_identity(NodeId wanted, std::uint64_t inode, bool fresh) {
  const std::string path = path_ + "/" + kIdentityFile;
  if (access(path.c_str(), F_OK) != 0) {
    TRY_ASSIGN(uuid_, new_uuid());
    node_id_ = wanted != 0 ? wanted : derive_node_id(uuid_);
    return write_identity(inode);
  }
  TRY_ASSIGN(const std::string text, read_small_file(path));
  const auto identity = nlohmann::json::parse(text, nullptr, false);
  const bool good = identity.is_object() && identity.value("format", 0) == kIdentityFormat &&
                    identity.contains("uuid") && identity["uuid"].is_string() &&
                    identity.contains("node_id") && identity["node_id"].is_number_unsigned();
  if (!good) {
    return Error{ErrorCode::kCorrupt,
                 path + " is damaged or of another release; this node's identity can't be read"};
  }
  TRY_ASSIGN(uuid_, Uuid::parse(identity["uuid"].get<std::string>()));
  node_id_ = identity["node_id"].get<NodeId>();
  if (wanted != 0 && wanted != node_id_) {
    return Error{ErrorCode::kRefused,
                 fmt::format("the data directory {} belongs to node {}, but the configuration says node {}",
                             path_, node_id_, wanted)};
  }
  const auto known = identity.value("lock_inode", std::uint64_t{0});  // 0: of an earlier release
  if (known == inode) return Ok{};
  if (known == 0 || fresh) return write_identity(inode);
  return Error{
      ErrorCode::kRefused,
      fmt::format(
          "the data directory {} is a copy. What node {} has promised to others is in the original: use "
          "that, or begin with an empty directory and another node id. If this is the original, moved "
          "with its latest content, delete {}/{}",
          path_, node_id_, path_, kLockFile)};
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(other.lock_fd_), uuid_(other.uuid_), node_id_(other.node_id_) {
  other.lock_fd_ = -1;
}

DataDir::~DataDir() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

}  // namespace murmel::service
