"""The field's classic demonstration, with nothing but the sqlite3 shell."""
from harness import check

BOOKS = "CREATE TABLE Books(id INTEGER PRIMARY KEY, title TEXT, author TEXT, year INTEGER)"


def test_books_written_on_any_node_are_on_every_node(env):
    cluster = env.cluster()
    one, two, three = cluster.nodes
    env.shell(one, BOOKS)
    env.shell(one, "INSERT INTO Books VALUES (1, 'Kater Murr', 'Hoffmann', 1819), (2, 'Momo', 'Ende', 1973)")
    for node in (two, three):
        env.wait(lambda node=node: shown(env, node) == "1|1819\n2|1973", what=f"the books on node {node.id}")
    env.shell(two, "UPDATE Books SET year = 1820 WHERE id = 1")
    env.wait(lambda: shown(env, three) == "1|1820\n2|1973", what="the update on node 3")
    env.shell(three, "DELETE FROM Books WHERE id = 2")
    for node in cluster.nodes:
        env.wait(lambda node=node: shown(env, node) == "1|1820", what=f"the delete on node {node.id}")
    env.wait_equal(cluster.nodes)


def shown(env, node):
    tables = env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 'Books'", equipped=False)
    return env.shell(node, "SELECT id, year FROM Books ORDER BY id", equipped=False) if tables == "1" else None


def test_the_shell_without_the_extension_reads_a_sound_file(env):
    cluster = env.cluster()
    one, _, three = cluster.nodes
    env.shell(one, BOOKS + "; INSERT INTO Books VALUES (1, 'Momo', 'Ende', 1973)")
    env.wait_equal(cluster.nodes)
    env.wait(lambda: shown(env, three), what="the book")
    for node in cluster.nodes:
        check(env.shell(node, "PRAGMA integrity_check", equipped=False) == "ok", "integrity_check")
        names = env.shell(node, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'", equipped=False)
        strange = [name for name in names.split("\n") if name != "Books" and not name.startswith("__murmel_")]
        check(not strange, f"objects that are neither the application's nor named __murmel_*: {strange}")


def test_schema_changes_follow_like_rows(env):
    cluster = env.cluster()
    one, two, _ = cluster.nodes
    for statement in (BOOKS, "CREATE INDEX by_year ON Books(year)", "INSERT INTO Books VALUES (1, 'Momo', 'Ende', 1973)"):
        env.shell(one, statement)
    env.wait_equal(cluster.nodes)
    env.wait(lambda: shown(env, two), what="the book")
    env.shell(two, "ALTER TABLE Books ADD COLUMN pages INTEGER DEFAULT 0")
    env.shell(two, "UPDATE Books SET pages = 272")
    env.wait(lambda: env.shell(one, "SELECT count(*) FROM pragma_table_info('Books')", equipped=False) == "5",
             what="the new column on node 1")
    env.wait_equal(cluster.nodes)
    env.wait(lambda: env.shell(one, "SELECT pages FROM Books", equipped=False) == "272", what="the new value")
    env.shell(one, "CREATE TABLE old AS SELECT * FROM Books")
    env.shell(one, "DROP TABLE Books")
    env.wait(lambda: env.shell(two, "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('old', 'Books')",
                               equipped=False) == "old", what="the dropped table on node 2")
    rows = env.wait_equal(cluster.nodes)
    check(len(rows["old"][1]) == 1, "the rows of CREATE TABLE AS")


def test_full_text_search_finds_rows_from_another_node(env):
    cluster = env.cluster(nodes=2)
    one, two = cluster.nodes
    env.shell(one, "CREATE VIRTUAL TABLE notes USING fts5(body)")
    env.shell(one, "INSERT INTO notes(body) VALUES ('a tomcat writes'), ('time is stolen')")
    found = "SELECT rowid FROM notes WHERE notes MATCH 'tomcat'"
    env.wait(lambda: env.shell(two, "SELECT count(*) FROM sqlite_schema WHERE name = 'notes'") == "1",
             what="the table on node 2")
    env.wait(lambda: env.shell(two, found, equipped=False) == "1", what="the match on node 2")
    check(env.shell(two, "INSERT INTO notes(notes) VALUES ('integrity-check')", equipped=False) == "", "FTS integrity")
