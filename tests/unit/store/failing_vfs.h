// A disk that fails when told to: a SQLite VFS in front of the default one. While it is installed, the n-th
// write from now, and all after it, fail with a chosen code until heal(); so do all syncs.
#pragma once

namespace murmel::store::test {

class FailingVfs {
 public:
  FailingVfs();
  ~FailingVfs();
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;

  static void fail_after(int writes, int code);
  static void fail_syncs(int code);
  static void heal();
};

}  // namespace murmel::store::test
