// Result<T>: a value or an Error. Expected failures travel as values; nothing here throws.
// An Error has a code for programs and a sentence for people that says what to do. Where others than our own
// programs and people are told, Result<T, E> has an error of its own.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "agent/base/check.h"

namespace murmel {

// Codes are stable: they appear in JSON output and in metrics labels.
enum class ErrorCode {
  kInvalid,      // the input is wrong; trying again gives the same answer
  kNotFound,     // what was asked for is not here
  kRefused,      // policy or identity says no
  kBusy,         // try again later
  kFull,         // disk or a named limit is full
  kCorrupt,      // bytes are not what they claim to be
  kUnavailable,  // a peer, or the agent, can't be reached
  kTimeout,
  kIo,        // the operating system or SQLite reported a failure
  kConflict,  // somebody else changed it first
  kInternal,
};

// Stable lower-case name of a code, for logs and JSON.
const char* error_code_name(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code;
  std::string message;
};

template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    INVARIANT(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    INVARIANT(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    INVARIANT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const {
    INVARIANT(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

struct Ok {};
using Status = Result<Ok>;

}  // namespace murmel

// Returns the error of `expression` (a Result) from the enclosing function, if it is one.
#define TRY(expression)                                \
  do {                                                 \
    auto try_result_ = (expression);                   \
    if (!try_result_.ok()) return try_result_.error(); \
  } while (false)

#define MURMEL_CONCAT_(a, b) a##b
#define MURMEL_CONCAT(a, b) MURMEL_CONCAT_(a, b)
// TRY_ASSIGN(auto x, f()): x is the value, or the enclosing function returns the error.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_(MURMEL_CONCAT(try_, __LINE__), declaration, expression)
#define TRY_ASSIGN_(name, declaration, expression) \
  auto name = (expression);                        \
  if (!name.ok()) return name.error();             \
  declaration = std::move(name).value()
