// MySQL's static privileges: their words, and at which level each can be granted (dev.mysql.com, "Privileges
// Provided by MySQL"). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace murmel::accounts {

// In the order in which SHOW GRANTS lists them; kGrantOption is shown apart.
enum class Privilege : std::uint8_t {
  kSelect,
  kInsert,
  kUpdate,
  kDelete,
  kCreate,
  kDrop,
  kReload,
  kShutdown,
  kProcess,
  kFile,
  kReferences,
  kIndex,
  kAlter,
  kShowDatabases,
  kSuper,
  kCreateTemporaryTables,
  kLockTables,
  kExecute,
  kReplicationSlave,
  kReplicationClient,
  kCreateView,
  kShowView,
  kCreateRoutine,
  kAlterRoutine,
  kCreateUser,
  kEvent,
  kTrigger,
  kCreateTablespace,
  kGrantOption,
};
inline constexpr int kPrivileges = static_cast<int>(Privilege::kGrantOption) + 1;

class PrivilegeSet {
 public:
  constexpr PrivilegeSet() = default;
  constexpr PrivilegeSet(Privilege one) : bits_(1U << static_cast<unsigned>(one)) {}  // NOLINT: implicit

  constexpr bool has(Privilege one) const { return (*this & one) == PrivilegeSet(one); }
  constexpr bool has_all(PrivilegeSet others) const { return (*this & others) == others; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr PrivilegeSet without(PrivilegeSet others) const { return PrivilegeSet(bits_ & ~others.bits_); }
  constexpr PrivilegeSet operator|(PrivilegeSet other) const { return PrivilegeSet(bits_ | other.bits_); }
  constexpr PrivilegeSet operator&(PrivilegeSet other) const { return PrivilegeSet(bits_ & other.bits_); }
  PrivilegeSet& operator|=(PrivilegeSet other) { return *this = *this | other; }
  constexpr bool operator==(const PrivilegeSet&) const = default;

 private:
  constexpr explicit PrivilegeSet(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

enum class Level { kGlobal, kDatabase, kTable };

// All that can be granted at this level, GRANT OPTION included.
PrivilegeSet grantable(Level level);

const char* privilege_name(Privilege privilege);  // upper case
// Upper case; nullopt: none of these. "ALL PRIVILEGES" and "USAGE" are none.
std::optional<Privilege> privilege_named(std::string_view name);
// "SELECT, INSERT", without GRANT OPTION; "USAGE" if there is none; "ALL PRIVILEGES" for all of a database's
// or table's (not of the global ones, as in MySQL 8).
std::string privilege_list(PrivilegeSet set, Level level);

}  // namespace murmel::accounts
