#include "agent/store/segment_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

namespace murmel::store {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian");

constexpr std::uint64_t kMagic = 0x314c4d52554d'0a0dULL;
constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kSuffix = ".log";
constexpr char kSpare[] = "/spare";
constexpr std::size_t kAlignment = 8;
constexpr std::size_t kFrameBytesMax = std::size_t{1} << 31;

struct FrameHead {
  std::uint32_t length;
  std::uint32_t check;
  std::uint64_t hash;
};

std::uint64_t seed_of(std::uint64_t salt, std::int64_t at) {
  return salt ^ (static_cast<std::uint64_t>(at) * 0x9e3779b97f4a7c15ULL);
}

FrameHead head_of(std::uint64_t salt, std::int64_t at, std::string_view bytes) {
  const auto length = static_cast<std::uint32_t>(bytes.size());
  const std::uint64_t seed = seed_of(salt, at);
  return {length, static_cast<std::uint32_t>(XXH3_64bits_withSeed(&length, sizeof length, seed)),
          XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed)};
}

std::int64_t aligned(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + kAlignment - 1) / kAlignment * kAlignment);
}

Error system_error(const std::string& what) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return {full ? ErrorCode::kFull : ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(errno))};
}

std::uint64_t random_salt() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace

struct SegmentLog::Header {
  std::uint64_t magic = kMagic;
  std::uint64_t format = kFormat;
  std::uint64_t number = 0;
  std::uint64_t previous = 0;
  std::int64_t previous_end = 0;
  std::uint64_t salt = 0;
  std::uint64_t hash = 0;

  std::uint64_t expected_hash() const { return XXH3_64bits(this, offsetof(Header, hash)); }
  bool is_whole() const { return magic == kMagic && hash == expected_hash(); }
};

// A segment, mapped.
struct SegmentLog::Contents {
  Contents() = default;
  Contents(Contents&& other) noexcept : header(other.header), bytes(std::exchange(other.bytes, {})) {}
  Contents& operator=(Contents&&) = delete;
  ~Contents() {
    if (!bytes.empty()) ::munmap(const_cast<char*>(bytes.data()), bytes.size());
  }

  Header header;
  std::string_view bytes;

  bool begun(Number number) const { return header.is_whole() && header.number == number; }
  // The frame at this place; nothing if there is no whole one.
  std::optional<std::string_view> frame_at(std::int64_t at) const {
    FrameHead head{};
    const auto from = static_cast<std::size_t>(at);
    if (from + sizeof head > bytes.size()) return std::nullopt;
    std::memcpy(&head, bytes.data() + from, sizeof head);
    const std::string_view rest = bytes.substr(from + sizeof head);
    const auto check = XXH3_64bits_withSeed(&head.length, sizeof head.length, seed_of(header.salt, at));
    if (head.check != static_cast<std::uint32_t>(check) || head.length > rest.size()) return std::nullopt;
    const std::string_view frame = rest.substr(0, head.length);
    if (head.hash != head_of(header.salt, at, frame).hash) return std::nullopt;
    return frame;
  }
  bool has_frame_after(std::int64_t at) const {
    for (auto next = at; static_cast<std::size_t>(next) < bytes.size(); next += kAlignment) {
      if (frame_at(next)) return true;
    }
    return false;
  }
};

SegmentLog::SegmentLog(SegmentLog&& other) noexcept
    : folder_(std::move(other.folder_)),
      options_(std::move(other.options_)),
      segments_(std::move(other.segments_)),
      last_number_(other.last_number_),
      fd_(std::exchange(other.fd_, -1)),
      salt_(other.salt_),
      end_(other.end_),
      buffer_(std::move(other.buffer_)) {}

SegmentLog::~SegmentLog() {
  if (fd_ >= 0) ::close(fd_);
}

// --- reading ----------------------------------------------------------------------------------------------

