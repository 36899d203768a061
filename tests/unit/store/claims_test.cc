#include "agent/store/claims.h"
#include "agent/store/write_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "agent/wire/row_writer.h"

namespace murmel::store {
namespace {

using wire::integer_value;
using wire::null_value;
using wire::real_value;
using wire::text_value;
using Claims = std::vector<core::Claim>;
using Row = std::vector<wire::Value>;

// user(id PRIMARY KEY, mail, name)
const wire::Table kUser{
    "user", row_stream::kHasKey, {{"id", 1, row_stream::kBinary}, {"mail"}, {"name"}}, {0}};
const wire::Table kNote{"note", row_stream::kHasRowid, {{"text"}, {"at"}}, {}};

UniqueIndex mail_index(row_stream::Collation collation = row_stream::kBinary) {
  return {"user", false, {{"mail", collation}}};
}

Row user(wire::Value id, wire::Value mail, const char* name = "n") {
  return {id, mail, text_value(name)};
}

Row changed(const Row& before, std::size_t place, wire::Value value) {
  Row after = before;
  for (wire::Value& one : after) one.same = true;
  after[place] = value;
  return after;
}

std::string inserted(const wire::Table& table, const Row& row) {
  wire::RowWriter writer;
  writer.insert(writer.table(table), row);
  return writer.take();
}

std::string updated(const wire::Table& table, const Row& before, const Row& after) {
  wire::RowWriter writer;
  writer.update(writer.table(table), before, after);
  return writer.take();
}

std::string removed(const wire::Table& table, const Row& row) {
  wire::RowWriter writer;
  writer.remove(writer.table(table), row);
  return writer.take();
}

// "first": only the first letter counts.
SortKey collations(const std::string& name) {
  if (name != "first") return {};
  return [](std::string_view text) { return std::string(text.substr(0, 1)); };
}

Claims claims(const std::string& payload, const std::vector<UniqueIndex>& indexes = {}) {
  const ByteView view = as_bytes(payload);
  const auto result = claims_of({&view, 1}, indexes, collations);
  REQUIRE(result.ok());
  return *result;
}

bool collide(const Claims& a, const Claims& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](core::Claim c) { return std::binary_search(b.begin(), b.end(), c); });
}

}  // namespace

TEST_CASE("writes of one row collide, whatever they do to it; writes of two rows don't") {
  const Row row = user(integer_value(1), text_value("a"));
  const Claims insert = claims(inserted(kUser, row));
  CHECK(insert.size() == 1);
  CHECK(insert == claims(removed(kUser, row)));
  CHECK(insert == claims(updated(kUser, row, changed(row, 2, text_value("b")))));
  CHECK_FALSE(collide(insert, claims(inserted(kUser, user(integer_value(2), text_value("a"))))));
}

TEST_CASE("a key that SQLite takes for equal is one claim") {
  const Claims integer = claims(inserted(kUser, user(integer_value(5), text_value("a"))));
  CHECK(integer == claims(inserted(kUser, user(real_value(5.0), text_value("b")))));
  wire::Table nocase = kUser;
  nocase.columns[0].collation = row_stream::kNocase;
  CHECK(claims(inserted(nocase, user(text_value("Ada"), null_value()))) ==
        claims(inserted(nocase, user(text_value("aDA"), null_value()))));
  CHECK_FALSE(collide(claims(inserted(kUser, user(text_value("Ada"), null_value()))),
                      claims(inserted(kUser, user(text_value("aDA"), null_value())))));
}

TEST_CASE("a changed key claims the old row and the new one") {
  const Row row = user(integer_value(1), text_value("a"));
  const Claims moved = claims(updated(kUser, row, changed(row, 0, integer_value(2))));
  CHECK(moved.size() == 2);
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(1), null_value())))));
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(2), null_value())))));
}

TEST_CASE("two rows with one value in a UNIQUE index collide") {
  const std::vector<UniqueIndex> indexes{mail_index()};
  const Claims first = claims(inserted(kUser, user(integer_value(1), text_value("a"))), indexes);
  CHECK(first.size() == 2);
  CHECK(collide(first, claims(inserted(kUser, user(integer_value(2), text_value("a"))), indexes)));
  CHECK_FALSE(collide(first, claims(inserted(kUser, user(integer_value(2), text_value("A"))), indexes)));
}

