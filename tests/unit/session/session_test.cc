#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <set>

#include "agent/session/describe.h"
#include "agent/session/ids.h"
#include "agent/session/number_ranges.h"
#include "agent/session/show.h"
#include "agent/session/text_rows.h"
#include "agent/session/variables.h"
#include "agent/sql/stored_table.h"

namespace murmel::session {
namespace {

std::string refusal(Variables& variables, std::string_view name, const std::optional<Value>& value) {
  auto done = variables.set(name, value);
  return done.ok() ? "" : std::to_string(done.error().number) + " " + done.error().message;
}

TEST_CASE("wide numbers grow, are as wide as their layout, and differ between places") {
  struct Case {
    Ids::Layout layout;
    int place_at;
    int bits;
  };
  for (const Case& c : {Case{Ids::Layout::kCompact, 6, 53}, Case{Ids::Layout::kExtended, 12, 63}}) {
    Ids one(c.layout);
    Ids two(c.layout);
    const std::int64_t mask = one.places_max() - 1;
    one.set_place({0, 2});
    two.set_place({1, 2});
    std::int64_t last = 0;
    for (int i = 0; i < 1'000; ++i) {
      const std::int64_t next = one.next(1).first;
      CHECK(next > last);
      CHECK((next >> c.place_at & mask) == 0);
      CHECK((two.next(1).first >> c.place_at & mask) == 1);
      last = next;
    }
    CHECK((last >> (c.bits - 8)) > 0);
    CHECK((last >> (c.bits - 1)) == 0);
  }
}

TEST_CASE("the wide numbers of one statement follow each other, and are no other node's") {
  constexpr std::int64_t kNodes = 3;
  std::set<std::int64_t> all;
  std::array<Ids, kNodes> nodes{Ids(Ids::Layout::kCompact), Ids(Ids::Layout::kCompact),
                                Ids(Ids::Layout::kCompact)};
  for (std::size_t i = 0; i < kNodes; ++i) nodes.at(i).set_place({static_cast<std::int64_t>(i), kNodes});
  for (Ids& ids : nodes) {
    std::int64_t last = 0;
    for (const std::int64_t wanted : {1, 2, 64, 1, 63, 1, 65, 1, 512, 512, 1, 3}) {
      const NumberRun run = ids.next(wanted);
      CHECK(run.count == wanted);
      CHECK(run.first > last);
      last = run.first + run.count - 1;
      for (std::int64_t id = run.first; id <= last; ++id) CHECK(all.insert(id).second);
    }
    CHECK(ids.next(2'000).count == 512);
  }
  Ids alone(Ids::Layout::kCompact);
  CHECK(alone.next(5'000).count == 2'048);
}

// What a table has.
NumberRanges::Greatest in_table(const std::set<std::int64_t>& numbers) {
  return [&numbers](const NumberRanges::Range& range) -> std::optional<std::int64_t> {
    const auto after = numbers.upper_bound(range.last);
    if (after == numbers.begin() || *std::prev(after) < range.first) return 0;
    return *std::prev(after);
  };
}

TEST_CASE("narrow numbers are given from a node's own ranges, in order") {
  NumberRanges ranges;
  std::set<std::int64_t> table;
  const auto first = [&](std::int64_t wanted, std::int64_t behind = 0) {
    const auto run = ranges.next(wanted, behind, in_table(table));
    REQUIRE(run.has_value());
    return run->count == wanted ? run->first : -1;
  };
  CHECK(first(1) == -1);
  ranges.set({{1, 8}, {17, 32}}, 0);
  CHECK(ranges.size() == 24);
  CHECK(first(1) == 1);
  CHECK(first(3) == 2);  // another session has not seen what was given
  CHECK(first(6) == 17);
  CHECK(ranges.left() == 10);
  table = {1, 24, 40};  // 24 and 40 by clients
  CHECK(first(1) == 25);
  CHECK(first(9) == -1);
  CHECK(first(1, 29) == 30);
  ranges.forget_given();
  table.clear();  // emptied
  CHECK(first(1) == 1);
  ranges.forget_given();
  ranges.set({{1, 8}, {17, 32}}, 5);
  CHECK(first(1) == 6);
  CHECK(!ranges.next(1, 0, [](const auto&) { return std::nullopt; }).has_value());
}

TEST_CASE("variables take what MySQL takes, and say why not") {
  GlobalVariables globals(GlobalVariables::Values{{"port", "3307"}});
  Variables variables(globals);
  CHECK(variables.number("port") == 3307);
  CHECK(variables.mode().strict);
  CHECK(refusal(variables, "sql_mode", std::string("ansi_quotes,NO_BACKSLASH_ESCAPES")) == "");
  CHECK(variables.text("sql_mode") == "ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
  CHECK_FALSE(variables.mode().only_full_group_by);
  CHECK_FALSE(variables.mode().strict);
  CHECK_FALSE(variables.mode().strict);
  CHECK(variables.mode().ansi_quotes);
  CHECK(refusal(variables, "sql_mode", std::string("NONSENSE")) ==
        "1231 Variable 'sql_mode' can't be set to the value of 'NONSENSE'");
  CHECK(refusal(variables, "lc_time_names", std::string("DE_de")) == "");
  CHECK(variables.text("lc_time_names") == "de_DE");
  CHECK(refusal(variables, "lc_time_names", std::string("nowhere")) == "1649 Unknown locale: 'nowhere'");
  CHECK(refusal(variables, "autocommit", std::string("off")) == "");
  CHECK(variables.number("autocommit") == 0);
  // Flyway puts it back to what it was.
  CHECK(refusal(variables, "sql_safe_updates", std::int64_t{0}) == "");
  CHECK(refusal(variables, "sql_safe_updates", std::int64_t{1}).starts_with("1235 "));
  CHECK(refusal(variables, "version", std::string("9")) == "1238 Variable 'version' is a read only variable");
  CHECK(refusal(variables, "nothing", std::int64_t{1}) == "1193 Unknown system variable 'nothing'");
  CHECK(refusal(variables, "time_zone", std::string("Mars/Olympus")) ==
        "1298 Unknown or incorrect time zone: 'Mars/Olympus'");
  CHECK(refusal(variables, "transaction_isolation", std::string("read committed")) == "");
  CHECK(variables.text("tx_isolation") == "READ-COMMITTED");
  // What mysqldump sets, what MediaWiki looks at before it copies rows.
  CHECK(refusal(variables, "information_schema_stats_expiry", std::int64_t{0}) == "");
  CHECK(variables.number("innodb_autoinc_lock_mode") == 2);
  CHECK(variables.text("binlog_format") == "ROW");
  CHECK_FALSE(variables.set_names("latin1", "").ok());
  variables.reset();
  CHECK(variables.mode().strict);
}

TEST_CASE("a session begins with the global values of that moment") {
  GlobalVariables globals(GlobalVariables::Values{});
  Variables old(globals);
  CHECK(old.set_global("sql_mode", Value(std::string("")), false, true).ok());
  CHECK(old.set_global("local_infile", Value(std::int64_t{1}), false, true).ok());
  CHECK(old.mode().strict);
  CHECK(old.number("local_infile") == 1);  // is only global
  CHECK(refusal(old, "local_infile", std::int64_t{0}) ==
        "1229 Variable 'local_infile' is a GLOBAL variable and should be set with SET GLOBAL");
  Variables fresh(globals);
  CHECK_FALSE(fresh.mode().strict);
  CHECK(refusal(old, "sql_mode", std::nullopt) == "");  // DEFAULT: the global value
  CHECK(old.text("sql_mode").empty());
  CHECK(old.set_global("sql_mode", std::nullopt, false, true).ok());
  CHECK(Variables(globals).mode().strict);
}

TEST_CASE("both names of a variable are one, also of what a session begins with") {
  GlobalVariables globals(GlobalVariables::Values{{"transaction_isolation", "READ-COMMITTED"}});
  Variables variables(globals);
  CHECK(variables.text("transaction_isolation") == "READ-COMMITTED");
  CHECK(variables.text("tx_isolation") == "READ-COMMITTED");
  CHECK(refusal(variables, "tx_isolation", std::string("serializable")) == "");
  CHECK(variables.text("transaction_isolation") == "SERIALIZABLE");
}

TEST_CASE("translations hold until something changes that translation goes by") {
  GlobalVariables globals(GlobalVariables::Values{});
  Variables variables(globals);
  const std::uint64_t before = variables.language();
  CHECK(refusal(variables, "autocommit", std::int64_t{0}) == "");
  CHECK(refusal(variables, "div_precision_increment", std::int64_t{4}) == "");  // as it was
  CHECK(variables.language() == before);
  for (const char* const collation : {"utf8mb4_bin", "utf8mb4_0900_ai_ci"}) {
    const std::uint64_t last = variables.language();
    CHECK(refusal(variables, "collation_connection", std::string(collation)) == "");
    CHECK(variables.language() != last);
  }
}

TEST_CASE("SET PERSIST is kept for the next start") {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("murmel-variables-" + std::to_string(::getpid()))).string();
  GlobalVariables globals(GlobalVariables::Values{}, file);
  Variables variables(globals);
  CHECK(variables.set_global("wait_timeout", Value(std::int64_t{60}), true, true).ok());
  CHECK(variables.set_global("net_read_timeout", Value(std::int64_t{7}), true, false).ok());
  CHECK(Variables(globals).number("net_read_timeout") == 30);  // PERSIST_ONLY
  GlobalVariables next(GlobalVariables::Values{}, file);
  CHECK(next.read_file().ok());
  CHECK(Variables(next).number("wait_timeout") == 60);
  CHECK(Variables(next).number("net_read_timeout") == 7);
  std::filesystem::remove(file);
}

std::vector<std::vector<TextField>> rows_of(const sql::FileForm& form, std::string text, std::size_t fields,
                                            std::string* cut = nullptr) {
  std::size_t at = 0;
  // Byte by byte, so that every mark falls between two pieces.
  TextRowReader reader(form, [&] { return at < text.size() ? text.substr(at++, 1) : std::string(); });
  std::vector<std::vector<TextField>> rows;
  std::vector<TextField> row;
  while (reader.next(fields, row)) {
    rows.push_back(row);
    const bool more = reader.end_line();
    if (cut != nullptr) *cut += more ? '!' : '.';
  }
  return rows;
}

TEST_CASE("lines of a file are read as MySQL reads them") {
  using Row = std::vector<TextField>;
  sql::FileForm plain;
  CHECK(rows_of(plain, "1\ta\n2\t\\N\nx\\\ty\t\\\\\n", 2) ==
        std::vector<Row>{{"1", "a"}, {"2", std::nullopt}, {"x\ty", "\\"}});
  CHECK(rows_of(plain, "1\n\n2", 2) == std::vector<Row>{{"1"}, {""}, {"2"}});
  CHECK(rows_of(plain, "a\\nb\\0\n", 1) == std::vector<Row>{{std::string("a\nb\0", 4)}});
  std::string cut;
  CHECK(rows_of(plain, "1\t2\t3\n4\t5\n6\t7\t8", 2, &cut) ==
        std::vector<Row>{{"1", "2"}, {"4", "5"}, {"6", "7"}});
  CHECK(cut == "!..");  // of the last line MySQL does not say it either

  sql::FileForm csv;
  csv.field_end = ",";
  csv.enclosure = "\"";
  csv.line_end = "\r\n";
  CHECK(rows_of(csv, "\"a,\"\"b\"\"\",NULL\r\n\"NULL\",\"x\ny\"\r\nq\"q,\"open", 2) ==
        std::vector<Row>{{"a,\"b\"", std::nullopt}, {"NULL", "x\ny"}, {"q\"q", "\"open"}});
  csv.line_begin = "row:";
  CHECK(rows_of(csv, "row:1,2\r\nnoise\r\nxx row:3,4\r\n", 2) == std::vector<Row>{{"1", "2"}, {"3", "4"}});
  csv.line_begin = "";
  csv.line_end = ",";
  CHECK(rows_of(csv, "1,2,3,4", 2) == std::vector<Row>{{"1", "2"}, {"3", "4"}});
}

TEST_CASE("rows are written to a file as MySQL writes them, and read again") {
  sql::FileForm form;
  form.field_end = ",";
  form.enclosure = "'";
  form.optionally_enclosed = true;
  std::string text;
  const TextRowWriter writer(form);
  writer.append({"it's, \\", "5", std::nullopt}, {true, false, true}, text);
  CHECK(text == "'it\\'s, \\\\',5,\\N\n");
  CHECK(rows_of(form, text, 3).at(0) == std::vector<TextField>{"it's, \\", "5", std::nullopt});
}

TEST_CASE("SHOW CREATE TABLE says what the table was made of") {
  const auto table = sql::read_stored_table(
      R"(CREATE TABLE "t" (/*mysql ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='x'*/ "id" /*mysql int NOT NULL AUTO_INCREMENT*/ INTEGER NOT NULL, "n" /*mysql varchar(9) COLLATE utf8mb4_general_ci DEFAULT 'a'*/ TEXT DEFAULT ('a'), "p" /*mysql int DEFAULT NULL*/ INTEGER, PRIMARY KEY ("id"), CONSTRAINT "f" FOREIGN KEY ("p") REFERENCES "t" ("id") ON DELETE SET NULL ON UPDATE CASCADE))");
  REQUIRE(table.has_value());
  CHECK(create_table_text(*table, 8) ==
        "CREATE TABLE `t` (\n"
        "  `id` int NOT NULL AUTO_INCREMENT,\n"
        "  `n` varchar(9) COLLATE utf8mb4_general_ci DEFAULT 'a',\n"
        "  `p` int DEFAULT NULL,\n"
        "  PRIMARY KEY (`id`),\n"
        "  CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `t` (`id`) ON DELETE SET NULL ON UPDATE CASCADE\n"
        ") ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='x'");
}

TEST_CASE("SHOW is a query over the tables about tables") {
  sql::ShowCommand show;
  show.what = "TABLES";
  CHECK_FALSE(show_query(show, "").ok());
  show.has_like = true;
  show.like = "wp'%";
  auto query = show_query(show, "app");
  REQUIRE(query.ok());
  CHECK(*query ==
        "SELECT TABLE_NAME AS `Tables_in_app (wp'%)` FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
        "'app' AND "
        "TABLE_NAME LIKE 'wp''%' ORDER BY 1");
  show.what = "BINARY LOGS";
  CHECK(show_query(show, "app").error().number == 1381);
  show.what = "PRIVILEGES";
  CHECK(show_query(show, "app").error().number == 1235);
}

}  // namespace
}  // namespace murmel::session
