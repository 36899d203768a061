// BackOff: pauses that double from one refusal to the next, each of them partly random, so that those who are
// in each other's way come apart.
#pragma once

namespace murmel::extension {

class BackOff {
 public:
  // Of the pause that comes next, at most.
  int next_ms() const { return next_ms_; }
  void pause() noexcept;
  void reset() { next_ms_ = kFirstMs; }

 private:
  static constexpr int kFirstMs = 2;
  static constexpr int kLongestMs = 64;

  int next_ms_ = kFirstMs;
};

}  // namespace murmel::extension
