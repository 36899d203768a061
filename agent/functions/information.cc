// What a session knows about itself, user variables, and sizes in words.
#include <unicode/uvernum.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "agent/functions/groups.h"
#include "agent/functions/names.h"

namespace murmel::functions {
namespace {

void database(const Call& call) {
  std::string name = call.session().database();
  if (!name.empty()) call.result(name);
}

void user(const Call& call) {
  call.result(call.session().user());
}
void current_user(const Call& call) {
  call.result(call.session().current_user());
}
void current_role(const Call& call) {
  call.result("NONE");
}
void version(const Call& call) {
  call.result(call.session().version());
}
void icu_version(const Call& call) {
  call.result(U_ICU_VERSION);
}
void connection_id(const Call& call) {
  call.result(Value::of_unsigned(call.session().connection_id()));
}
void found_rows(const Call& call) {
  call.result(static_cast<int64_t>(call.session().found_rows()));
}
void row_count(const Call& call) {
  call.result(call.session().row_count());
}

// LAST_INSERT_ID(expression) is also remembered.
void last_insert_id(const Call& call) {
  if (!call.has(0)) return call.result(Value::of_unsigned(call.session().last_insert_id()));
  uint64_t id = call.null(0) ? 0 : static_cast<uint64_t>(call.integer(0));
  call.session().set_last_insert_id(id);
  if (!call.null(0)) call.result(Value::of_unsigned(id));
}

bool has_characters(const Call& call) {
  Value value = call.value(0);
  return value.kind == Kind::kText || value.kind == Kind::kJson;
}

void charset(const Call& call) {
  call.result(has_characters(call) ? "utf8mb4" : "binary");
}

void collation(const Call& call) {
  bool json = call.value(0).kind == Kind::kJson;
  call.result(json                   ? "utf8mb4_bin"
              : has_characters(call) ? call.session().collation()
                                     : std::string("binary"));
}

void any_value(const Call& call) {
  call.result(call.value(0));
}
void name_const(const Call& call) {
  call.result(call.value(1));
}

// A user variable is kept as "kind text".
void set_user_variable(const Call& call) {
  Value value = call.value(1);
  std::string encoded =
      value.null() ? std::string() : std::string(name_of(value.kind)) + " " + to_text(value);
  // Bits are kept as the number.
  if (value.kind == Kind::kBit) encoded = "unsigned " + std::to_string(value.bits());
  call.session().set_user_variable(call.text(0), std::move(encoded));
  call.result(value);
}

void user_variable(const Call& call) {
  std::string encoded = call.session().user_variable(call.text(0));
  size_t blank = encoded.find(' ');
  if (blank == std::string::npos) return;
  Kind kind = kind_named(std::string_view(encoded).substr(0, blank));
  std::string text = encoded.substr(blank + 1);
  if (kind == Kind::kText || kind == Kind::kBinary) return call.result(Value::of_text(std::move(text), kind));
  if (kind == Kind::kDouble) return call.result(to_double(Value::of_text(std::move(text)), nullptr));
  call.result(retyped(Value::of_text(std::move(text)), kind));
}

void load_file(const Call& call) {
  if (auto content = call.session().load_file(call.text(0))) call.result_string(std::move(*content), true);
}

struct Scale {
  double size;
  const char* name;
};

std::string scaled(double value, std::span<const Scale> scales, const char* smallest) {
  std::array<char, 48> buffer;
  for (const Scale& scale : scales) {
    if (std::fabs(value) < scale.size) continue;
    double count = value / scale.size;
    std::snprintf(buffer.data(), buffer.size(), std::fabs(count) >= 100000 ? "%4.2e %s" : "%4.2f %s", count,
                  scale.name);
    return buffer.data();
  }
  std::snprintf(buffer.data(), buffer.size(), "%4.0f %s", value, smallest);
  return buffer.data();
}

constexpr Scale kByteScales[] = {{0x1p60, "EiB"}, {0x1p50, "PiB"}, {0x1p40, "TiB"},
                                 {0x1p30, "GiB"}, {0x1p20, "MiB"}, {0x1p10, "KiB"}};
constexpr Scale kTimeScales[] = {{86400e12, "d"}, {3600e12, "h"}, {60e12, "min"}, {1e12, "s"},
                                 {1e9, "ms"},     {1e6, "us"},    {1e3, "ns"}};

void format_bytes(const Call& call) {
  call.result(scaled(call.real(0), kByteScales, "bytes"));
}
void format_pico_time(const Call& call) {
  call.result(scaled(call.real(0), kTimeScales, "ps"));
}

constexpr const char* kInformationGroup = "Session";

constexpr Function kInformationFunctions[] = {
    scalar("database", 0, 0, kPlain, database, kInformationGroup, "the current database, or NULL"),
    scalar("schema", 0, 0, kPlain, database, kInformationGroup, "the current database, or NULL"),
    scalar("user", 0, 0, kPlain, user, kInformationGroup, "name and host of the client"),
    scalar("session_user", 0, 0, kPlain, user, kInformationGroup, "name and host of the client"),
    scalar("system_user", 0, 0, kPlain, user, kInformationGroup, "name and host of the client"),
    scalar("current_user", 0, 0, kPlain, current_user, kInformationGroup, "the account that it has"),
    scalar("current_role", 0, 0, kPlain, current_role, kInformationGroup, "NONE; there are no roles"),
    scalar("version", 0, 0, kPlain, version, kInformationGroup, "version"),
    scalar("icu_version", 0, 0, kPlain, icu_version, kInformationGroup, "version of ICU"),
    scalar("connection_id", 0, 0, kPlain, connection_id, kInformationGroup, "number of the connection"),
    scalar("found_rows", 0, 0, kPlain, found_rows, kInformationGroup,
           "rows of the last SELECT, without its LIMIT"),
    scalar("row_count", 0, 0, kPlain, row_count, kInformationGroup, "rows that the last statement changed"),
    scalar("last_insert_id", 0, 1, kVaries, last_insert_id, kInformationGroup,
           "the last AUTO_INCREMENT value, or one to remember as it"),
    scalar("charset", 1, 1, kPlain, charset, kInformationGroup, "character set of a value"),
    scalar("collation", 1, 1, kPlain, collation, kInformationGroup,
           "collation of a value, as far as it shows"),
    scalar("load_file", 1, 1, kNullIn | kVaries, load_file, kInformationGroup,
           "what is in a file of the server's folder for files; NULL where there is none to be had"),
    scalar("any_value", 1, 1, kPlain, any_value, kInformationGroup, "the argument"),
    scalar("name_const", 2, 2, kPlain, name_const, kInformationGroup, "the second argument"),
    scalar(names::kUserVariable, 1, 1, kVaries, user_variable, kInformationGroup, "`@name`"),
    scalar(names::kSetUserVariable, 2, 2, kVaries, set_user_variable, kInformationGroup, "`@name := value`"),
    scalar("format_bytes", 1, 1, kNullIn, format_bytes, kInformationGroup, "bytes with a unit"),
    scalar("format_pico_time", 1, 1, kNullIn, format_pico_time, kInformationGroup, "picoseconds with a unit"),
};

}  // namespace

std::span<const Function> information_functions() {
  return kInformationFunctions;
}

}  // namespace murmel::functions