Result<SegmentLog> SegmentLog::open(std::string folder, Options options, const OnFrame& each) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error("can't make " + folder);
  SegmentLog log(std::move(folder), std::move(options));
  TRY(log.scan(each));
  return log;
}

std::string SegmentLog::path_of(Number number) const {
  return fmt::format("{}/{:016x}{}", folder_, number, kSuffix);
}

Result<std::vector<SegmentLog::Number>> SegmentLog::list() const {
  std::vector<Number> numbers;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(folder_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    Number number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number, 16);
    if (parsed.ec == std::errc() && std::string_view(parsed.ptr) == kSuffix) numbers.push_back(number);
  }
  if (error) return Error{ErrorCode::kIo, fmt::format("can't list {}: {}", folder_, error.message())};
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<SegmentLog::Contents> SegmentLog::load(Number number) const {
  Contents contents;
  const std::string path = path_of(number);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const Error error = system_error("can't read " + path);
    if (fd >= 0) ::close(fd);
    return error;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const bytes = size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0) : nullptr;
  const Error error = system_error("can't map " + path);
  ::close(fd);
  if (bytes == MAP_FAILED) return error;
  contents.bytes = {static_cast<const char*>(bytes), size};
  if (size >= sizeof(Header)) {
    std::memcpy(&contents.header, contents.bytes.data(), sizeof(Header));
  }
  return contents;
}

// Where the frames end.
Result<std::int64_t> SegmentLog::read_frames(const Contents& contents, const OnFrame& each) const {
  std::int64_t at = sizeof(Header);
  for (;;) {
    const auto frame = contents.frame_at(at);
    if (!frame) return at;
    TRY(each(contents.header.number, as_bytes(*frame)));
    at += aligned(sizeof(FrameHead) + frame->size());
  }
}

// A last segment without a whole header was being begun in a crash: nothing in it was acknowledged.
Status SegmentLog::scan(const OnFrame& each) {
  TRY_ASSIGN(const std::vector<Number> numbers, list());
  for (const Number number : numbers) {
    const bool last = number == numbers.back();
    TRY_ASSIGN(const Contents contents, load(number));
    const auto damaged = [&](std::string_view how) {
      return Error{ErrorCode::kCorrupt, fmt::format("{} is damaged: {}", path_of(number), how)};
    };
    if (!contents.begun(number)) {
      if (last) break;
      return damaged("its header can't be read");
    }
    const Header& header = contents.header;
    if (header.format > kFormat) {
      return Error{ErrorCode::kRefused,
                   fmt::format("{} was written by a newer release (format {}); run that one", path_of(number),
                               header.format)};
    }
    if (!segments_.empty() && segments_.back().number == header.previous &&
        segments_.back().end != header.previous_end) {
      return damaged("the segment before it ends too early");
    }
    TRY_ASSIGN(const std::int64_t end, read_frames(contents, each));
    if (last && options_.sync && contents.has_frame_after(end)) {
      return damaged(fmt::format("what stands at byte {} can't be read", end));
    }
    segments_.push_back({number, end});
    last_number_ = number;
  }
  return Ok{};
}

Status SegmentLog::read(Number segment, const OnFrame& each) const {
  TRY_ASSIGN(const Contents contents, load(segment));
  if (!contents.begun(segment)) return Error{ErrorCode::kCorrupt, path_of(segment) + " is damaged"};
  TRY(read_frames(contents, each));
  return Ok{};
}

// --- writing ----------------------------------------------------------------------------------------------

Status SegmentLog::sync(int fd) const {
  if (!options_.sync) return Ok{};
  int code = 0;
  do {
    code = options_.fdatasync ? options_.fdatasync(fd) : ::fdatasync(fd);
  } while (code != 0 && errno == EINTR);
  if (code == 0) return Ok{};
  return Error{ErrorCode::kIo, fmt::format("{}: fdatasync failed: {}", folder_, std::strerror(errno))};
}

