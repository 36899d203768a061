// The hooks of one connection, in good company with the application's.
//
// What was set before us is called after us. What the application sets later:
//   commit hook     replaces ours, which is only a guard; the change counter in the records is the next one
//   trace           replaces ours, which tells that a statement is about to change the schema: such changes
//                   without rows are logged by the agent then, after their commit
//   session         SQLite keeps sessions in a list behind one preupdate hook. We are in that list ourselves,
//   as a
//                   session that records nothing but whose table filter is asked about every row of main, so
//                   that none is missed; then our hook is set again in front of the sessions
//   preupdate hook  replaces ours. Our update hook notices at the first row and sets ours again in front of
//   it;
//                   an inserted row can still be read then, after another change the transaction has to fail
//                   once. Where the update hook was replaced too, the commit hook refuses rows that we did
//                   not see
// Belongs to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/hook_slots.h"

namespace murmel::extension {

class Connection;

class Hooks {
 public:
  Hooks(Connection& connection, const Host& host, const HookSlots& slots)
      : connection_(connection), host_(host), slots_(slots) {}
  ~Hooks();
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  // Preupdate hook (if `capture`) and commit hook; expires statements that were prepared before.
  int install(bool capture, Fault& fault) noexcept;
  // A preupdate hook of somebody else is in our place. Sets ours again in front of it.
  bool displaced() const noexcept;
  void take_place_again() noexcept;

  // While this lives SQLite does not tell us of statements: of our own it would copy the text each time.
  class TraceOff {
   public:
    explicit TraceOff(Hooks& hooks) noexcept;
    ~TraceOff();
    TraceOff(const TraceOff&) = delete;
    TraceOff& operator=(const TraceOff&) = delete;

   private:
    Hooks* hooks_;                   // null: there is nothing to switch off
    unsigned char* mask_ = nullptr;  // null: to be switched on by SQLite's function
  };

 private:
  static void on_row(void* argument, sqlite3* db, int operation, const char* schema, const char* table,
                     sqlite3_int64 rowid, sqlite3_int64 new_rowid) noexcept;
  static int on_session_row(void* hooks, const char* table) noexcept;
  static int on_commit(void* hooks) noexcept;
  static int on_statement(unsigned event, void* hooks, void* statement, void* sql) noexcept;
  static void on_update(void* hooks, int operation, const char* schema, const char* table,
                        sqlite3_int64 rowid) noexcept;
  bool in_front() const noexcept;
  void set_trace() noexcept;
  void set_preupdate() noexcept;
  void join_sessions() noexcept;

  Connection& connection_;
  const Host& host_;
  const HookSlots& slots_;
  sqlite3_session* session_ = nullptr;  // ours, in the list of the main database's sessions
  bool registered_ = false;
  bool installed_ = false;
  bool passing_on_ = false;  // the row has been captured, sessions are getting it
  Hook next_preupdate_;
  Hook next_commit_;
  Hook next_update_;
  // Argument of the preupdate hook where sessions can't be joined: sqlite3session_create() reads the argument
  // of the hook before it as a session; all zero it is one that is switched off and the last of the list.
  unsigned char no_session_[256] = {};
};

}  // namespace murmel::extension
