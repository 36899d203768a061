// Looks symbols up in the .symtab of an ELF file that is mapped into this process: functions that a program
// was linked with statically but does not export (node's own SQLite). Reads the file, changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace murmel::extension {

class ElfSymbols {
 public:
  // `load_bias`: what has to be added to the addresses in the file (link_map::l_addr).
  ElfSymbols(const char* path, std::uintptr_t load_bias) noexcept;
  ~ElfSymbols();
  ElfSymbols(const ElfSymbols&) = delete;
  ElfSymbols& operator=(const ElfSymbols&) = delete;

  // Address of the function in this process; nullptr when the file has no symbol table or no such function.
  void* find(const char* name) const noexcept;

 private:
  bool inside(std::uint64_t offset, std::uint64_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }

  const std::uint8_t* file_ = nullptr;
  std::size_t size_ = 0;
  std::uintptr_t bias_;
  const void* symbols_ = nullptr;  // Elf64_Sym array
  std::size_t symbol_count_ = 0;
  const char* names_ = nullptr;
  std::size_t names_size_ = 0;
};

}  // namespace murmel::extension
