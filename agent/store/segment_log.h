// SegmentLog: frames of bytes that are on stable storage when append() returns: one write and one fdatasync
// of a file that has its size already, so nothing but the frame has to reach the disk.
//
//   folder/0000000000000007.log      header | frame | frame | ... | what an earlier use has left
//   folder/0000000000000008.log      header | frame: the owner's state | frame | ...      the current one
//   folder/spare                     a segment whose frames nobody needs any more, to be written over
//
//   header   magic, number, number and end of the segment before, salt, hash of these
//   frame    u32 length, u32 check of it, u64 XXH3 of the bytes (seed: salt and offset), bytes, to 8 bytes
//
// A salt is random, so neither what an earlier use has left nor what a client has put into its rows is ever
// taken for a frame. After a crash the last segment may end in a frame that was never acknowledged: it is
// left out, and the next append() wants a new segment. Anything else that is missing is damage: a segment
// knows where the one before it ends, and behind a frame that was not finished there can be no whole one.
//
// Belongs to one thread at a time; of the folder there is one writer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"

namespace murmel::store {

class SegmentLog {
 public:
  using Number = std::uint64_t;
  struct Options {
    bool sync = true;  // false: survives the end of the process, not a power failure
    std::int64_t segment_bytes = 16 << 20;
    std::function<int(int)> fdatasync;  // for tests; empty: the system's
  };
  using OnFrame = std::function<Status(Number segment, ByteView frame)>;

  // Makes the folder if there is none; `each` gets every frame in the order of writing. Changes nothing.
  // Errors: kCorrupt, kRefused (written by a newer release), kIo.
  static Result<SegmentLog> open(std::string folder, Options options, const OnFrame& each);
  SegmentLog(SegmentLog&& other) noexcept;
  SegmentLog& operator=(SegmentLog&&) = delete;
  ~SegmentLog();

  // The frames of a segment again.
  Status read(Number segment, const OnFrame& each) const;

  // The next append() has to be preceded by begin(): no segment was begun since open(), or it is full.
  bool wants_segment() const { return fd_ < 0 || end_ >= options_.segment_bytes; }
  // Begins a segment with this frame. After an error the one before is still the current one.
  Status begin(ByteView frame);
  // A buffer to append the next frame's bytes to.
  std::string& frame();
  // Writes what frame() has, which last_frame() is then. Errors: kFull (may be tried again), kIo (nothing is
  // certain about this frame).
  Status append();
  ByteView last_frame() const;
  // A segment but the current one: its frames are gone, at the latest after the next begin().
  Status remove(Number segment);

  struct Segment {
    Number number;
    std::int64_t end;  // of its last frame
  };
  const std::vector<Segment>& segments() const { return segments_; }  // oldest first

 private:
  struct Header;
  struct Contents;
  SegmentLog(std::string folder, Options options)
      : folder_(std::move(folder)), options_(std::move(options)) {}
  std::string path_of(Number number) const;
  Result<std::vector<Number>> list() const;
  Status scan(const OnFrame& each);
  Result<Contents> load(Number number) const;
  Result<std::int64_t> read_frames(const Contents& contents, const OnFrame& each) const;
  Result<int> make(const std::string& path) const;
  Status write_at(int fd, std::int64_t at, std::uint64_t salt, std::string& buffer) const;
  Status sync(int fd) const;
  Status sync_folder() const;

  std::string folder_;
  Options options_;
  std::vector<Segment> segments_;
  Number last_number_ = 0;
  int fd_ = -1;  // of the current segment
  std::uint64_t salt_ = 0;
  std::int64_t end_ = 0;
  std::string buffer_;
};

}  // namespace murmel::store
