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
using Keys = std::vector<core::Claim>;
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

Keys claims(const std::string& payload, const std::vector<UniqueIndex>& indexes = {}) {
  const ByteView view = as_bytes(payload);
  const auto result = claims_of({&view, 1}, {indexes, {}}, collations);
  REQUIRE(result.ok());
  CHECK(result->shared.empty());
  return result->written;
}

// pet(id PRIMARY KEY, mail, nick, age), whose mail and nick are those of a user
const wire::Table kPet{
    "pet", row_stream::kHasKey, {{"id", 1, row_stream::kBinary}, {"mail"}, {"nick"}, {"age"}}, {0}};

ForeignKey owner(row_stream::Collation collation = row_stream::kBinary) {
  return {"pet", {"mail", "nick"}, {"user", false, {{"mail", collation}, {"name", collation}}}};
}

Row pet(int id, wire::Value mail, wire::Value nick) {
  return {integer_value(id), mail, nick, integer_value(3)};
}

Claims all_claims(const std::string& payload, const ForeignKey& key) {
  const ByteView view = as_bytes(payload);
  const auto result = claims_of({&view, 1}, {{}, {key}}, collations);
  REQUIRE(result.ok());
  return *result;
}

bool collide(const Keys& a, const Keys& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](core::Claim c) { return std::binary_search(b.begin(), b.end(), c); });
}

}  // namespace

TEST_CASE("writes of one row collide, whatever they do to it; writes of two rows don't") {
  const Row row = user(integer_value(1), text_value("a"));
  const Keys insert = claims(inserted(kUser, row));
  CHECK(insert.size() == 1);
  CHECK(insert == claims(removed(kUser, row)));
  CHECK(insert == claims(updated(kUser, row, changed(row, 2, text_value("b")))));
  CHECK_FALSE(collide(insert, claims(inserted(kUser, user(integer_value(2), text_value("a"))))));
}

TEST_CASE("a key that SQLite takes for equal is one claim") {
  const Keys integer = claims(inserted(kUser, user(integer_value(5), text_value("a"))));
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
  const Keys moved = claims(updated(kUser, row, changed(row, 0, integer_value(2))));
  CHECK(moved.size() == 2);
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(1), null_value())))));
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(2), null_value())))));
}

TEST_CASE("two rows with one value in a UNIQUE index collide") {
  const std::vector<UniqueIndex> indexes{mail_index()};
  const Keys first = claims(inserted(kUser, user(integer_value(1), text_value("a"))), indexes);
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
  const Keys moved = claims(updated(kUser, row, changed(row, 1, text_value("b"))), indexes);
  CHECK(moved.size() == 3);  // the row, the value given up, the value taken
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(9), text_value("A"))), indexes)));
  CHECK(collide(moved, claims(inserted(kUser, user(integer_value(9), text_value("B"))), indexes)));
}

