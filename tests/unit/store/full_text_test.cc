// Full-text search finds on every node what it finds where it was written.
#include "agent/store/full_text.h"

#include <doctest/doctest.h>

#include "tests/unit/store/node.h"

namespace murmel::store::test {

TEST_CASE("the arguments of a virtual table are taken apart") {
  const auto parsed = parse_virtual_table(
      "CREATE VIRTUAL TABLE \"x using y\" USING FTS5(title, \"a,b\", content = 'doc', tokenize='porter (x)', "
      "f(1,2))");
  CHECK(parsed.module == "fts5");
  CHECK(parsed.arguments ==
        std::vector<std::string>{"title", "\"a,b\"", "content = 'doc'", "tokenize='porter (x)'", "f(1,2)"});
  CHECK(parse_virtual_table("CREATE VIRTUAL TABLE r USING rtree(id, a, b)").module == "rtree");
  CHECK(parse_virtual_table("CREATE VIRTUAL TABLE s USING dbstat").module == "dbstat");
}

TEST_CASE_FIXTURE(TwoNodes, "FTS5 with its own content") {
  one.app().run(
      "CREATE VIRTUAL TABLE f USING fts5(title, body);"
      "INSERT INTO f VALUES('red fox', 'jumps'), ('blue whale', 'swims'), ('grey owl', 'sleeps')");
  exchange(one, two);
  CHECK(two.app().query("SELECT title FROM f WHERE f MATCH 'whale'") == "blue whale");
  one.app().run("UPDATE f SET body = 'sings' WHERE rowid = 2; DELETE FROM f WHERE rowid = 1");
  exchange(one, two);
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'sings'") == "2");
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'fox OR swims'").empty());
  two.app().run("INSERT INTO f(f) VALUES('integrity-check')");
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "FTS4 with its own content") {
  one.app().run(
      "CREATE VIRTUAL TABLE f USING fts4(title, body);"
      "INSERT INTO f VALUES('red fox', 'jumps'), ('blue whale', 'swims')");
  exchange(one, two);
  one.app().run("UPDATE f SET body = 'sings' WHERE rowid = 2; DELETE FROM f WHERE rowid = 1");
  exchange(one, two);
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'sings'") == "2");
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'fox OR swims'").empty());
  two.app().run("INSERT INTO f(f) VALUES('integrity-check')");
}

TEST_CASE_FIXTURE(TwoNodes, "FTS5 over another table, kept by the application's triggers") {
  one.app().run(
      "CREATE TABLE doc(id INTEGER PRIMARY KEY, title, body, other);"
      "CREATE VIRTUAL TABLE f USING fts5(title, body, content='doc', content_rowid='id');"
      "CREATE TRIGGER ai AFTER INSERT ON doc BEGIN"
      " INSERT INTO f(rowid, title, body) VALUES(new.id, new.title, new.body); END;"
      "CREATE TRIGGER ad AFTER DELETE ON doc BEGIN"
      " INSERT INTO f(f, rowid, title, body) VALUES('delete', old.id, old.title, old.body); END;"
      "CREATE TRIGGER au AFTER UPDATE ON doc BEGIN"
      " INSERT INTO f(f, rowid, title, body) VALUES('delete', old.id, old.title, old.body);"
      " INSERT INTO f(rowid, title, body) VALUES(new.id, new.title, new.body); END;");
  exchange(one, two);
  one.app().run("INSERT INTO doc VALUES(1, 'red fox', 'jumps', 0), (2, 'blue whale', 'swims', 0)");
  exchange(one, two);
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'whale'") == "2");
  one.app().run("UPDATE doc SET body = 'sings' WHERE id = 2; DELETE FROM doc WHERE id = 1");
  two.app().run("UPDATE doc SET other = 1 WHERE id = 2");
  exchange(one, two);
  CHECK(two.app().query("SELECT rowid FROM f WHERE f MATCH 'fox OR jumps'").empty());
  for (TestNode* node : {&one, &two}) node->app().run("INSERT INTO f(f) VALUES('integrity-check')");
  CHECK(equal(one, two));
}

TEST_CASE_FIXTURE(TwoNodes, "FTS5 over a table without a key") {
  one.app().run(
      "CREATE TABLE doc(page UNIQUE, body);"
      "CREATE VIRTUAL TABLE f USING fts5(body, content='doc');"
      "CREATE TRIGGER ai AFTER INSERT ON doc BEGIN INSERT INTO f(rowid, body) VALUES(new.rowid, new.body); "
      "END;"
      "CREATE TRIGGER ad AFTER DELETE ON doc BEGIN"
      " INSERT INTO f(f, rowid, body) VALUES('delete', old.rowid, old.body); END;"
      "CREATE TRIGGER au AFTER UPDATE ON doc BEGIN"
      " INSERT INTO f(f, rowid, body) VALUES('delete', old.rowid, old.body);"
      " INSERT INTO f(rowid, body) VALUES(new.rowid, new.body); END;");
  exchange(one, two);
  two.app().run("INSERT INTO doc VALUES(9, 'an owl'), (8, 'a crow')");
  one.app().run("INSERT INTO doc VALUES(1, 'red fox'), (2, 'blue whale'), (3, 'grey owl')");
  exchange(one, two);
  CHECK(two.app().query("SELECT page FROM doc, f ON doc.rowid = f.rowid WHERE f MATCH 'owl' ORDER BY page") ==
        "3\n9");
  one.app().run("UPDATE doc SET body = 'sings' WHERE page = 2; DELETE FROM doc WHERE page = 9");
  exchange(one, two);
  two.app().run("UPDATE doc SET body = 'of two' WHERE page = 1");
  one.app().run("UPDATE doc SET body = 'of one' WHERE page = 1");
  one.app().run("INSERT INTO doc VALUES(4, 'left')");
  two.app().run("INSERT INTO doc VALUES(4, 'right'); UPDATE doc SET page = 7 WHERE page = 8");
  exchange(one, two);
  exchange(two, one);
  for (TestNode* node : {&one, &two}) {
    CHECK(node->app().query("SELECT rowid FROM f WHERE f MATCH 'whale OR fox OR an'").empty());
    CHECK(node->app().query("SELECT count(*) FROM f WHERE f MATCH 'left OR right'") == "1");
    node->app().run("INSERT INTO f(f, rank) VALUES('integrity-check', 1)");
  }
}

TEST_CASE_FIXTURE(TwoNodes, "FTS4 over another table") {
  one.app().run(
      "CREATE TABLE doc(id INTEGER PRIMARY KEY, title);"
      "CREATE VIRTUAL TABLE f USING fts4(content='doc', title);"
      "CREATE TRIGGER bu BEFORE UPDATE ON doc BEGIN DELETE FROM f WHERE docid = old.rowid; END;"
      "CREATE TRIGGER bd BEFORE DELETE ON doc BEGIN DELETE FROM f WHERE docid = old.rowid; END;"
      "CREATE TRIGGER au AFTER UPDATE ON doc BEGIN INSERT INTO f(docid, title) VALUES(new.rowid, new.title); "
      "END;"
      "CREATE TRIGGER ai AFTER INSERT ON doc BEGIN INSERT INTO f(docid, title) VALUES(new.rowid, new.title); "
      "END;");
  exchange(one, two);
  one.app().run(
      "INSERT INTO doc VALUES(1, 'red fox'), (2, 'blue whale'); UPDATE doc SET title = 'grey owl' WHERE id = "
      "1");
  exchange(one, two);
  CHECK(two.app().query("SELECT docid FROM f WHERE f MATCH 'owl OR whale' ORDER BY docid") == "1\n2");
  CHECK(two.app().query("SELECT docid FROM f WHERE f MATCH 'fox'").empty());
}

TEST_CASE("what can't be replicated is named in the status") {
  const TempDir dir;
  TestNode one(dir, 1);
  one.app().run(
      "CREATE VIRTUAL TABLE f USING fts5(a, content=''); CREATE VIRTUAL TABLE r USING rtree(id, x, y);"
      "CREATE VIRTUAL TABLE g USING fts5(a)");
  CHECK(one.db().status()->not_captured == std::vector<std::string>{"f", "r"});
}

}  // namespace murmel::store::test
