"""A walk of schema changes, each made on another node by an application with the extension. After each step all nodes must
hold what plain SQLite makes of the same statements: schema, rows, and what full-text search finds."""
import sqlite3

from harness import OWN_TABLE, check, insist, quote

# Deterministic, as they are run once on a node and once without Murmel. A step may be several transactions.
WALK = [
    ("tables", "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, born INTEGER); "
               "CREATE TABLE visit(person INTEGER REFERENCES person(id), day TEXT, note, PRIMARY KEY(person, day)) "
               "WITHOUT ROWID; CREATE TABLE loose(a, b)"),
    ("rows", "INSERT INTO person VALUES (1, 'Anna', 1980), (2, 'Bert', NULL), (3, 'Ça', 1990); "
             "INSERT INTO visit VALUES (1, '2024-01-01', 'x'), (3, '2024-02-02', x'00ff'); "
             "INSERT INTO loose VALUES (1, 2), (1, 2), (NULL, 'n')"),
    ("add columns", "ALTER TABLE person ADD COLUMN mail TEXT; ALTER TABLE person ADD COLUMN rank INTEGER NOT NULL DEFAULT 7; "
                    "INSERT INTO person VALUES (4, 'Dora', 2000, 'd@example.org', 1); UPDATE person SET mail = 'a' WHERE id = 1"),
    ("rename a column", "ALTER TABLE person RENAME COLUMN born TO birth_year; UPDATE person SET birth_year = 1 WHERE id = 2"),
    ("drop a column", "ALTER TABLE person DROP COLUMN mail; INSERT INTO person VALUES (5, 'Emil', 1970, 2)"),
    ("indexes", "CREATE INDEX by_name ON person(name COLLATE NOCASE) WHERE rank > 1; CREATE UNIQUE INDEX once ON person(name, rank); "
                "CREATE INDEX by_lower ON person(lower(name)); DROP INDEX by_name; INSERT INTO person VALUES (6, 'Fritz', 1, 1)"),
    ("create table as", "CREATE TABLE copied AS SELECT id, upper(name) AS loud FROM person; DELETE FROM copied WHERE id = 2"),
    ("rename a table", "ALTER TABLE copied RENAME TO \"odd \"\"name'\"; INSERT INTO \"odd \"\"name'\" VALUES (9, 'NINE')"),
    ("rebuild", "PRAGMA foreign_keys=OFF; BEGIN; CREATE TABLE new_person(id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                "birth_year INT, rank INT DEFAULT 3, extra TEXT DEFAULT 'e') STRICT; INSERT INTO new_person(id, name, birth_year, rank) "
                "SELECT id, name, birth_year, rank + 1 FROM person; DROP TABLE person; ALTER TABLE new_person RENAME TO person; "
                "CREATE UNIQUE INDEX once ON person(name, rank); COMMIT; UPDATE person SET extra = 'f' WHERE id < 3"),
    ("triggers", "CREATE TABLE audit(id INTEGER PRIMARY KEY, what TEXT); CREATE TRIGGER seen AFTER UPDATE ON person BEGIN "
                 "INSERT INTO audit(what) VALUES (old.name || '>' || new.name); END; "
                 "UPDATE person SET name = name || '!' WHERE id <= 3; UPDATE person SET rank = rank + 1"),
    ("views", "CREATE VIEW elders AS SELECT id, name FROM person WHERE birth_year < 1985; CREATE TRIGGER elder INSTEAD OF INSERT "
              "ON elders BEGIN INSERT INTO person(id, name, birth_year) VALUES (new.id, new.name, 1900); END; "
              "INSERT INTO elders VALUES (20, 'Old'); DROP TRIGGER seen; UPDATE person SET name = 'silent' WHERE id = 6"),
    ("generated columns", "CREATE TABLE shape(w INT, h INT, area INT AS (w * h) STORED, twice INT AS (w * 2), PRIMARY KEY(w, h)); "
                          "INSERT INTO shape VALUES (2, 3), (4, 5); UPDATE shape SET w = 6 WHERE w = 4"),
    ("full text", "CREATE VIRTUAL TABLE notes USING fts5(title, body); INSERT INTO notes VALUES ('one', 'red fox'), ('two', 'blue fox'); "
                  "UPDATE notes SET body = 'green owl' WHERE title = 'two'; INSERT INTO notes VALUES ('three', 'red owl'); "
                  "DELETE FROM notes WHERE title = 'one'"),
    ("full text with external content",
     "CREATE TABLE doc(id INTEGER PRIMARY KEY, text TEXT); CREATE VIRTUAL TABLE doc_fts USING fts5(text, content='doc', content_rowid='id'); "
     "CREATE TRIGGER doc_i AFTER INSERT ON doc BEGIN INSERT INTO doc_fts(rowid, text) VALUES (new.id, new.text); END; "
     "CREATE TRIGGER doc_d AFTER DELETE ON doc BEGIN INSERT INTO doc_fts(doc_fts, rowid, text) VALUES('delete', old.id, old.text); END; "
     "CREATE TRIGGER doc_u AFTER UPDATE ON doc BEGIN INSERT INTO doc_fts(doc_fts, rowid, text) VALUES('delete', old.id, old.text); "
     "INSERT INTO doc_fts(rowid, text) VALUES (new.id, new.text); END; "
     "INSERT INTO doc VALUES (1, 'red fox'), (2, 'blue fox'); UPDATE doc SET text = 'red owl' WHERE id = 2; DELETE FROM doc WHERE id = 1"),
    ("full text over rows that are there, and a table made anew under it",
     "CREATE TABLE page(id INTEGER PRIMARY KEY, text TEXT); INSERT INTO page VALUES (1, 'red fox'), (2, 'blue owl'); "
     "CREATE VIRTUAL TABLE page_fts USING fts5(text, content='page', content_rowid='id'); INSERT INTO page_fts(page_fts) VALUES('rebuild'); "
     "CREATE TRIGGER page_i AFTER INSERT ON page BEGIN INSERT INTO page_fts(rowid, text) VALUES (new.id, new.text); END; "
     "CREATE TRIGGER page_d AFTER DELETE ON page BEGIN INSERT INTO page_fts(page_fts, rowid, text) VALUES('delete', old.id, old.text); END; "
     "DELETE FROM page WHERE id = 1; BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM page; DROP TABLE page; "
     "CREATE TABLE page(n INTEGER, id INTEGER PRIMARY KEY, text TEXT); INSERT INTO page(id, text) SELECT id, text FROM kept; DROP TABLE kept; "
     "CREATE TRIGGER page_i AFTER INSERT ON page BEGIN INSERT INTO page_fts(rowid, text) VALUES (new.id, new.text); END; "
     "CREATE TRIGGER page_d AFTER DELETE ON page BEGIN INSERT INTO page_fts(page_fts, rowid, text) VALUES('delete', old.id, old.text); END; "
     "COMMIT; DELETE FROM page WHERE id = 2; INSERT INTO page VALUES (1, 3, 'green owl')"),
    ("vacuum", "DELETE FROM audit; VACUUM; INSERT INTO audit(what) VALUES ('after vacuum')"),
    ("a large value", "INSERT INTO audit(what) VALUES (replace(hex(zeroblob(5000000)), '00', 'ab')); "
                      "UPDATE audit SET what = what || 'z' WHERE length(what) > 1000"),
    ("drop and create with the same text", "CREATE TABLE again(id INTEGER PRIMARY KEY, v); INSERT INTO again VALUES (1, 'old'), (2, 'old'); "
                                           "DROP TABLE again; CREATE TABLE again(id INTEGER PRIMARY KEY, v); INSERT INTO again VALUES (2, 'new')"),
    ("the same in one transaction", "BEGIN; DROP TABLE again; CREATE TABLE again(id INTEGER PRIMARY KEY, v); "
                                    "INSERT INTO again VALUES (3, 'newest'); COMMIT"),
    ("changes and rows in turns", "BEGIN; CREATE TABLE turn(a INTEGER PRIMARY KEY); INSERT INTO turn VALUES (1); "
                                  "ALTER TABLE turn ADD COLUMN b TEXT DEFAULT 'd'; INSERT INTO turn VALUES (2, 'x'); "
                                  "ALTER TABLE turn RENAME COLUMN b TO c; UPDATE turn SET c = 'y' WHERE a = 1; "
                                  "CREATE TABLE other(t TEXT PRIMARY KEY); INSERT INTO other VALUES ('o'); "
                                  "ALTER TABLE turn DROP COLUMN c; INSERT INTO turn VALUES (3); COMMIT"),
    ("turns on tables with rows", "BEGIN; INSERT INTO other VALUES ('p'); ALTER TABLE other ADD COLUMN n DEFAULT 5; "
                                  "UPDATE other SET n = 6 WHERE t = 'o'; ALTER TABLE other RENAME TO others; "
                                  "INSERT INTO others VALUES ('q', 7); DELETE FROM others WHERE t = 'p'; COMMIT"),
    ("a column added, filled and renamed", "BEGIN; UPDATE others SET n = n + 1 WHERE t = 'o'; ALTER TABLE others ADD COLUMN k; "
                                           "UPDATE others SET k = '1'; ALTER TABLE others RENAME COLUMN k TO kk; "
                                           "UPDATE others SET kk = kk || '2' WHERE t = 'o'; COMMIT"),
    ("a column added, filled, and another dropped", "BEGIN; ALTER TABLE others ADD COLUMN m; INSERT INTO others VALUES ('u', 3, 'k', 'm'); "
                                                    "ALTER TABLE others DROP COLUMN kk; UPDATE others SET n = 33 WHERE t = 'u'; "
                                                    "DELETE FROM others WHERE t = 'q'; COMMIT; ALTER TABLE others DROP COLUMN m"),
    ("columns change places", "CREATE TABLE p(id INTEGER PRIMARY KEY, x, y); CREATE INDEX p_x ON p(x); INSERT INTO p VALUES (1, 'x', 'y'); "
                              "BEGIN; ALTER TABLE p RENAME COLUMN x TO tmp; UPDATE p SET y = 'Y'; ALTER TABLE p RENAME COLUMN y TO x; "
                              "UPDATE p SET tmp = 'T'; ALTER TABLE p RENAME COLUMN tmp TO y; INSERT INTO p(id, x, y) VALUES (2, 'nx', 'ny'); COMMIT"),
    ("a column dropped and added again", "BEGIN; DROP INDEX p_x; ALTER TABLE p DROP COLUMN x; INSERT INTO p VALUES (3, 'y3'); "
                                         "ALTER TABLE p ADD COLUMN x; UPDATE p SET x = 'again' WHERE id = 3; COMMIT"),
    ("a key renamed between rows", "CREATE TABLE q(k TEXT PRIMARY KEY, v); INSERT INTO q VALUES ('a', 1), ('b', 2); BEGIN; "
                                   "ALTER TABLE q RENAME COLUMN k TO l; UPDATE q SET v = 3 WHERE l = 'a'; INSERT INTO q VALUES ('c', 4); "
                                   "ALTER TABLE q RENAME COLUMN l TO m; DELETE FROM q WHERE m = 'b'; COMMIT"),
    ("a column dropped and added, no rows", "CREATE TABLE r(id INTEGER PRIMARY KEY, x, y); INSERT INTO r VALUES (1, 'x', 'y'); "
                                            "BEGIN; ALTER TABLE r DROP COLUMN x; ALTER TABLE r ADD COLUMN x; COMMIT; "
                                            "BEGIN; ALTER TABLE r DROP COLUMN y; ALTER TABLE r RENAME COLUMN x TO y; COMMIT; "
                                            "UPDATE r SET y = 'set'; ALTER TABLE r ADD COLUMN z; ALTER TABLE r ADD COLUMN zz DEFAULT 3"),
    ("a column renamed and another one added, no rows", "CREATE TABLE s(id INTEGER PRIMARY KEY, a, b NOT NULL); CREATE UNIQUE INDEX s_ab ON s(a, b); "
                                                        "INSERT INTO s VALUES (1, 'x', 'y'), (2, 'x', 'z'); BEGIN; ALTER TABLE s RENAME COLUMN b TO c; "
                                                        "ALTER TABLE s ADD COLUMN d; COMMIT; ALTER TABLE s RENAME COLUMN c TO b; BEGIN; "
                                                        "ALTER TABLE s DROP COLUMN d; ALTER TABLE s RENAME COLUMN b TO e; COMMIT; INSERT INTO s VALUES (3, 'x', 'w')"),
    ("rows of tables that go or get another name", "BEGIN; ALTER TABLE q ADD COLUMN w; INSERT INTO r(id, y) VALUES (2, 'gone'); "
                                                   "INSERT INTO q VALUES ('d', 5, 6); DROP TABLE r; ALTER TABLE q RENAME TO qq; "
                                                   "INSERT INTO qq VALUES ('e', 7, 8); COMMIT"),
    ("tables that get names beside other changes", "CREATE TABLE left(id INTEGER PRIMARY KEY, v); CREATE TABLE right(id INTEGER PRIMARY KEY, v); "
                                                   "INSERT INTO left VALUES (1, 'l'); INSERT INTO right VALUES (1, 'r'); BEGIN; "
                                                   "ALTER TABLE left RENAME TO aside; ALTER TABLE right RENAME TO left; "
                                                   "ALTER TABLE aside RENAME TO right; INSERT INTO left VALUES (2, 'was right'); COMMIT; "
                                                   "BEGIN; ALTER TABLE left RENAME TO first; ALTER TABLE first ADD COLUMN n; "
                                                   "UPDATE first SET n = id; CREATE TABLE left(id INTEGER PRIMARY KEY, v); "
                                                   "INSERT INTO left VALUES (9, 'new'); COMMIT; UPDATE first SET v = v || n"),
    ("a table made and dropped between rows", "BEGIN; INSERT INTO others VALUES ('r', 1); CREATE TABLE brief(x INTEGER PRIMARY KEY); "
                                              "INSERT INTO brief VALUES (1); DROP TABLE brief; INSERT INTO others VALUES ('s', 2); COMMIT"),
    ("changes undone", "BEGIN; SAVEPOINT s; CREATE TABLE undone(x); INSERT INTO undone VALUES (1); ROLLBACK TO s; "
                       "INSERT INTO others VALUES ('t', 3); COMMIT; BEGIN; CREATE TABLE gone(x); ROLLBACK"),
    ("dropping", "DELETE FROM loose; DROP VIEW elders; DROP TABLE visit; DROP TABLE notes; DROP TABLE doc_fts; DROP TRIGGER doc_i; "
                 "DROP TRIGGER doc_d; DROP TRIGGER doc_u; INSERT INTO doc VALUES (7, 'plain')"),
]
SEARCHES = ["red", "fox", "owl", "plain"]