TEST_CASE("the index's collation decides, not the column's") {
  const std::vector<UniqueIndex> nocase{mail_index(row_stream::kNocase)};
  const std::vector<UniqueIndex> rtrim{mail_index(row_stream::kRtrim)};
  const auto with = [](const char* mail, int id) {
    return inserted(kUser, user(integer_value(id), text_value(mail)));
  };
  CHECK(collide(claims(with("a", 1), nocase), claims(with("A", 2), nocase)));
  CHECK(collide(claims(with("a", 1), rtrim), claims(with("a  ", 2), rtrim)));
}

TEST_CASE("NULL in a UNIQUE index collides with nothing") {
  const std::vector<UniqueIndex> indexes{mail_index()};
  CHECK(claims(inserted(kUser, user(integer_value(1), null_value())), indexes).size() == 1);
}

TEST_CASE("an update that leaves a UNIQUE index as it was claims nothing in it") {
  const std::vector<UniqueIndex> indexes{mail_index(row_stream::kNocase)};
  const Row row = user(integer_value(1), text_value("a"));
  CHECK(claims(updated(kUser, row, changed(row, 2, text_value("other"))), indexes).size() == 1);
  CHECK(claims(updated(kUser, row, changed(row, 1, text_value("A"))), indexes).size() == 1);
  const Claims moved = claims(updated(kUser, row, changed(row, 1, text_value("b"))), indexes);
  CHECK(moved.size() == 3);  // the row, the value given up, the value taken
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(9), text_value("A"))), indexes)));
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(9), text_value("B"))), indexes)));
}

TEST_CASE("values of a composed UNIQUE index do not run into each other") {
  const std::vector<UniqueIndex> indexes{
      {"user", false, {{"mail", row_stream::kBinary}, {"name", row_stream::kBinary}}}};
  const Claims first = claims(inserted(kUser, user(integer_value(1), text_value("ab"), "c")), indexes);
  CHECK_FALSE(
      collide(first, claims(inserted(kUser, user(integer_value(2), text_value("a"), "bc")), indexes)));
  CHECK(collide(first, claims(inserted(kUser, user(integer_value(2), text_value("ab"), "c")), indexes)));
}

TEST_CASE("what can't be compared here is claimed as a whole") {
  const auto row = [](int id, const char* mail) {
    return inserted(kUser, user(integer_value(id), text_value(mail)));
  };
  const std::vector<std::vector<UniqueIndex>> kinds{
      {{"user", true, {{"mail", row_stream::kBinary}}}},                  // partial
      {{"user", true, {}}},                                               // of an expression
      {mail_index(row_stream::kOther)},                                   // collation of the application
      {{"user", false, {{"mail_in_lower_case", row_stream::kBinary}}}}};  // generated: not in the payload
  for (const auto& indexes : kinds) {
    CHECK(collide(claims(row(1, "a"), indexes), claims(row(2, "b"), indexes)));
    CHECK(collide(claims(row(1, "a"), indexes),
                  claims(removed(kUser, user(integer_value(3), null_value())), indexes)));
  }
  wire::Table own_collation = kUser;
  own_collation.columns[0].collation = row_stream::kOther;
  CHECK(collide(claims(inserted(own_collation, user(text_value("a"), null_value()))),
                claims(inserted(own_collation, user(text_value("A"), null_value())))));
}

TEST_CASE("where the collation is known by its name, claims are what it takes for equal") {
  wire::Table table = kUser;
  table.columns[0].collation = row_stream::kOther;
  const auto row = [&](const char* id, const std::vector<UniqueIndex>& indexes) {
    return claims(inserted(table, user(text_value(id), null_value())), indexes);
  };
  const std::vector<UniqueIndex> known{{"user", false, {{"id", row_stream::kOther, "first"}}}};
  CHECK(collide(row("ab", known), row("ac", known)));
  CHECK_FALSE(collide(row("ab", known), row("bb", known)));
  // Another index says nothing of the key.
  const std::vector<UniqueIndex> other{{"user", false, {{"mail", row_stream::kOther, "first"}}}};
  CHECK(collide(row("ab", other), row("bb", other)));
  const std::vector<UniqueIndex> unknown{{"user", false, {{"id", row_stream::kOther, "last"}}}};
  CHECK(collide(row("ab", unknown), row("bb", unknown)));
}

