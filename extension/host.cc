#ifdef SQLITE_CORE
#define SQLITE_ENABLE_PREUPDATE_HOOK
#define SQLITE_ENABLE_SESSION
#endif
#include "extension/host.h"

#ifndef SQLITE_CORE
#include <dlfcn.h>
#include <link.h>

#include "extension/elf_symbols.h"
#endif

namespace murmel::extension {
namespace {

#ifdef SQLITE_CORE

Host find() {
  Host host;
  host.preupdate_hook = sqlite3_preupdate_hook;
  host.preupdate_old = sqlite3_preupdate_old;
  host.preupdate_new = sqlite3_preupdate_new;
  host.preupdate_count = sqlite3_preupdate_count;
  host.preupdate_blobwrite = sqlite3_preupdate_blobwrite;
  host.session_create = sqlite3session_create;
  host.session_delete = sqlite3session_delete;
  host.session_table_filter = sqlite3session_table_filter;
  host.found_by = "linked";
  return host;
}

#else

// One resolver per way of finding a symbol in the object that owns the connection's functions.
struct Symbols {
  void* object = nullptr;  // dlopen handle, or nullptr to read .symtab
  const void* base = nullptr;
  const ElfSymbols* elf = nullptr;

  void* find(const char* name) const {
    if (elf != nullptr) return elf->find(name);
    void* symbol = dlsym(object, name);
    Dl_info owner{};
    // dlsym also searches the dependencies of the object: another SQLite's function won't do.
    if (symbol == nullptr || dladdr(symbol, &owner) == 0 || owner.dli_fbase != base) return nullptr;
    return symbol;
  }
  template <typename F>
  void set(F& function, const char* name) const {
    function = reinterpret_cast<F>(find(name));
  }
};

void resolve(const Symbols& symbols, Host& host) {
  symbols.set(host.preupdate_hook, "sqlite3_preupdate_hook");
  symbols.set(host.preupdate_old, "sqlite3_preupdate_old");
  symbols.set(host.preupdate_new, "sqlite3_preupdate_new");
  symbols.set(host.preupdate_count, "sqlite3_preupdate_count");
  symbols.set(host.preupdate_blobwrite, "sqlite3_preupdate_blobwrite");
  symbols.set(host.session_create, "sqlite3session_create");
  symbols.set(host.session_delete, "sqlite3session_delete");
  symbols.set(host.session_table_filter, "sqlite3session_table_filter");
  const bool complete = host.preupdate_hook != nullptr && host.preupdate_old != nullptr &&
                        host.preupdate_new != nullptr && host.preupdate_count != nullptr;
  if (!complete) host.preupdate_hook = nullptr;
  if (host.session_delete == nullptr || host.session_table_filter == nullptr) host.session_create = nullptr;
}

Host find() {
  Host host;
  if (sqlite3_compileoption_used("ENABLE_PREUPDATE_HOOK") == 0) return host;
  auto* const commit_hook = reinterpret_cast<void*>(sqlite3_api->commit_hook);
  Dl_info owner{};
  link_map* map = nullptr;
  if (dladdr1(commit_hook, &owner, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 || map == nullptr) {
    return host;
  }
  // The main program has an empty l_name; dlopen(nullptr) stands for it.
  const char* path = map->l_name != nullptr && map->l_name[0] != 0 ? map->l_name : nullptr;
  void* object = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
  if (object != nullptr) {
    resolve(Symbols{object, owner.dli_fbase, nullptr}, host);
    dlclose(object);
    if (host.has_preupdate()) {
      host.found_by = "dlsym";
      return host;
    }
  }
  ElfSymbols elf(path == nullptr ? "/proc/self/exe" : path, map->l_addr);
  // Only a table in which sqlite3_commit_hook is the connection's own function can be believed.
  if (elf.find("sqlite3_commit_hook") != commit_hook) return host;
  resolve(Symbols{nullptr, owner.dli_fbase, &elf}, host);
  if (host.has_preupdate()) host.found_by = "symtab";
  return host;
}

#endif

}  // namespace

Host find_host() noexcept {
  return find();
}

}  // namespace murmel::extension
