"""MySQL's own SQL through MySQL's own clients: types, strict mode, warnings, variables, SHOW."""
import datetime
import decimal
import sqlite3
import subprocess
from pathlib import Path

import patience
from harness import check
from test_mysql import clients, connect, info, shell

TABLE = """CREATE TABLE goods (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(20) NOT NULL,
  kind ENUM('new','used') NOT NULL DEFAULT 'new',
  price DECIMAL(10,2) DEFAULT NULL,
  sold DATETIME DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"""


def refusal(cursor, sql, arguments=None):
    """MySQL's number and sentence."""
    try:
        cursor.execute(sql, arguments)
    except clients().err.MySQLError as error:
        return error.args
    raise AssertionError(f"{sql} was taken")


def test_a_shell_defines_and_writes_and_another_node_reads(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = cluster.nodes
    shell(one, f"""{TABLE}; INSERT INTO goods (name, price, sold) VALUES ('it\\'s', 1.5, '2024-02-29 10:11:12'), ("Äpfel", 2, NULL);
        INSERT INTO goods (name, price) VALUES ('ÄPFEL', 7) ON DUPLICATE KEY UPDATE price = price + VALUES(price);
        REPLACE INTO goods (id, name) VALUES (7, 'seven'); UPDATE goods SET kind = 'used' WHERE name LIKE 'sev%'""", "app")
    env.wait_equal(cluster.nodes)
    rows = shell(two, "SELECT name, kind, price, sold FROM goods ORDER BY name", "app", "--skip-column-names")
    check(rows == "Äpfel\tnew\t9.00\tNULL\nit's\tnew\t1.50\t2024-02-29 10:11:12\nseven\tused\tNULL\tNULL\n", f"rows: {rows!r}")
    shown = shell(two, "SHOW CREATE TABLE goods", "app", "--skip-column-names", "--raw").split("\t", 1)[1].rstrip("\n")
    shell(two, shown.replace("`goods`", "`again`"), "app")
    again = shell(two, "SHOW CREATE TABLE again", "app", "--skip-column-names", "--raw").split("\t", 1)[1].rstrip("\n")
    check(again == shown.replace("`goods`", "`again`"), f"{shown}\nwas read as\n{again}")
    columns = shell(two, "SELECT column_name, column_type, column_key FROM information_schema.columns WHERE table_schema = 'app' AND"
                         " table_name = 'goods' ORDER BY ordinal_position", "app", "--skip-column-names")
    check(columns.splitlines()[2] == "kind\tenum('new','used')\t" and len(columns.splitlines()) == 5, f"columns: {columns}")
    warned = shell(two, "SET sql_mode = ''; INSERT INTO goods (name) VALUES ('longer than twenty characters'); SHOW WARNINGS", "app")
    check("for column 'name' at row 1" in warned, f"warnings: {warned}")


def dump(node, *words):
    """What mariadb-dump writes of the database, without its comments."""
    done = subprocess.run(["mariadb-dump", "--no-defaults", "-h", "127.0.0.1", "-P", str(node.mysql_port), "-u", "root", *words, "app"],
                          capture_output=True, text=True, timeout=patience.seconds(60))
    check(done.returncode == 0, f"mariadb-dump: {done.stderr}")
    return "".join(line for line in done.stdout.splitlines(True) if not line.startswith("--"))


def test_a_dump_is_read_back_on_another_node(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = cluster.nodes
    shell(one, f"{TABLE}; INSERT INTO goods (name, price, sold) VALUES ('it\\'s', 1.5, '2024-02-29 10:11:12'), ('Äpfel', 2, NULL)", "app")
    shell(one, """CREATE TABLE audit (what VARCHAR(40) PRIMARY KEY, price DECIMAL(10,2), CONSTRAINT kept CHECK (what <> ''), FULLTEXT KEY words (what));
        CREATE VIEW cheap AS SELECT name FROM goods WHERE price < 1.8;
        CREATE TRIGGER sold AFTER UPDATE ON goods FOR EACH ROW INSERT INTO audit VALUES (CONCAT('sold ', NEW.name), NEW.price)""", "app")
    shell(one, "UPDATE goods SET price = price + 1", "app")
    env.wait_equal(cluster.nodes)
    before = dump(two)
    check(dump(two, "--single-transaction") == before, "the same in one transaction")
    check("'sold Äpfel',3.00" in before and "VIEW `cheap`" in before and "TRIGGER `sold`" in before, f"the dump: {before}")
    found = shell(two, "SELECT price FROM audit WHERE MATCH (what) AGAINST ('apfel')", "app", "--skip-column-names")
    check(found == "3.00\n", f"found by another node: {found!r}")
    shell(one, "DROP VIEW cheap; DROP TABLE goods, audit", "app")
    env.wait_equal(cluster.nodes)
    shell(two, before, "app")
    env.wait_equal(cluster.nodes)
    check(dump(one) == before, f"{dump(one)}\nand not\n{before}")


def test_a_driver_is_told_what_mysql_would_say(env):
    pymysql = clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    connection = connect(node, autocommit=True)
    cursor = connection.cursor()
    cursor.execute(TABLE)
    cursor.execute("INSERT INTO goods (name, price) VALUES (%s, %s)", ("a\\b 'n' \"q\"", "3.10"))
    first = cursor.lastrowid
    check(2 ** 40 < first < 2 ** 53, f"an id that JavaScript holds: {first}")
    cursor.execute("SELECT LAST_INSERT_ID(), DATABASE(), CONNECTION_ID() > 0, @@autocommit, 1 + '1abc', name FROM goods")
    check(cursor.fetchall() == ((first, "app", 1, 1, 2.0, "a\\b 'n' \"q\""),), "functions of the session")
    check([column[1] for column in cursor.description][5] == 253, f"types: {cursor.description}")
    check(cursor.execute("UPDATE goods SET price = 3.1") == 0, "nothing has changed")
    check(cursor.execute("UPDATE goods SET price = 3.2") == 1, "one row has changed")
    finder = connect(node, autocommit=True, client_flag=pymysql.constants.CLIENT.FOUND_ROWS).cursor()
    check(finder.execute("UPDATE goods SET price = 3.2") == 1, "one row was found")
    for number, sentence, sql in (
            (1264, "Out of range value for column 'price' at row 1", "INSERT INTO goods (name, price) VALUES ('x', 1e9)"),
            (1265, "Data truncated for column 'kind' at row 2", "INSERT INTO goods (name, kind) VALUES ('x', 'new'), ('y', 'old')"),
            (1292, "Incorrect datetime value: 'soon' for column 'sold' at row 1", "UPDATE goods SET sold = 'soon'"),
            (1364, "Field 'name' doesn't have a default value", "INSERT INTO goods (price) VALUES (1)"),
            (1366, "Incorrect decimal value: 'much' for column 'price' at row 1", "UPDATE goods SET price = 'much'"),
            (1406, "Data too long for column 'name' at row 1", f"INSERT INTO goods (name) VALUES ('{'x' * 21}')"),
            (1048, "Column 'name' cannot be null", "INSERT INTO goods (name) VALUES (NULL)"),
            (1146, "Table 'app.gone' doesn't exist", "SELECT * FROM gone"),
            (1193, "Unknown system variable 'nothing'", "SELECT @@nothing")):
        said = refusal(cursor, sql)
        check(said == (number, sentence), f"{sql}: {said}")
    check(cursor.execute("SELECT * FROM goods") == 1, "what was refused has left nothing")
    several = connect(node, autocommit=True, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS).cursor()
    several.execute("SET @a = 2.5; SELECT @a * 2 AS twice; SELECT COUNT(*) FROM goods")
    answers = [several.fetchall() for _ in iter(several.nextset, None)]
    check([str(rows[0][0]) for rows in answers] == ["5.0", "1"], f"several answers: {answers}")


def test_transactions_and_prepared_statements(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    cursor = connect(node).cursor()
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, body TEXT)")
    cursor.execute("SET autocommit = 0")
    cursor.execute("INSERT INTO t VALUES (1, 'a')")
    cursor.execute("SAVEPOINT before_two")
    cursor.execute("INSERT INTO t VALUES (2, 'b')")
    cursor.execute("ROLLBACK TO before_two")
    check(refusal(cursor, "ROLLBACK TO nowhere") == (1305, "SAVEPOINT nowhere does not exist"), "an unknown savepoint")
    cursor.execute("COMMIT")
    cursor.execute("PREPARE q FROM 'SELECT body FROM t WHERE id = ?'")
    cursor.execute("SET @one = 1")
    cursor.execute("EXECUTE q USING @one")
    check(cursor.fetchall() == (("a",),), "what was committed")
    cursor.execute("START TRANSACTION READ ONLY")
    check(refusal(cursor, "DELETE FROM t")[0] == 1792, "a write in a transaction that only reads")


def test_a_statement_on_two_tables_is_done_whole_or_not_at_all(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    for autocommit in (True, False):
        cursor = connect(node, autocommit=autocommit).cursor()
        for table in ("a", "b"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, n TINYINT)")
            cursor.execute(f"INSERT INTO {table} VALUES (1, 1), (2, 100)")
        check(cursor.execute("UPDATE a JOIN b ON a.id = b.id SET a.n = 7, b.n = 8 WHERE a.id = 1") == 2, "a row of each")
        check(refusal(cursor, "UPDATE a JOIN b ON a.id = b.id SET a.n = 9, b.n = b.n * 2")[0] == 1264, "the second table's does not fit")
        cursor.execute("SELECT a.n, b.n FROM a JOIN b ON a.id = b.id ORDER BY a.id")
        check(cursor.fetchall() == ((7, 8), (100, 100)), "nothing of what failed is left")
        check(cursor.execute("DELETE a, b FROM a JOIN b ON a.id = b.id WHERE a.n = 7") == 2, "a row of each")
        cursor.execute("COMMIT")
        cursor.execute("SELECT (SELECT COUNT(*) FROM a), (SELECT COUNT(*) FROM b)")
        check(cursor.fetchall() == ((1, 1),), "one row of each is left")


def test_the_cluster_is_told_of_in_tables(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = cluster.nodes

    def ask(node, sql):
        return shell(node, sql, "app", "--skip-column-names")

    nodes = "SELECT node_id, state, role, is_self, connected FROM information_schema.murmel_cluster_nodes ORDER BY node_id"
    env.wait(lambda: ask(two, nodes) == "1\tALIVE\tvoter\tNO\tYES\n2\tALIVE\tvoter\tYES\tYES\n", 30,
             lambda: f"both nodes in {ask(two, nodes)!r}")
    shell(one, "CREATE TABLE hot (id INT PRIMARY KEY, v INT); INSERT INTO hot VALUES (1, 0)", "app")
    env.wait_equal(cluster.nodes)
    links = ask(one, "SELECT database_name, node_id, consistency, connected FROM information_schema.murmel_replication")
    check(links == "app\t2\tone\tYES\n", f"links: {links!r}")

    # Each writes in ignorance of the other.
    two.stop()
    shell(one, "UPDATE hot SET v = 1", "app")
    env.shell(two, "UPDATE hot SET v = 2")
    cluster.launch()
    env.wait_equal(cluster.nodes)
    lost = [ask(node, "SELECT database_name, table_name, reason, loser_row IS NOT NULL, conflict_time > '2020-01-01'"
                      " FROM information_schema.murmel_conflicts") for node in cluster.nodes]
    check("app\thot\tconcurrent\t1\t1\n" in lost, f"conflicts: {lost}")


def test_translation_can_be_switched_off(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = cluster.nodes
    connection = connect(one)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE m (id INT PRIMARY KEY, name VARCHAR(10))")
        cursor.execute("SET murmel_transpilation = OFF")
        cursor.execute("CREATE TABLE plain(a INTEGER PRIMARY KEY, b ANY) STRICT -- ; as SQLite has it")
        cursor.execute("INSERT OR REPLACE INTO plain VALUES (1, 'x;y'), (2, 1.5) RETURNING a")
        cursor.execute("INSERT INTO m VALUES (1, 'one')")
        cursor.execute("CREATE TRIGGER plain_log AFTER DELETE ON plain BEGIN INSERT INTO plain VALUES (old.a + 10, 'gone'); END")
        check(cursor.execute("WITH old(a) AS (VALUES (2)) DELETE FROM plain WHERE a IN (SELECT a FROM old)") == 1, "rows deleted")
        cursor.execute("SELECT a || ':' || b FROM plain ORDER BY a")
        check([row[0] for row in cursor.fetchall()] == ["1:x;y", "12:gone"], "what SQLite's || gives")
        cursor.execute("PRAGMA table_info(m)")
        check([row[1] for row in cursor.fetchall()] == ["id", "name"], "the columns")
        for text in ("PRAGMA journal_mode = DELETE", "ATTACH 'x.db' AS x", "VACUUM", "SELECT load_extension('x')",
                     "PRAGMA writable_schema = 1", "DELETE FROM __murmel_log", "SELECT readfile('/etc/passwd')"):
            refusal(cursor, text)
        for text in ("BEGIN", "INSERT INTO plain VALUES (30, 'undone')", "ROLLBACK"):
            cursor.execute(text)
        cursor.execute("SET marmot_transpilation = ON")
        cursor.execute("SELECT CONCAT(name, '!') FROM m")
        check(cursor.fetchone() == ("one!",), "MySQL's SQL again")
    connection.close()
    env.wait_equal(cluster.nodes)
    shell(one, "CREATE USER weak; GRANT ALL ON app.* TO weak", "app")
    check("1227" in denied(one, "SET murmel_transpilation = OFF; SELECT 1"), "who may bypass the checks of privileges")


def denied(node, sql):
    done = subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(node.mysql_port), "-u", "weak", "app", "-e", sql],
                          capture_output=True, text=True, timeout=patience.seconds(60))
    return done.stderr


def test_extensions_are_loaded_from_their_folder_only(env):
    clients()
    folder = env.dir / "extensions"
    folder.mkdir()
    source = Path(__file__).with_name("half.cc")
    subprocess.run(["c++", "-shared", "-fPIC", str(source), "-o", str(folder / "half.so")], check=True)
    cluster = env.cluster(nodes=1, mysql=True, extra={"mysql": {"extension_directory": str(folder)}})
    connection = connect(cluster.nodes[0])
    with connection.cursor() as cursor:
        cursor.execute("LOAD EXTENSION half")
        cursor.execute("SET murmel_transpilation = OFF")
        cursor.execute("SELECT half(5)")
        check(cursor.fetchone()[0] == "2.5", "what the extension's function gives")
        for name in ("nothing", "'../extensions/half'", "'/etc/passwd'"):
            check(refusal(cursor, f"LOAD EXTENSION {name}")[0] == 1105, f"{name} was not refused")
    connection.close()


def test_what_was_prepared_follows_the_schema(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    one, other = connect(node, autocommit=True), connect(node, autocommit=True)
    with one.cursor() as cursor, other.cursor() as changes:
        def names():
            cursor.execute("SELECT * FROM t WHERE id = 1")
            cursor.fetchall()
            return [column[0] for column in cursor.description]

        changes.execute("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(5))")
        for number in (1, 2, 3):
            cursor.execute("INSERT INTO t VALUES (%s, %s)", (number, str(number)))
        check(names() == ["id", "a"], "two columns")
        changes.execute("ALTER TABLE t ADD COLUMN b INT DEFAULT 7")
        check(names() == ["id", "a", "b"], "the new column")
        check(refusal(cursor, "INSERT INTO t VALUES (4, '4')")[0] == 1136, "too few values by now")
        changes.execute("ALTER TABLE t MODIFY a INT")
        cursor.execute("INSERT INTO t VALUES (4, '4', 1)")
        cursor.execute("SELECT a + 1 FROM t WHERE id = 4")
        check(cursor.fetchone() == (5,), "a number by now")
        cursor.execute("SET sql_mode = 'ANSI_QUOTES'")
        cursor.execute('SELECT "a" FROM t WHERE id = 4')
        check(cursor.fetchone() == (4,), "a name, no text")
        changes.execute("DROP TABLE t")
        check(refusal(cursor, "SELECT * FROM t WHERE id = 1")[0] == 1146, "there is none")
    one.close()
    other.close()


def test_foreign_keys_over_texts_hold_on_all_nodes(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = (connect(node, autocommit=True) for node in cluster.nodes)
    with one.cursor() as cursor, two.cursor() as other:
        cursor.execute("CREATE TABLE users (id VARCHAR(36) NOT NULL PRIMARY KEY, name VARCHAR(20))")
        cursor.execute("CREATE TABLE posts (id INT PRIMARY KEY, user_id VARCHAR(36) NOT NULL,"
                       " CONSTRAINT written_by FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)")
        cursor.execute("INSERT INTO users VALUES ('a-1', 'Anna'), ('b-2', 'Bert')")
        cursor.execute("INSERT INTO posts VALUES (1, 'a-1'), (2, 'b-2')")
        # Makes the table anew; nothing is deleted with the old one.
        cursor.execute("ALTER TABLE users ADD COLUMN born DATE FIRST, MODIFY name VARCHAR(100) NOT NULL")
        env.wait_equal(cluster.nodes)
        other.execute("SELECT user_id FROM posts ORDER BY id")
        check(other.fetchall() == (("a-1",), ("b-2",)), "the posts")
        check(refusal(other, "INSERT INTO posts VALUES (3, 'nobody')")[0] == 1452, "a post of nobody")
        check(refusal(other, "ALTER TABLE users DROP COLUMN id")[0] == 1829, "a column that is needed")
        other.execute("DELETE FROM users WHERE id = 'A-1'")
        env.wait_equal(cluster.nodes)
        cursor.execute("SELECT user_id FROM posts")
        check(cursor.fetchall() == (("b-2",),), "what is left")
        check(refusal(cursor, "INSERT INTO posts VALUES (3, 'nobody')")[0] == 1452, "a post of nobody")
        cursor.execute("SHOW INDEX FROM posts")
        check([row[2] for row in cursor.fetchall()] == ["PRIMARY", "written_by"], "the keys that MySQL knows")
    one.close()
    two.close()


def test_foreign_keys_are_switched_off_and_on_within_a_transaction(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = (connect(node) for node in cluster.nodes)
    with one.cursor() as cursor, two.cursor() as other:
        cursor.execute("CREATE TABLE parent (id INT PRIMARY KEY)")
        cursor.execute("CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id))")
        check(refusal(cursor, "INSERT INTO child VALUES (1, 1)")[0] == 1452, "a child without a parent")
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute("INSERT INTO child VALUES (1, 1), (2, 2)")  # as a fixture has them: children first
        cursor.execute("SET foreign_key_checks = 1")
        check(refusal(cursor, "INSERT INTO child VALUES (3, 3)")[0] == 1452, "the next one is looked at again")
        cursor.execute("INSERT INTO parent VALUES (1)")
        one.commit()
        env.wait_equal(cluster.nodes)
        other.execute("SELECT id, parent FROM child ORDER BY id")
        check(other.fetchall() == ((1, 1), (2, 2)), "both children are on the other node")
        check(refusal(cursor, "DELETE FROM parent WHERE id = 1")[0] == 1451, "and hold their parent")
    one.close()
    two.close()


def test_json_documents_are_read_as_tables(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    connection = connect(node, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE orders (id INT PRIMARY KEY, lines_of JSON)")
        cursor.execute("INSERT INTO orders VALUES (1, %s), (2, '[]')", ('[{"sku": "a", "price": 1.5}, {"sku": "b"}]',))
        cursor.execute("CREATE VIEW order_lines AS SELECT id, n, sku, price FROM orders JOIN JSON_TABLE(lines_of, '$[*]'"
                       " COLUMNS (n FOR ORDINALITY, sku VARCHAR(10) PATH '$.sku',"
                       " price DECIMAL(6,2) PATH '$.price' DEFAULT '0' ON EMPTY)) AS line")
        cursor.execute("SELECT * FROM order_lines")
        check([column[0] for column in cursor.description] == ["id", "n", "sku", "price"], "the names of columns")
        rows = [(1, 1, "a", decimal.Decimal("1.50")), (1, 2, "b", decimal.Decimal("0.00"))]
        found = sorted(cursor.fetchall())
        check(found == rows, f"a row for each line, not {found}")
        cursor.execute("SELECT v FROM JSON_TABLE(%s, '$[*]' COLUMNS (v INT PATH '$')) AS t WHERE v > %s", ("[1, 2, 3]", 1))
        check(cursor.fetchall() == ((2,), (3,)), "a document of the client's")
        missing = "SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (v INT PATH '$.a' ERROR ON EMPTY)) AS t"
        check(refusal(cursor, missing) == (3665, "Missing value for JSON_TABLE column 'v'"), "what is missing")
        check(refusal(cursor, "SELECT * FROM JSON_TABLE('[', '$[*]' COLUMNS (v INT PATH '$')) AS t")[0] == 3141, "no JSON")
    connection.close()


def test_locks_by_name(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    one, two = connect(node), connect(node)
    with one.cursor() as cursor, two.cursor() as other:
        def ask(of, sql):
            of.execute("SELECT " + sql)
            return of.fetchone()[0]

        check(ask(cursor, "GET_LOCK('Migration', 0)") == 1, "the first")
        check(ask(other, "GET_LOCK('migration', 0)") == 0, "the second has to wait")
        check(ask(other, "IS_USED_LOCK('migration')") == ask(cursor, "CONNECTION_ID()"), "whose it is")
        one.close()
        check(ask(other, "GET_LOCK('migration', 20)") == 1, "the first has gone")
        check(ask(other, "RELEASE_ALL_LOCKS()") == 1, "one lock")
        check(ask(other, "SLEEP(0.01)") == 0, "not interrupted")
    two.close()


def test_times_are_those_of_the_session_and_groups_those_of_sql_mode(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = (connect(node, autocommit=True) for node in cluster.nodes)
    with one.cursor() as cursor, two.cursor() as other:
        cursor.execute("CREATE TABLE visits (id INT PRIMARY KEY, at TIMESTAMP NOT NULL, place VARCHAR(10), paid DECIMAL(6,2), KEY at (at))")
        cursor.execute("SET time_zone = '+05:00'")
        cursor.execute("INSERT INTO visits VALUES (1, '2024-06-01 02:00:00', 'sea', 1.5), (2, '2024-06-01 12:00:00', 'sea', 2)")
        env.wait_equal(cluster.nodes)
        other.execute("SET time_zone = 'UTC'")
        other.execute("SELECT CAST(at AS CHAR) FROM visits WHERE at < %s ORDER BY at", ("2024-06-01",))
        check(other.fetchall() == (("2024-05-31 21:00:00",),), "the first one, in UTC")
        file = sqlite3.connect(f"file:{cluster.nodes[1].path('app')}?mode=ro", uri=True)
        stored = file.execute("SELECT at FROM visits ORDER BY id").fetchall()
        file.close()
        check(stored == [("2024-05-31 21:00:00",), ("2024-06-01 07:00:00",)], f"what an application sees: {stored}")
        other.execute("SELECT COALESCE(SUM(paid), 0), AVG(paid) FROM visits WHERE id > 5")
        check([str(value) for value in other.fetchone()] == ["0.00", "None"], "digits of DECIMAL")
        check(refusal(other, "SELECT place, at FROM visits GROUP BY place")[0] == 1055, "which of the times?")
        other.execute("SET sql_mode = 'NO_ENGINE_SUBSTITUTION'")
        other.execute("SELECT place, COUNT(*), at IS NULL FROM visits GROUP BY place")
        check(other.fetchone()[:2] == ("sea", 2), "any of them")
    one.close()
    two.close()


def test_rows_are_updated_in_the_order_that_the_statement_says(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, _ = cluster.nodes
    connection = connect(one, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE place (id INT PRIMARY KEY, name VARCHAR(9), n INT)")
    cursor.execute("INSERT INTO place VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0)")

    def rows():
        cursor.execute("SELECT id, name, n FROM place ORDER BY id")
        return cursor.fetchall()

    check(refusal(cursor, "UPDATE place SET id = id + 1 ORDER BY id") == (1062, "Duplicate entry '2' for key 'place.PRIMARY'"), "in the way")
    check(cursor.execute("UPDATE place SET id = id + %s WHERE name <> %s ORDER BY id DESC", (1, "a")) == 2, "rows of an order that goes")
    cursor.execute("SET @n = 0")
    check(cursor.execute("UPDATE place SET n = (@n := @n + 10) ORDER BY name DESC LIMIT 2") == 2, "numbers in an order")
    check(rows() == ((1, "a", 0), (3, "b", 20), (4, "c", 10)), f"rows: {rows()}")
    check(cursor.execute("UPDATE IGNORE place SET id = id + 1, n = n + 5 ORDER BY id") == 2, "one row in the way")
    check(info(cursor).startswith("Rows matched: 3  Changed: 2"), f"said: {info(cursor)}")
    check(rows()[1] == (3, "b", 20), f"rows: {rows()}")
    cursor.execute("UPDATE place SET id = id - 1, n = n - 5 WHERE name <> 'b' ORDER BY id")
    cursor.execute("ALTER TABLE place ADD CONSTRAINT small CHECK (n < 50)")
    check(cursor.execute("UPDATE IGNORE place SET n = n + 30 WHERE id > 1") == 1, "one row that a constraint refuses")
    check(info(cursor) == "Rows matched: 2  Changed: 1  Warnings: 1", f"said: {info(cursor)}")
    cursor.execute("UPDATE place SET n = 10 WHERE name = 'c'")
    # Of a statement that fails behind some of its rows nothing stays, and all of the transaction before it.
    connection.begin()
    cursor.execute("UPDATE place SET n = 1 WHERE id = 1")
    check(refusal(cursor, "UPDATE place SET id = id - 1, n = 7 WHERE id > 1 ORDER BY id DESC")[0] == 1062, "in the way")
    check(rows() == ((1, "a", 1), (3, "b", 20), (4, "c", 10)), f"rows in the transaction: {rows()}")
    check(cursor.execute("UPDATE place SET id = id - 1 WHERE id > 1 ORDER BY id") == 2, "the other way round")
    connection.commit()
    env.wait_equal(cluster.nodes)
    check(rows() == ((1, "a", 1), (2, "b", 20), (3, "c", 10)), f"rows: {rows()}")


def test_derived_tables_may_look_at_the_row_to_their_left(env):
    clients()
    cluster = env.cluster(nodes=1, mysql=True)
    cursor = connect(cluster.nodes[0], autocommit=True).cursor()
    cursor.execute("CREATE TABLE shop (id INT PRIMARY KEY, name VARCHAR(9))")
    cursor.execute("CREATE TABLE sale (id INT PRIMARY KEY, shop INT, price DECIMAL(8,2), body BLOB)")
    cursor.execute("INSERT INTO shop VALUES (1, 'north'), (2, 'south'), (3, 'none')")
    cursor.execute("INSERT INTO sale VALUES (1, 1, 10.50, x'00ff'), (2, 1, 22.25, NULL), (3, 2, 5, 'a')")
    cursor.execute("CREATE VIEW best AS SELECT shop.name, d.* FROM shop LEFT JOIN LATERAL"
                   " (SELECT price, HEX(body) AS body FROM sale WHERE shop = shop.id ORDER BY price LIMIT 1) AS d ON TRUE")
    cursor.execute("SELECT * FROM best ORDER BY price DESC")
    rows = [tuple(map(str, row)) for row in cursor.fetchall()]
    check(rows == [("north", "10.50", "00FF"), ("south", "5.00", "61"), ("none", "None", "None")], f"a view of each shop's least price: {rows}")
    cursor.execute("SELECT name, n FROM shop, LATERAL (SELECT COUNT(*) AS n FROM sale WHERE shop = shop.id AND price > %s) AS d"
                   " WHERE n > %s ORDER BY name", (6, 0))
    check(cursor.fetchall() == (("north", 2),), "with values")


def test_columns_are_described_in_parentheses_and_behind_a_sort(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    with connect(node, autocommit=True).cursor() as cursor:
        for sql, names, rows in (
                ("(SELECT 1 AS a) UNION (SELECT 2) ORDER BY a", ["a"], ((1,), (2,))),
                ("(SELECT 1 AS a, 'x' AS b) EXCEPT (SELECT 2, 'x')", ["a", "b"], ((1, "x"),)),
                ("((SELECT 1 AS a) INTERSECT (SELECT 1)) UNION ALL (SELECT 3)", ["a"], ((1,), (3,))),
                ("(SELECT (SELECT 7) AS a)", ["a"], ((7,),)),
                ("VALUES ROW(1, 'x'), ROW(2, 'y')", ["column_0", "column_1"], ((1, "x"), (2, "y")))):
            cursor.execute(sql)
            check([column[0] for column in cursor.description] == names, f"{sql}: {cursor.description}")
            check(cursor.fetchall() == rows, f"the rows of {sql}")
        cursor.execute("CREATE TABLE visits (id INT PRIMARY KEY, at DATETIME(6))")
        cursor.execute("INSERT INTO visits VALUES (1, '2024-06-02 12:00:00.25'), (2, '2024-06-01 02:00:00')")
        moment = datetime.datetime
        for expression, first in (("CAST(DATE_FORMAT(at, '%Y-%m-01') AS DATETIME)", moment(2024, 6, 1)),
                                  ("CAST(at AS DATETIME(3))", moment(2024, 6, 1, 2)),
                                  ("CAST(at AS TIME)", datetime.timedelta(hours=2)),
                                  ("DATE(at)", datetime.date(2024, 6, 1)),
                                  ("LAST_DAY(at)", datetime.date(2024, 6, 30)),
                                  ("TIME(at)", datetime.timedelta(hours=2)),
                                  ("at + INTERVAL 1 DAY", moment(2024, 6, 2, 2)),
                                  ("at - INTERVAL 500000 MICROSECOND", moment(2024, 6, 1, 1, 59, 59, 500000)),
                                  ("DATE(at) - INTERVAL 1 MONTH", datetime.date(2024, 5, 1)),
                                  ("DATE(at) + INTERVAL 90 MINUTE", moment(2024, 6, 1, 1, 30)),
                                  ("COALESCE(DATE(at), CURRENT_DATE)", datetime.date(2024, 6, 1)),
                                  ("CONVERT_TZ(at, '+00:00', '+02:00')", moment(2024, 6, 1, 4))):
            cursor.execute(f"SELECT DISTINCT {expression} AS it FROM visits ORDER BY it")
            check(cursor.fetchall()[0] == (first,), f"{expression} has its type when rows are sorted")
        cursor.execute("SELECT NOW(6) = CAST(NOW(6) AS DATETIME(6)), CAST('2024-06-01' AS DATETIME(6)) = '2024-06-01 00:00:00'")
        check(cursor.fetchone() == (1, 1), "moments with fractions are equal")
        cursor.execute("CREATE TABLE words (id INT PRIMARY KEY, some SET('a', 'bc', 'żółć'), code VARCHAR(9) NOT NULL, UNIQUE KEY of_code (code))")
        cursor.execute("SELECT some FROM words")
        check(cursor.description[0][3] == 4 * len("a,bc,żółć"), f"a SET is as long as all its words: {cursor.description}")
        cursor.execute("CREATE TABLE texts (id INT PRIMARY KEY, code VARCHAR(9), FOREIGN KEY (code) REFERENCES words (code), "
                       "word INT, FOREIGN KEY (word) REFERENCES words (id))")
        cursor.execute("SELECT unique_constraint_name FROM information_schema.referential_constraints ORDER BY constraint_name")
        check(cursor.fetchall() == (("of_code",), ("PRIMARY",)), "which key of the parent a foreign key is about")


def test_views_have_the_types_of_what_they_compute(env):
    clients()
    cursor = connect(env.cluster(nodes=1, mysql=True).nodes[0], autocommit=True).cursor()
    cursor.execute("CREATE TABLE t (id INT, w DECIMAL(6,2))")
    cursor.execute("INSERT INTO t VALUES (1, 9.5), (2, 10.5), (3, 100)")
    cursor.execute("CREATE VIEW sums AS SELECT id, SUM(w) AS s, CAST(18446744073709551615 AS UNSIGNED) AS u FROM t GROUP BY id")
    cursor.execute("CREATE VIEW a_view_of_it AS SELECT s, s * 2 AS double_s, u FROM sums")
    cursor.execute("SELECT s, double_s, u FROM a_view_of_it ORDER BY s")
    check([tuple(str(value) for value in row) for row in cursor.fetchall()] ==
          [("9.50", "19.00", "18446744073709551615"), ("10.50", "21.00", "18446744073709551615"), ("100.00", "200.00", "18446744073709551615")],
          "numbers are in the order of numbers, and have their digits and sign")
    cursor.execute("SELECT data_type FROM information_schema.columns WHERE table_name = 'a_view_of_it' ORDER BY ordinal_position")
    check([row[0] for row in cursor.fetchall()] == ["decimal", "decimal", "bigint"], "and are told so")


def test_a_temporary_table_hides_one_of_its_name_and_leaves_it_alone(env):
    clients()
    cursor = connect(env.cluster(nodes=1, mysql=True).nodes[0], autocommit=True).cursor()

    def rows(sql):
        cursor.execute(sql)
        return cursor.fetchall()
    cursor.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, lasting INT)")
    cursor.execute("INSERT INTO t (lasting) VALUES (10), (20)")
    check(rows("SELECT * FROM t") == ((1, 10), (2, 20)), "what lasts is there")
    check(refusal(cursor, "DROP TEMPORARY TABLE t")[0] == 1051, "it is not dropped as a temporary one")
    cursor.execute("CREATE TEMPORARY TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, passing VARCHAR(5), KEY (passing))")
    check(rows("SELECT * FROM t") == (), "the same text is about the temporary table now")
    cursor.execute("INSERT INTO t (passing) VALUES ('a'), ('b')")
    check(rows("SELECT * FROM t") == ((1, "a"), (2, "b")), "whose numbers are its own")
    check([row[0] for row in rows("SHOW COLUMNS FROM t")] == ["id", "passing"], "SHOW COLUMNS tells of it")
    check([row[2] for row in rows("SHOW INDEX FROM t")] == ["PRIMARY", "passing"], "so does SHOW INDEX")
    check(rows("SHOW CREATE TABLE t")[0][1].startswith("CREATE TEMPORARY TABLE `t`"), "and SHOW CREATE TABLE")
    cursor.execute("DROP TABLE t")
    check(rows("SELECT * FROM t") == ((1, 10), (2, 20)), "then the lasting one is back")
    cursor.execute("CREATE TEMPORARY TABLE u (a INT)")
    check(rows("SELECT * FROM u") == (), "another temporary table")
    cursor.execute("DROP TABLE u")
    cursor.execute("CREATE TEMPORARY TABLE u (a INT, b INT)")
    cursor.execute("INSERT INTO u VALUES (1, 2)")
    check(rows("SELECT * FROM u") == ((1, 2),), "and what was prepared for it follows its columns")


def test_what_drop_did_not_find_is_a_note(env):
    clients()
    cursor = connect(env.cluster(nodes=1, mysql=True).nodes[0], autocommit=True).cursor()
    for statement, note in (("TABLE IF EXISTS nope", (1051, "Unknown table 'app.nope'")), ("TRIGGER IF EXISTS nope", (1360, "Trigger does not exist")),
                            ("FUNCTION IF EXISTS nope", (1305, "FUNCTION app.nope does not exist")),
                            ("PROCEDURE IF EXISTS nope", (1305, "PROCEDURE app.nope does not exist"))):
        cursor.execute(f"DROP {statement}")
        cursor.execute("SHOW WARNINGS")
        check(cursor.fetchall() == (("Note", *note),), f"DROP {statement}")
    check(refusal(cursor, "DROP PROCEDURE nope")[0] == 1305, "without IF EXISTS it is an error")


def test_recursion_has_an_end(env):
    clients()
    cursor = connect(env.cluster(nodes=1, mysql=True).nodes[0], autocommit=True).cursor()
    cursor.execute("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT MAX(i) FROM n")
    check(cursor.fetchall() == ((1000,),), "a thousand levels are no more than MySQL allows")
    endless = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
    check(refusal(cursor, endless) == (3636, "Recursive query aborted after 1001 iterations. Try increasing @@cte_max_recursion_depth to a larger value."),
          "one more is an error")
    cursor.execute("SET cte_max_recursion_depth = 20")
    check(refusal(cursor, endless)[0] == 3636, "the session may set another end")
    cursor.execute("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT MAX(i) FROM n")
    check(cursor.fetchall() == ((20,),), "and gets that far")
