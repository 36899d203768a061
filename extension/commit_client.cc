#include "extension/commit_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

namespace murmel::extension {
namespace {

constexpr std::size_t kAnswerBytesMax = 128 << 10;
constexpr int kConnectAgainMs = 2;  // while the agent's queue of connections is full

// Waits for the socket, or for a signal. False: the deadline has passed.
bool wait_for(int socket, short events, std::int64_t deadline_ms) {
  const std::int64_t left = deadline_ms - monotonic_ms();
  if (left <= 0) return false;
  pollfd one{socket, events, 0};
  poll(&one, 1, static_cast<int>(left < 60'000 ? left : 60'000));
  return true;
}

// Takes numbers and texts off an answer; `ok` stays false once something was missing.
class AnswerReader {
 public:
  AnswerReader(const std::uint8_t* bytes, std::size_t n) : at_(bytes), end_(bytes + n) {}

  template <typename T>
  T number() {
    T value{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof value) {
      ok_ = false;
      at_ = end_;
      return value;
    }
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  // Cut to the room there is.
  void text(char* out, std::size_t room) {
    const auto n = number<std::uint32_t>();
    if (n > static_cast<std::size_t>(end_ - at_)) ok_ = false;
    if (!ok_) return;
    const std::size_t kept = n < room - 1 ? n : room - 1;
    std::memcpy(out, at_, kept);
    out[kept] = 0;
    at_ += n;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

bool parse_named(const Vec<std::uint8_t>& bytes, LogPosition& slot) {
  AnswerReader reader(bytes.data(), bytes.size());
  if (reader.number<std::uint8_t>() != commit_socket::kNamed) return false;
  LogPosition named;
  named.origin = reader.number<std::uint32_t>();
  named.seq = reader.number<std::int64_t>();
  if (!reader.ok() || !reader.at_end() || named.seq <= 0) return false;
  slot = named;
  return true;
}

bool parse(const Vec<std::uint8_t>& bytes, CommitAnswer& answer) {
  AnswerReader reader(bytes.data(), bytes.size());
  const auto kind = reader.number<std::uint8_t>();
  answer.outcome = reader.number<std::uint8_t>();
  answer.slot.origin = reader.number<std::uint32_t>();
  answer.slot.seq = reader.number<std::int64_t>();
  answer.hlc = reader.number<std::int64_t>();
  reader.text(answer.text, sizeof answer.text);
  const auto count = reader.number<std::uint32_t>();
  if (!reader.ok() || kind != commit_socket::kAnswer || answer.outcome > commit_socket::kAborted)
    return false;
  if (count > commit_socket::kPositionsMax) return false;
  for (std::uint32_t i = 0; i < count && reader.ok(); i++) {
    LogPosition position;
    position.origin = reader.number<std::uint32_t>();
    position.seq = reader.number<std::int64_t>();
    if (!answer.positions.push(position)) return false;
  }
  return reader.ok() && reader.at_end();
}

}  // namespace

std::int64_t monotonic_ms() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

CommitClient::Result CommitClient::ask(const char* path, const std::uint8_t* frame, std::size_t n,
                                       std::int64_t deadline_ms, CommitAnswer& answer) noexcept {
  answer.outcome = commit_socket::kUnknown;
  answer.slot = {};
  answer.text[0] = 0;
  answer.positions.clear();
  if (!still_connected(path) && !connect_to(path, deadline_ms, answer)) return Result::kAway;
  if (!send_all(frame, n, deadline_ms)) {
    std::snprintf(answer.text, sizeof answer.text, "the agent at %s does not take the question", path);
    disconnect();
    return Result::kAway;
  }
  if (read_answer(deadline_ms, answer)) return Result::kAnswered;
  disconnect();
  return Result::kLost;
}

// The agent says nothing unasked, so anything that can be read is the end of the connection, or nonsense.
bool CommitClient::still_connected(const char* path) const noexcept {
  if (socket_ < 0 || pid_ != getpid() || path_.c_str() == nullptr) return false;
  if (std::strcmp(path, path_.c_str()) != 0) return false;
  pollfd one{socket_, POLLIN, 0};
  return poll(&one, 1, 0) == 0;
}

bool CommitClient::connect_to(const char* path, std::int64_t deadline_ms, CommitAnswer& answer) noexcept {
  disconnect();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  int error = ENAMETOOLONG;
  if (length < sizeof address.sun_path && path_.assign(path, length)) {
    std::memcpy(address.sun_path, path, length + 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    error = socket_ < 0 ? errno : EAGAIN;
  }
  pid_ = getpid();
  while (socket_ >= 0) {
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    error = errno;
    if ((error != EAGAIN && error != EINTR) || monotonic_ms() >= deadline_ms) break;
    poll(nullptr, 0, kConnectAgainMs);
  }
  const char* why = error == ENOENT ? "no such socket" : "can't connect";
  if (error == ECONNREFUSED) why = "nobody listens";
  std::snprintf(answer.text, sizeof answer.text, "the agent is not there (%s: %s)", path, why);
  disconnect();
  return false;
}

bool CommitClient::send_all(const std::uint8_t* bytes, std::size_t n, std::int64_t deadline_ms) noexcept {
  while (n > 0) {
    const ssize_t sent = send(socket_, bytes, n, MSG_NOSIGNAL);
    if (sent > 0) {
      bytes += sent;
      n -= static_cast<std::size_t>(sent);
      continue;
    }
    const bool full = errno == EAGAIN || errno == EINTR;
    if (!full || !wait_for(socket_, POLLOUT, deadline_ms)) return false;
  }
  return true;
}

// Into received_. False: the end, an error or the deadline; errno is ETIMEDOUT for the last.
bool CommitClient::receive(std::size_t n, std::int64_t deadline_ms) noexcept {
  received_.clear();
  std::uint8_t part[1024];
  while (received_.size() < n) {
    const std::size_t missing = n - received_.size();
    const ssize_t got = recv(socket_, part, missing < sizeof part ? missing : sizeof part, 0);
    if (got > 0) {
      if (!received_.append(part, static_cast<std::size_t>(got))) return false;
    } else if (got == 0) {
      errno = ECONNRESET;
      return false;
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (!wait_for(socket_, POLLIN, deadline_ms)) {
      errno = ETIMEDOUT;
      return false;
    }
  }
  return true;
}

// Into received_; one that is too long is left empty.
bool CommitClient::receive_frame(std::int64_t deadline_ms) noexcept {
  std::uint32_t size = 0;
  if (!receive(sizeof size, deadline_ms)) return false;
  std::memcpy(&size, received_.data(), sizeof size);
  received_.clear();
  return size > kAnswerBytesMax || receive(size, deadline_ms);
}

bool CommitClient::read_answer(std::int64_t deadline_ms, CommitAnswer& answer) noexcept {
  LogPosition named;
  bool received = receive_frame(deadline_ms);
  if (received && parse_named(received_, named)) received = receive_frame(deadline_ms);
  if (received && parse(received_, answer)) {
    if (answer.outcome == commit_socket::kUnknown && answer.slot.seq == 0) answer.slot = named;
    return true;
  }
  answer.outcome = commit_socket::kUnknown;
  answer.slot = named;
  const char* why = "the agent's answer can't be understood";
  if (!received) why = errno == ETIMEDOUT ? "no answer in time" : "the agent went away";
  std::snprintf(answer.text, sizeof answer.text, "%s", why);
  return false;
}

void CommitClient::disconnect() noexcept {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace murmel::extension
