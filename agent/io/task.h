// Task: something to run once, later. Like std::function<void()>, but what it captures may be move-only, as
// values handed from one thread to another are. Must not throw when run.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace murmel::io {

class Task {
 public:
  Task() = default;
  template <typename F>
  requires(std::invocable<F&> && !std::same_as<std::remove_cvref_t<F>, Task>)
      Task(F&& run)  // NOLINT: implicit by design
      : held_(std::make_unique<Held<std::remove_cvref_t<F>>>(std::forward<F>(run))) {}

  explicit operator bool() const { return held_ != nullptr; }
  void operator()() { held_->run(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <typename F>
  struct Held final : Base {
    explicit Held(F&& f) : call(std::move(f)) {}
    explicit Held(const F& f) : call(f) {}
    void run() override { call(); }
    F call;
  };
  std::unique_ptr<Base> held_;
};

}  // namespace murmel::io