def whole(path):
    """Schema, rows and search results as an application sees them; None while a table is missing or locked."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        connection.execute("BEGIN")
        shadows = {name for name, kind in connection.execute("SELECT name, type FROM pragma_table_list") if kind == "shadow"}
        schema = [row for row in connection.execute(
            f"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE {OWN_TABLE} AND tbl_name NOT LIKE '\\_\\_murmel%' ESCAPE '\\'"
            " ORDER BY type, name") if row[2] not in shadows]
        seen = {"schema": schema}
        for kind, name, _, sql in schema:
            if kind in ("table", "view"):
                seen[name] = sorted(connection.execute(f"SELECT * FROM {quote(name)}").fetchall(), key=repr)
            if kind == "table" and "fts5" in sql:
                for word in SEARCHES:
                    seen[f"{name} {word}"] = sorted(r[0] for r in connection.execute(
                        f"SELECT rowid FROM {quote(name)} WHERE {quote(name)} MATCH ?", (word,)))
        return seen
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()


def differing(expected, seen):
    if seen is None:
        return "unreadable"
    return [(key, repr(expected.get(key))[:300], repr(seen.get(key))[:300]) for key in sorted(set(expected) | set(seen))
            if expected.get(key) != seen.get(key)]


def test_a_walk_of_schema_changes_is_the_same_on_all_nodes_as_in_plain_sqlite(env):
    cluster = env.cluster()
    plain = sqlite3.connect(env.dir / "plain.db", isolation_level=None)
    for number, (name, sql) in enumerate(WALK):
        writer = cluster.nodes[number % len(cluster.nodes)]
        plain.executescript(sql)
        expected = whole(env.dir / "plain.db")
        check(expected is not None, f"plain SQLite can't read what step '{name}' made")
        connection = env.connect(writer)
        insist(connection, sql)
        connection.close()
        seen = {}

        def same():
            seen.update({node.id: whole(node.path()) for node in cluster.nodes})
            return all(value == expected for value in seen.values())

        env.wait(same, 10, lambda: f"step '{name}' on node {writer.id}: " + str(
            {node: differing(expected, value) for node, value in seen.items() if value != expected})[:2000])
    verified = env.ask(cluster.nodes[0], "verify")
    check(verified["equal"], f"verify: {verified}")
    for node in cluster.nodes:
        check(env.shell(node, "PRAGMA integrity_check", equipped=False) == "ok", f"integrity of node {node.id}")
