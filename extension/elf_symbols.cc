#include "extension/elf_symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstring>

namespace murmel::extension {

ElfSymbols::ElfSymbols(const char* path, std::uintptr_t load_bias) noexcept : bias_(load_bias) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct stat info {};
  if (fstat(file, &info) == 0 && info.st_size >= static_cast<off_t>(sizeof(Elf64_Ehdr))) {
    void* map = mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    if (map != MAP_FAILED) {
      file_ = static_cast<const std::uint8_t*>(map);
      size_ = static_cast<std::size_t>(info.st_size);
    }
  }
  close(file);
  if (file_ == nullptr) return;

  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(file_);
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
      header->e_shentsize != sizeof(Elf64_Shdr) ||
      !inside(header->e_shoff, std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr))) {
    return;
  }
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(file_ + header->e_shoff);
  for (std::size_t i = 0; i < header->e_shnum; i++) {
    const Elf64_Shdr& section = sections[i];
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= header->e_shnum) continue;
    const Elf64_Shdr& strings = sections[section.sh_link];
    if (!inside(section.sh_offset, section.sh_size) || !inside(strings.sh_offset, strings.sh_size)) continue;
    symbols_ = file_ + section.sh_offset;
    symbol_count_ = section.sh_size / sizeof(Elf64_Sym);
    names_ = reinterpret_cast<const char*>(file_ + strings.sh_offset);
    names_size_ = strings.sh_size;
  }
}

ElfSymbols::~ElfSymbols() {
  if (file_ != nullptr) munmap(const_cast<std::uint8_t*>(file_), size_);
}

void* ElfSymbols::find(const char* name) const noexcept {
  const std::size_t length = std::strlen(name) + 1;
  const auto* symbols = static_cast<const Elf64_Sym*>(symbols_);
  for (std::size_t i = 0; i < symbol_count_; i++) {
    const Elf64_Sym& symbol = symbols[i];
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    if (symbol.st_name >= names_size_ || names_size_ - symbol.st_name < length) continue;
    if (std::memcmp(names_ + symbol.st_name, name, length) != 0) continue;
    return reinterpret_cast<void*>(bias_ + symbol.st_value);  // NOLINT(performance-no-int-to-ptr)
  }
  return nullptr;
}

}  // namespace murmel::extension