Status SegmentLog::sync_folder() const {
  if (!options_.sync) return Ok{};
  const int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error("can't open " + folder_);
  const int code = ::fsync(fd);
  const Error error = system_error("can't sync " + folder_);
  ::close(fd);
  return code == 0 ? Status(Ok{}) : Status(error);
}

std::string& SegmentLog::frame() {
  buffer_.assign(sizeof(FrameHead), '\0');
  return buffer_;
}

// `buffer`: as frame() has it.
Status SegmentLog::write_at(int fd, std::int64_t at, std::uint64_t salt, std::string& buffer) const {
  if (buffer.size() > kFrameBytesMax) {
    return Error{ErrorCode::kInvalid, fmt::format("{} bytes are too many for one frame", buffer.size())};
  }
  const FrameHead head = head_of(salt, at, std::string_view(buffer).substr(sizeof(FrameHead)));
  std::memcpy(buffer.data(), &head, sizeof head);
  buffer.resize(static_cast<std::size_t>(aligned(buffer.size())));
  for (std::size_t done = 0; done < buffer.size();) {
    const ssize_t written =
        ::pwrite(fd, buffer.data() + done, buffer.size() - done, at + static_cast<std::int64_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("can't write to " + folder_);
    done += static_cast<std::size_t>(written);
  }
  return sync(fd);
}

Status SegmentLog::append() {
  TRY(write_at(fd_, end_, salt_, buffer_));
  end_ += static_cast<std::int64_t>(buffer_.size());
  segments_.back().end = end_;
  return Ok{};
}

ByteView SegmentLog::last_frame() const {
  FrameHead head{};
  std::memcpy(&head, buffer_.data(), sizeof head);
  return as_bytes(std::string_view(buffer_).substr(sizeof head, head.length));
}

// A file of the full size, from the spare one if there is one.
Result<int> SegmentLog::make(const std::string& path) const {
  const bool spare = ::rename((folder_ + kSpare).c_str(), path.c_str()) == 0;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (spare ? 0 : O_TRUNC), 0600);
  if (fd < 0) return system_error("can't make " + path);
  if (!spare && ::fallocate(fd, 0, 0, options_.segment_bytes) != 0 && errno != EOPNOTSUPP) {
    const Error error = system_error("no room for " + path);
    ::close(fd);
    return error;
  }
  return fd;
}

Status SegmentLog::begin(ByteView frame) {
  const Number number = last_number_ + 1;
  const std::string path = path_of(number);
  Header header;
  header.number = number;
  if (!segments_.empty()) {
    header.previous = segments_.back().number;
    header.previous_end = segments_.back().end;
  }
  header.salt = random_salt();
  header.hash = header.expected_hash();
  auto made = make(path);
  Status written = made.ok() ? Status(Ok{}) : Status(made.error());
  if (written.ok()) {
    this->frame().append(as_text(frame));
    written = write_at(*made, sizeof(Header), header.salt, buffer_);
  }
  if (written.ok() && ::pwrite(*made, &header, sizeof header, 0) != ssize_t{sizeof header}) {
    written = system_error("can't write to " + path);
  }
  if (written.ok()) written = sync(*made);
  if (written.ok()) written = sync_folder();
  if (!written.ok()) {
    if (made.ok()) ::close(*made);
    ::unlink(path.c_str());
    return written;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = *made;
  last_number_ = number;
  salt_ = header.salt;
  end_ = static_cast<std::int64_t>(sizeof(Header) + buffer_.size());
  segments_.push_back({number, end_});
  return Ok{};
}

Status SegmentLog::remove(Number segment) {
  const std::string path = path_of(segment);
  const bool spare = ::access((folder_ + kSpare).c_str(), F_OK) != 0;
  const int code = spare ? ::rename(path.c_str(), (folder_ + kSpare).c_str()) : ::unlink(path.c_str());
  if (code != 0 && errno != ENOENT) return system_error("can't remove " + path);
  std::erase_if(segments_, [segment](const Segment& one) { return one.number == segment; });
  return spare ? sync_folder() : Status(Ok{});
}

}  // namespace murmel::store