TEST_CASE("values of a composed UNIQUE index do not run into each other") {
  const std::vector<UniqueIndex> indexes{
      {"user", false, {{"mail", row_stream::kBinary}, {"name", row_stream::kBinary}}}};
  const Keys first = claims(inserted(kUser, user(integer_value(1), text_value("ab"), "c")), indexes);
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
  const Keys gone = claims(removed(kNote, row));
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

// Nodes of two releases vote on one transaction.
TEST_CASE("claims are the same numbers in all releases") {
  const Row row = user(integer_value(1), text_value("A"));
  const std::vector<UniqueIndex> indexes{mail_index(row_stream::kNocase),
                                         {"user", false, {{"mail", row_stream::kOther, "first"}}},
                                         {"user", true, {{"name"}}}};
  CHECK(claims(inserted(kUser, row), indexes) ==
        Keys{0x000932da1d9b18dc, 0x4bef233676fde358, 0x5cd457e0d222c406, 0xc992b10d5fe5f3f2});
  CHECK(claims(removed(kNote, {text_value("x"), real_value(1.5)})) == Keys{0x005809c8816e641b});
  const Claims child = all_claims(inserted(kPet, pet(1, text_value("a"), text_value("b"))), owner());
  CHECK(child.written == Keys{0xf1319021a717597d});
  CHECK(child.shared == Keys{0x5630e11dd30c4ef4});
}

TEST_CASE("claims of all payloads are ascending and without duplicates") {
  const Row row = user(integer_value(1), text_value("a"));
  const std::string first = inserted(kUser, row);
  const std::string second = removed(kUser, row);
  const std::string third = inserted(kUser, user(integer_value(2), text_value("a")));
  const std::vector<ByteView> payloads{as_bytes(first), as_bytes(second), as_bytes(third)};
  const auto all = claims_of(payloads, {{mail_index()}, {}}, collations);
  REQUIRE(all.ok());
  CHECK(all->written.size() == 3);
  CHECK(std::is_sorted(all->written.begin(), all->written.end()));
}

TEST_CASE("a row that is only locked has the claim of one that is written") {
  const std::string written = inserted(kUser, user(integer_value(1), text_value("a")));
  WriteSet set;
  REQUIRE(add_writes(as_bytes(written), set).ok());
  Claims locked{{core::Claim{5}}, {}};
  REQUIRE(add_row_claims(set.rows, {}, locked).ok());
  REQUIRE(add_row_claims(set.rows, {}, locked).ok());
  CHECK(locked.written.size() == 2);
  CHECK(std::is_sorted(locked.written.begin(), locked.written.end()));
  CHECK(collide(locked.written, claims(written)));
  CHECK_FALSE(collide(locked.written, claims(inserted(kUser, user(integer_value(2), text_value("a"))))));
  // What is written or locked for itself is not shared as well.
  Claims shared;
  REQUIRE(add_row_claims({}, set.rows, shared).ok());
  CHECK(shared.written.empty());
  CHECK(shared.shared == claims(written));
  REQUIRE(add_row_claims(set.rows, {}, shared).ok());
  CHECK(shared.shared.empty());
  CHECK(shared.written == claims(written));
}

TEST_CASE("who adds a child and who takes its parent's key away have a claim in common") {
  const Row parent = user(integer_value(1), text_value("a"), "n");
  const Claims child = all_claims(inserted(kPet, pet(1, text_value("a"), text_value("n"))), owner());
  CHECK(child.written.size() == 1);
  CHECK(child.shared.size() == 1);
  const Claims gone = all_claims(removed(kUser, parent), owner());
  CHECK(gone.shared.empty());
  CHECK(collide(child.shared, gone.written));
  const Claims renamed = all_claims(updated(kUser, parent, changed(parent, 2, text_value("m"))), owner());
  CHECK(collide(child.shared, renamed.written));
  const Row other = user(integer_value(2), text_value("a"), "m");
  CHECK_FALSE(collide(child.shared, all_claims(removed(kUser, other), owner()).written));
  // A new parent, and one whose key stays, take nothing away.
  CHECK_FALSE(collide(child.shared, all_claims(inserted(kUser, parent), owner()).written));
  const Claims moved = all_claims(updated(kUser, parent, changed(parent, 0, integer_value(9))), owner());
  CHECK_FALSE(collide(child.shared, moved.written));
}

TEST_CASE("a child relies on its parent when it gets it") {
  const Row row = pet(1, text_value("a"), text_value("n"));
  const Claims other = all_claims(inserted(kPet, pet(2, text_value("a"), text_value("m"))), owner());
  // One column of the key changes.
  CHECK(all_claims(updated(kPet, row, changed(row, 2, text_value("m"))), owner()).shared == other.shared);
  CHECK(all_claims(updated(kPet, row, changed(row, 3, integer_value(4))), owner()).shared.empty());
  CHECK(all_claims(removed(kPet, row), owner()).shared.empty());
  CHECK(all_claims(inserted(kPet, pet(1, text_value("a"), null_value())), owner()).shared.empty());
}

TEST_CASE("a foreign key compares as its parent does, and as a whole where that can't be computed") {
  const auto child = [](const ForeignKey& key, const char* mail) {
    return all_claims(inserted(kPet, pet(1, text_value(mail), text_value("n"))), key).shared;
  };
  const auto parent = [](const ForeignKey& key, const char* mail) {
    return all_claims(removed(kUser, user(integer_value(1), text_value(mail), "n")), key).written;
  };
  CHECK_FALSE(collide(child(owner(), "a"), parent(owner(), "A")));
  CHECK(collide(child(owner(row_stream::kNocase), "a"), parent(owner(row_stream::kNocase), "A")));
  ForeignKey whole = owner();
  whole.parent.partial_or_expression = true;
  CHECK(collide(child(whole, "a"), parent(whole, "b")));
  const ForeignKey unknown = owner(row_stream::kOther);
  CHECK(collide(child(unknown, "a"), parent(unknown, "b")));
}

TEST_CASE("a row that refers to its own table may go with its parent in one transaction") {
  const ForeignKey key{"user", {"name"}, {"user", false, {{"mail"}}}};
  const std::string first = inserted(kUser, user(integer_value(1), text_value("a"), "b"));
  const std::string second = removed(kUser, user(integer_value(2), text_value("b"), "c"));
  const std::vector<ByteView> both{as_bytes(first), as_bytes(second)};
  const auto claims = claims_of(both, {{}, {key}}, collations);
  REQUIRE(claims.ok());
  CHECK(claims->shared.empty());  // it claims what it relies on
  CHECK(claims->written.size() == 3);
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
  CHECK(result->written == std::vector{core::kWholeDatabase});
}

}  // namespace murmel::store