TEST_CASE("a row without identity is claimed by its old image") {
  const Row row{text_value("x"), integer_value(1)};
  CHECK(claims(inserted(kNote, row)).empty());  // equal rows may stand beside each other
  const Claims gone = claims(removed(kNote, row));
  CHECK(gone.size() == 1);
  CHECK(gone == claims(updated(kNote, row, changed(row, 1, integer_value(2)))));
  CHECK_FALSE(collide(gone, claims(removed(kNote, {text_value("x"), integer_value(2)}))));
  // A NULL in the key: SQLite lets equal keys stand beside each other.
  CHECK(claims(inserted(kUser, user(null_value(), text_value("a")))).empty());
  CHECK(claims(removed(kUser, user(null_value(), text_value("a")))).size() == 1);
}

TEST_CASE("equal keys of two tables and equal values of two indexes are different claims") {
  wire::Table other = kUser;
  other.name = "other";
  const Row row = user(integer_value(1), text_value("a"), "a");
  CHECK_FALSE(collide(claims(inserted(kUser, row)), claims(inserted(other, row))));
  const std::vector<UniqueIndex> indexes{mail_index(), {"user", false, {{"name", row_stream::kBinary}}}};
  CHECK(claims(inserted(kUser, row), indexes).size() == 3);
  CHECK(claims(inserted(other, row), indexes).size() == 1);
}

TEST_CASE("table and column names are compared as SQLite does") {
  const Row row = user(integer_value(1), text_value("a"));
  CHECK(claims(inserted(kUser, row), {{"USER", false, {{"Mail", row_stream::kBinary}}}}) ==
        claims(inserted(kUser, row), {mail_index()}));
}

TEST_CASE("claims of all payloads are ascending and without duplicates") {
  const Row row = user(integer_value(1), text_value("a"));
  const std::string first = inserted(kUser, row);
  const std::string second = removed(kUser, row);
  const std::string third = inserted(kUser, user(integer_value(2), text_value("a")));
  const std::vector<ByteView> payloads{as_bytes(first), as_bytes(second), as_bytes(third)};
  const auto all = claims_of(payloads, {mail_index()}, collations);
  REQUIRE(all.ok());
  CHECK(all->size() == 3);
  CHECK(std::is_sorted(all->begin(), all->end()));
}

TEST_CASE("a row that is only locked has the claim of one that is written") {
  const std::string written = inserted(kUser, user(integer_value(1), text_value("a")));
  WriteSet set;
  REQUIRE(add_writes(as_bytes(written), set).ok());
  std::vector<core::Claim> locked{core::Claim{5}};
  REQUIRE(add_row_claims(set.rows, locked).ok());
  REQUIRE(add_row_claims(set.rows, locked).ok());
  CHECK(locked.size() == 2);
  CHECK(std::is_sorted(locked.begin(), locked.end()));
  CHECK(collide(locked, claims(written)));
  CHECK_FALSE(collide(locked, claims(inserted(kUser, user(integer_value(2), text_value("a"))))));
}

TEST_CASE("damaged payloads are refused") {
  const std::string damaged = "\x01?";
  const ByteView view = as_bytes(damaged);
  const auto result = claims_of({&view, 1}, {}, collations);
  REQUIRE(!result.ok());
  CHECK(result.error().code == ErrorCode::kCorrupt);
}

TEST_CASE("a schema change claims the whole database, whatever rows come with it") {
  wire::RowWriter writer;
  writer.schema({row_stream::kCreate, "table", "t", "t", "", "CREATE TABLE t(a)"});
  const std::string schema = writer.take();
  const ByteView view = as_bytes(schema);
  const auto result = claims_of({&view, 1}, {}, collations);
  REQUIRE(result.ok());
  CHECK(*result == std::vector{core::kWholeDatabase});
}

}  // namespace murmel::store
