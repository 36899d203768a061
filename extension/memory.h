// Small containers over malloc. The library is loaded into foreign processes and must not need libstdc++ at
// run time, so nothing here throws: what can run out of memory says so by its return value.
// Only for trivially copyable types. Not thread-safe; everything belongs to one connection.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

namespace murmel::extension {

// Growable array. Elements are moved by memcpy; pointers to them die when it grows.
template <typename T>
class Vec {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Vec() = default;
  Vec(const Vec&) = delete;
  Vec& operator=(const Vec&) = delete;
  ~Vec() { std::free(data_); }

  // False when memory ran out; nothing has changed then.
  [[nodiscard]] bool push(const T& value) {
    if (size_ == capacity_ && !grow(size_ + 1)) return false;
    data_[size_++] = value;
    return true;
  }
  [[nodiscard]] bool append(const T* values, std::size_t n) {
    if (size_ + n > capacity_ && !grow(size_ + n)) return false;
    if (n > 0) std::memcpy(data_ + size_, values, n * sizeof(T));
    size_ += n;
    return true;
  }
  void shrink(std::size_t size) {
    if (size < size_) size_ = size;
  }
  void clear() { size_ = 0; }
  void swap(Vec& other) {
    T* data = data_;
    data_ = other.data_;
    other.data_ = data;
    const std::size_t size = size_;
    size_ = other.size_;
    other.size_ = size;
    const std::size_t capacity = capacity_;
    capacity_ = other.capacity_;
    other.capacity_ = capacity;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  bool grow(std::size_t wanted) {
    std::size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    if (capacity < wanted) capacity = wanted;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): elements may be pointers, and then their size is meant
    const std::size_t bytes = capacity * sizeof(T);  // NOLINT(bugprone-sizeof-expression): T may be a pointer
    void* data = std::realloc(static_cast<void*>(data_), bytes);
    if (data == nullptr) return false;
    data_ = static_cast<T*>(data);
    capacity_ = capacity;
    return true;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Owned zero-terminated text. Null when empty-constructed or when memory ran out in assign().
class Text {
 public:
  Text() = default;
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text() { std::free(data_); }

  [[nodiscard]] bool assign(const char* text) {
    return assign(text, text == nullptr ? 0 : std::strlen(text));
  }
  [[nodiscard]] bool assign(const char* text, std::size_t n) {
    std::free(data_);
    data_ = nullptr;
    size_ = 0;
    if (text == nullptr) return true;
    data_ = static_cast<char*>(std::malloc(n + 1));
    if (data_ == nullptr) return false;
    std::memcpy(data_, text, n);
    data_[n] = 0;
    size_ = n;
    return true;
  }
  const char* c_str() const { return data_; }
  char* data() { return data_; }
  std::size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Makes one T with malloc; nullptr when memory ran out. `destroy` ends it.
template <typename T, typename... Args>
[[nodiscard]] T* create(Args&&... args) {
  void* place = std::malloc(sizeof(T));
  if (place == nullptr) return nullptr;
  return ::new (place) T(static_cast<Args&&>(args)...);
}
template <typename T>
void destroy(T* object) {
  if (object == nullptr) return;
  object->~T();
  std::free(static_cast<void*>(object));
}

}  // namespace murmel::extension
