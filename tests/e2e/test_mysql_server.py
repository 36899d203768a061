"""What clients ask of the server as a whole: variables, status, the schema `mysql`, databases, and errors that name values."""
import sqlite3

from harness import check
from test_mysql import clients, connect, shell
from test_mysql import info as told
from test_mysql_sql import refusal


def one_node(env, **options):
    clients()
    node = env.cluster(nodes=1, mysql=True, **options).nodes[0]
    connection = connect(node, autocommit=True)
    return node, connection, connection.cursor()


def value(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchone()[-1]


def test_a_duplicate_is_told_by_its_value_and_key(env):
    _, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (a INT, b VARCHAR(80), c VARBINARY(8), d DECIMAL(6,2), PRIMARY KEY (a, b), UNIQUE KEY c (c), UNIQUE KEY d (d))")
    cursor.execute("INSERT INTO t VALUES (1, 'x', x'00ff41', 1.5), (2, 'yyyy', x'02', 2)")

    def said(sql):
        return refusal(cursor, sql)[1]
    check(said("INSERT INTO t VALUES (1, 'X', x'03', 3)") == "Duplicate entry '1-X' for key 't.PRIMARY'", "several columns")
    check(said("INSERT INTO t VALUES (5, 'q', x'05', 5), (1, 'r', x'00FF41', 9)") == r"Duplicate entry '\x00\xFFA' for key 't.c'", "bytes")
    check(said("INSERT INTO t SELECT a + 10, CONCAT(b, 'zz'), NULL, 2.004 FROM t WHERE a = 1") == "Duplicate entry '2.00' for key 't.d'", "a query")
    check(said("UPDATE t SET a = 2, b = 'yyyy' WHERE a = 1") == "Duplicate entry '2-yyyy' for key 't.PRIMARY'", "UPDATE")
    check(said("UPDATE t SET d = 7 ORDER BY a") == "Duplicate entry '7.00' for key 't.d'", "UPDATE of two rows to one value")
    check(said("INSERT INTO t (a, b, c) VALUES (1, 'x', x'09') ON DUPLICATE KEY UPDATE c = x'02'") == r"Duplicate entry '\x02' for key 't.c'",
          "ON DUPLICATE KEY UPDATE")
    check(said("INSERT INTO t VALUES (1, 'x', x'00ff41', 1.5)") == "Duplicate entry '1-x' for key 't.PRIMARY'", "of several keys the first one")
    long = "l" * 80
    cursor.execute(f"INSERT INTO t (a, b) VALUES (9, '{long}')")
    check(said(f"INSERT INTO t (a, b) VALUES (9, '{long}')") == f"Duplicate entry '9-{'l' * 62}' for key 't.PRIMARY'", "a long value")
    cursor.execute("CREATE TABLE p (a VARCHAR(20), b BLOB, c BLOB, PRIMARY KEY (a(2)), UNIQUE KEY b (b(3)), UNIQUE KEY c (c(12)))")
    cursor.execute("INSERT INTO p VALUES ('żółw', 'abcd', 'abcdefghijklmn')")
    check(said("INSERT INTO p VALUES ('ŻÓŁĆ', 'x', 'x')") == "Duplicate entry 'ŻÓ' for key 'p.PRIMARY'", "a prefix")
    check(said("INSERT INTO p VALUES ('x', 'abcx', 'x')") == "Duplicate entry 'abc' for key 'p.b'", "of bytes")
    check(said("INSERT INTO p VALUES ('x', 'x', 'abcdefghijklxy')") == "Duplicate entry 'abcdefghijklxy' for key 'p.c'", "of a longer BLOB")
    cursor.execute("BEGIN")
    cursor.execute("INSERT INTO t (a, b) VALUES (20, 'aaaa')")
    check(said("INSERT INTO t (a, b) VALUES (20, 'AAAA')") == "Duplicate entry '20-AAAA' for key 't.PRIMARY'", "within a transaction")
    cursor.execute("COMMIT")
    check(value(cursor, "SELECT COUNT(*) FROM t") == 4, "what was refused has left nothing, what was not is there")


def test_keys_are_in_the_order_that_mysql_gives_them(env):
    _, _, cursor = one_node(env)
    cursor.execute("""CREATE TABLE t (a INT, b VARCHAR(20) NOT NULL, c TINYBLOB, d TEXT NOT NULL, KEY plain (a), FULLTEXT KEY words (d), UNIQUE part (c(9)),
        UNIQUE nulls (a), UNIQUE start (b(3)), UNIQUE whole (b), UNIQUE tiny (c(255)), PRIMARY KEY (d(4)))""")
    cursor.execute("ALTER TABLE t ADD UNIQUE added (b, d(2)), ADD KEY last (b)")
    cursor.execute("SHOW INDEX FROM t")
    names = list(dict.fromkeys(row[2] for row in cursor.fetchall()))
    check(names == ["PRIMARY", "whole", "start", "added", "nulls", "tiny", "part", "plain", "last", "words"], f"SHOW INDEX: {names}")
    cursor.execute("INSERT INTO t VALUES (1, 'abc', 'x', 'text')")
    check(refusal(cursor, "INSERT INTO t VALUES (1, 'abcd', 'x', 'other')")[1] == "Duplicate entry 'abc' for key 't.start'", "the first one is told")


def test_a_statement_may_end_with_the_end_of_a_string(env):
    _, _, cursor = one_node(env)
    check(cursor.execute("SELECT 5\0") == 1 and cursor.fetchall() == ((5,),), "as mysqlslap sends it")
    check(refusal(cursor, "SELECT 5\0\0")[0] == 1064 and refusal(cursor, "SELECT \0 5")[0] == 1064, "not elsewhere")
    check(cursor.execute("SHOW REPLICAS") == 0 and cursor.execute("SHOW SLAVE HOSTS") == 0, "no replicas of MySQL's kind")


def test_replace_and_on_duplicate_key_update_count_as_mysql(env):
    pymysql = clients()
    node, connection, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, n INT UNIQUE)")
    finder = connect(node, autocommit=True, client_flag=pymysql.constants.CLIENT.FOUND_ROWS).cursor()
    for sql, rows, info in (
            ("INSERT INTO t VALUES (1, 1), (2, 2)", 2, "Records: 2  Duplicates: 0  Warnings: 0"),
            ("REPLACE INTO t VALUES (3, 3)", 1, ""),
            ("REPLACE INTO t VALUES (3, 4)", 2, ""),
            ("REPLACE INTO t VALUES (1, 2)", 3, ""),
            ("REPLACE INTO t VALUES (5, 5), (3, 9)", 3, "Records: 2  Duplicates: 1  Warnings: 0"),
            ("INSERT INTO t VALUES (6, 6) ON DUPLICATE KEY UPDATE n = 60", 1, ""),
            ("INSERT INTO t VALUES (6, 6) ON DUPLICATE KEY UPDATE n = 60", 2, ""),
            ("INSERT INTO t VALUES (6, 6) ON DUPLICATE KEY UPDATE n = 60", 0, ""),
            ("INSERT INTO t VALUES (6, 6), (7, 7) ON DUPLICATE KEY UPDATE n = 61", 3, "Records: 2  Duplicates: 1  Warnings: 0"),
            ("INSERT INTO t SELECT 8, 8", 1, "Records: 1  Duplicates: 0  Warnings: 0"),
            ("UPDATE t SET n = 62 WHERE id = 6", 1, "Rows matched: 1  Changed: 1  Warnings: 0"),
            ("UPDATE t SET n = 61 WHERE id = 6", 1, "Rows matched: 1  Changed: 1  Warnings: 0")):
        check(cursor.execute(sql) == rows, f"{sql}: {cursor.rowcount}")
        check(told(cursor) == info, f"{sql}: {told(cursor)}")
    check(finder.execute("INSERT INTO t VALUES (6, 6) ON DUPLICATE KEY UPDATE n = 61") == 1, "CLIENT_FOUND_ROWS: 1 for one that stays as it is")


def test_set_transaction_holds_for_the_next_one(env):
    _, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT)")
    cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY")
    cursor.execute("BEGIN")
    check(refusal(cursor, "INSERT INTO t VALUES (1)")[0] == 1792, "READ ONLY")
    check(refusal(cursor, "SET TRANSACTION READ WRITE") ==
          (1568, "Transaction characteristics can't be changed while a transaction is in progress"), "not within one")
    cursor.execute("COMMIT")
    cursor.execute("BEGIN")
    check(cursor.execute("INSERT INTO t VALUES (1)") == 1 and value(cursor, "SELECT @@transaction_isolation") == "REPEATABLE-READ", "the one after it")
    cursor.execute("COMMIT")
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.execute("BEGIN")
    cursor.execute("COMMIT")
    cursor.execute("BEGIN")
    check(refusal(cursor, "INSERT INTO t VALUES (1)")[0] == 1792, "SESSION: all that come")


def test_who_writes_to_a_locked_table_waits(env):
    node, _, cursor = one_node(env)
    for table in ("t", "u", "v"):
        cursor.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY)")
    other = connect(node, autocommit=True).cursor()
    other.execute("SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 1")
    cursor.execute("LOCK TABLES t WRITE, u READ")
    check(cursor.execute("INSERT INTO t VALUES (1)") == 1 and cursor.execute("SELECT * FROM u") == 0, "the locked ones are there to be used")
    check(refusal(cursor, "INSERT INTO u VALUES (1)") == (1099, "Table 'u' was locked with a READ lock and can't be updated"), "READ")
    check(refusal(cursor, "SELECT * FROM v") == (1100, "Table 'v' was not locked with LOCK TABLES"), "and no others")
    check(other.execute("SELECT * FROM t") == 1 and other.execute("INSERT INTO v VALUES (1)") == 1, "others read it, and write elsewhere")
    check(refusal(other, "INSERT INTO t VALUES (2)")[0] == 1205 and refusal(other, "INSERT INTO u VALUES (2)")[0] == 1205, "they wait to write")
    check(refusal(other, "LOCK TABLES t READ")[0] == 1205 and other.execute("LOCK TABLES u READ") == 0, "READ goes with READ")
    other.execute("UNLOCK TABLES")
    cursor.execute("UNLOCK TABLES")
    check(other.execute("INSERT INTO t VALUES (2)") == 1, "then they write")
    check(refusal(other, "LOCK TABLES nothing READ")[0] == 1146, "a table that is not there")


def test_global_variables_are_the_nodes_and_new_sessions_see_them(env):
    node, _, cursor = one_node(env)
    other = connect(node).cursor()
    cursor.execute("SET GLOBAL sql_mode = 'ANSI_QUOTES', GLOBAL wait_timeout = 77")
    cursor.execute("SET PERSIST group_concat_max_len = 2048")
    check(value(cursor, "SELECT @@global.sql_mode") == "ANSI_QUOTES" and value(other, "SELECT @@global.wait_timeout") == 77, "global values")
    check("STRICT" in value(other, "SELECT @@sql_mode"), "sessions keep theirs")
    fresh = connect(node).cursor()
    check(value(fresh, "SELECT @@session.sql_mode") == "ANSI_QUOTES" and value(fresh, "SHOW VARIABLES LIKE 'wait_timeout'") == "77", "new ones have them")
    check(value(fresh, "SHOW GLOBAL VARIABLES LIKE 'group_concat_max_len'") == "2048", "PERSIST is GLOBAL too")
    cursor.execute("SET GLOBAL sql_mode = DEFAULT")
    check(refusal(cursor, "SET GLOBAL version = 'x'") == (1238, "Variable 'version' is a read only variable"), "read only")
    check(refusal(cursor, "SET local_infile = 1")[0] == 1229, "only GLOBAL")
    check(refusal(cursor, "SET GLOBAL nothing = 1")[0] == 1193, "unknown")
    cursor.execute("CREATE USER worker IDENTIFIED BY 'pw'")
    cursor.execute("GRANT ALL ON app.* TO worker")
    worker = connect(node, user="worker", password="pw").cursor()
    check(refusal(worker, "SET GLOBAL wait_timeout = 5") ==
          (1227, "Access denied; you need (at least one of) the SUPER or SYSTEM_VARIABLES_ADMIN privilege(s) for this operation"), "a right")
    cursor.execute("CREATE TABLE t (id INT)")
    cursor.execute("SET GLOBAL read_only = ON")
    check(refusal(worker, "INSERT INTO t VALUES (1)")[0] == 1290 and cursor.execute("INSERT INTO t VALUES (2)") == 1, "read_only")
    cursor.execute("SET GLOBAL read_only = OFF")
    node.stop()
    node.launch()
    env.wait(lambda: value(connect(node).cursor(), "SELECT @@group_concat_max_len") == 2048, what="what was persisted, after a restart")
    check(value(connect(node).cursor(), "SELECT @@wait_timeout") != 77, "and only that")


def test_queries_without_limit_give_as_many_rows_as_the_session_wants(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    with connect(node, autocommit=True).cursor() as cursor:
        cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        cursor.execute("INSERT INTO t VALUES (1), (2), (3), (4), (5)")
        cursor.execute("SET sql_select_limit = 2")
        for sql, rows in (("SELECT id FROM t ORDER BY id DESC", 2), ("SELECT id FROM t UNION SELECT 9", 2),
                          ("SELECT id FROM t LIMIT 4", 4), ("SELECT id FROM t WHERE id IN (SELECT id + 1 FROM t) AND id > 3", 2),
                          ("SHOW COLLATION LIKE 'utf8mb4%'", 3)):
            found = cursor.execute(sql)
            check(found == rows or (rows == 3 and found > 3), f"{sql}: {found} rows")
        cursor.execute("CREATE TABLE u (id INT PRIMARY KEY)")
        check(cursor.execute("INSERT INTO u SELECT id FROM t") == 5, "rows that no client gets are not counted")
        check(refusal(cursor, "SET sql_select_limit = 'many'")[0] == 1232, "a word for a number")
        cursor.execute("SET sql_select_limit = DEFAULT")
        check(cursor.execute("SELECT id FROM t") == 5, "all rows again")
        check(refusal(cursor, "CREATE TABLE w (word VARCHAR(9) COLLATE utf8mb4_esperanto_ci)") == (1273, "Unknown collation: 'utf8mb4_esperanto_ci'"),
              "which one")


def test_status_counts(env):
    node, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT)")

    def status(name, scope=""):
        return int(value(cursor, f"SHOW {scope} STATUS LIKE '{name}'"))
    before = {name: status(name) for name in ("Com_select", "Com_insert", "Questions", "Bytes_received", "Bytes_sent")}
    for number in range(3):
        cursor.execute(f"INSERT INTO t VALUES ({number})")
    cursor.execute("SELECT * FROM t")
    check(status("Com_insert") == before["Com_insert"] + 3 and status("Com_select") == before["Com_select"] + 1, "statements by their kind")
    check(status("Questions") >= before["Questions"] + 9, "questions")
    check(status("Bytes_received") > before["Bytes_received"] and status("Bytes_sent") > before["Bytes_sent"], "bytes")
    connect(node).close()
    check(status("Connections", "GLOBAL") >= 2 and status("Uptime") >= 0 and status("Handler_read_next") == 0, "of the server")


def test_the_schema_mysql_can_be_read_by_those_who_may(env):
    node, _, cursor = one_node(env)
    cursor.execute("CREATE USER worker IDENTIFIED BY 'pw'")
    cursor.execute("GRANT SELECT, INSERT ON app.* TO worker WITH GRANT OPTION")
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, body VARCHAR(100), KEY body (body))")
    cursor.execute("GRANT UPDATE ON app.t TO worker")
    cursor.execute("SELECT User, Host, Select_priv, plugin, account_locked FROM mysql.user WHERE User = 'worker'")
    check(cursor.fetchall() == (("worker", "%", "N", "caching_sha2_password", "N"),), "mysql.user")
    cursor.execute("SELECT Db, User, Select_priv, Delete_priv, Grant_priv FROM mysql.db")
    check(cursor.fetchall() == (("app", "worker", "Y", "N", "Y"),), "mysql.db")
    check(value(cursor, "SELECT Table_priv FROM mysql.tables_priv") == "Update", "mysql.tables_priv")
    check(refusal(cursor, "DELETE FROM mysql.user")[0] == 1044, "nobody writes there")
    worker = connect(node, user="worker", password="pw").cursor()
    check(refusal(worker, "SELECT * FROM mysql.user")[0] == 1142, "not for everybody")
    worker.execute("SELECT * FROM information_schema.schema_privileges")
    check([row[2:] for row in worker.fetchall()] == [("app", "SELECT", "YES"), ("app", "INSERT", "YES")], "own privileges")
    worker.execute("SHOW DATABASES")
    check([row[0] for row in worker.fetchall()] == ["app", "information_schema", "performance_schema"], "databases of a user")
    check("mysql" in shell(node, "SHOW DATABASES").split(), "databases of root")
    check(value(cursor, "SELECT ATTR_NAME FROM performance_schema.session_account_connect_attrs WHERE ATTR_NAME = '_client_name'") == "_client_name",
          "what the client has told of itself")
    cursor.execute("INSERT INTO t (body) VALUES " + ", ".join(f"('{'x' * 90}{number % 10}')" for number in range(3_000)))
    cursor.execute("SELECT TABLE_ROWS, DATA_LENGTH > 200000, INDEX_LENGTH > 100000, AUTO_INCREMENT FROM information_schema.tables WHERE TABLE_NAME = 't'")
    rows, data, index, following = cursor.fetchone()
    check(2_000 < rows < 4_500 and data and index and following == 3_001, f"about how large: {(rows, data, index, following)}")
    cursor.execute("SELECT COUNT(*), MIN(WORD) FROM information_schema.keywords WHERE RESERVED = 1")
    check(cursor.fetchone() == (262, "ACCESSIBLE"), "what JDBC asks for to know what to quote")
    check(value(cursor, "SELECT RESERVED FROM information_schema.KEYWORDS WHERE WORD = 'COMMENT'") == 0, "a word that may be a name")
    cursor.execute("CREATE TABLE computed (id INT PRIMARY KEY, tags JSON NOT NULL DEFAULT (JSON_ARRAY('a')), price DECIMAL(6,2) DEFAULT 1)")
    cursor.execute("INSERT INTO computed (id) VALUES (1)")
    cursor.execute("SELECT tags, price FROM computed")
    check(tuple(map(str, cursor.fetchone())) == ('["a"]', "1.00"), "a computed DEFAULT")
    cursor.execute("SELECT COLUMN_DEFAULT, EXTRA FROM information_schema.columns WHERE TABLE_NAME = 'computed' ORDER BY ORDINAL_POSITION")
    check(cursor.fetchall()[1:] == (("json_array(_utf8mb4'a')", "DEFAULT_GENERATED"), ("1.00", "")), "what is told of it")
    cursor.execute("SHOW CREATE TABLE computed")
    check("`tags` json NOT NULL DEFAULT (json_array(_utf8mb4'a'))" in cursor.fetchone()[1], "SHOW CREATE TABLE")
    cursor.execute("CREATE TABLE pairs (a INT, b VARCHAR(9), c INT, PRIMARY KEY (a, b), KEY b (b, c)) COLLATE utf8mb4_general_ci")
    cursor.execute("INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'X', 1), (3, 'y', 3)")
    cursor.execute("SELECT INDEX_NAME, COLUMN_NAME, CARDINALITY FROM information_schema.statistics WHERE TABLE_NAME = 'pairs' ORDER BY 1, SEQ_IN_INDEX")
    check(cursor.fetchall() == (("b", "b", 2), ("b", "c", 3), ("PRIMARY", "a", 3), ("PRIMARY", "b", 4)), "how many values the indexes have")
    many = value(cursor, "SELECT CARDINALITY FROM information_schema.statistics WHERE TABLE_NAME = 't' AND INDEX_NAME = 'body'")
    check(5 <= many <= 30, f"about how many of a larger one: {many}")


def test_databases_and_names_without_a_current_one(env):
    node, _, cursor = one_node(env)
    other = connect(node, database=None, autocommit=True).cursor()
    check(refusal(other, "SELECT * FROM t") == (1046, "No database selected"), "1046")
    other.execute("CREATE DATABASE made CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    other.execute("CREATE TABLE made.t (id INT PRIMARY KEY, body VARCHAR(9))")
    check(other.execute("INSERT INTO made.t VALUES (1, 'a'), (2, 'A')") == 2, "rows")
    check(value(other, "SELECT COUNT(*) FROM made.t WHERE body = 'a'") == 1, "the collation of the database")
    other.execute("ALTER TABLE made.t ADD COLUMN n INT")
    other.execute("CREATE INDEX body ON made.t (body)")
    cursor.execute("SHOW CREATE TABLE made.t")
    check("COLLATE=utf8mb4_bin" in cursor.fetchone()[1], "the table")
    cursor.execute("ALTER DATABASE made COLLATE utf8mb4_general_ci")
    check("utf8mb4_general_ci" in value(cursor, "SHOW CREATE DATABASE made"), "ALTER DATABASE")
    check(value(cursor, "SELECT DEFAULT_COLLATION_NAME FROM information_schema.schemata WHERE SCHEMA_NAME = 'made'") == "utf8mb4_general_ci", "told")
    check(refusal(cursor, "ALTER DATABASE made COLLATE nonsense")[0] == 1273, "an unknown collation")
    # In a transaction that has only read, USE is no matter.
    cursor.execute("SET autocommit = 0")
    cursor.execute("SELECT 1 FROM made.t")
    cursor.execute("USE made")
    check(value(cursor, "SELECT @@collation_database") == "utf8mb4_general_ci" and cursor.execute("INSERT INTO t (id) VALUES (3)") == 1, "USE")
    check(refusal(cursor, "USE app")[0] == 1235, "not once it has written")
    cursor.execute("COMMIT AND CHAIN")
    cursor.execute("INSERT INTO t (id) VALUES (4)")
    cursor.execute("ROLLBACK AND NO CHAIN")
    check(value(cursor, "SELECT MAX(id) FROM t") == 3, "CHAIN begins another transaction")
    leaver = connect(node, autocommit=True)
    leaver.cursor().execute("COMMIT RELEASE")
    try:
        leaver.ping(reconnect=False)
        raise AssertionError("RELEASE has left the connection open")
    except clients().err.Error:
        pass
    check(refusal(cursor, "XA START 'x'")[0] == 1235 and refusal(cursor, "HANDLER t OPEN")[0] == 1235, "what there is not")
    other.execute("DROP TABLE made.t")
    other.execute("DROP DATABASE made")


def test_explain_tells_plans_in_mysqls_words(env):
    _, connection, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20), KEY a (a), UNIQUE KEY b (b))")
    cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", [(i, i % 7, f"b{i}") for i in range(50)])

    def plan(sql, *columns):
        cursor.execute(sql)
        names = [column[0] for column in cursor.description]
        return [tuple(row[names.index(column)] for column in columns) for row in cursor.fetchall()]
    cursor.execute("EXPLAIN SELECT * FROM t")
    check([column[0] for column in cursor.description] == ["id", "select_type", "table", "partitions", "type", "possible_keys", "key", "key_len",
                                                           "ref", "rows", "filtered", "Extra"], "MySQL's columns")
    check(plan("EXPLAIN SELECT * FROM t", "id", "select_type", "table", "type", "key", "rows") == [(1, "SIMPLE", "t", "ALL", None, 50)], "a scan")
    check(plan("EXPLAIN SELECT * FROM t WHERE b = 'B3'", "type", "key", "ref", "rows") == [("const", "b", "const", 1)], "a unique key")
    check(plan("EXPLAIN SELECT * FROM t WHERE a = 3 ORDER BY b", "type", "key", "Extra") == [("ref", "a", "Using filesort")], "an index, and a sort")
    check(plan("DESCRIBE SELECT x.id FROM t x JOIN t y ON y.id = x.a", "table", "type", "key") == [("x", "index", "a"), ("y", "eq_ref", "PRIMARY")],
          "a join")
    check(plan("EXPLAIN DELETE FROM t WHERE id < 5", "select_type", "type", "Extra") == [("DELETE", "range", "Using where")], "a write")
    check(value(cursor, "SELECT COUNT(*) FROM t") == 50, "which is not done")
    check(value(cursor, "EXPLAIN FORMAT=TREE SELECT * FROM t WHERE a = 3").startswith("-> Index lookup on t using a"), "as a tree")
    check('"table_name": "t"' in value(cursor, "EXPLAIN FORMAT=JSON SELECT * FROM t"), "as JSON")
    check(refusal(cursor, "EXPLAIN FORMAT=XML SELECT 1")[0] == 1791, "another format")


def test_questions_about_what_there_is_not_have_empty_answers(env):
    _, _, cursor = one_node(env)
    for what, first in (("MASTER STATUS", "File"), ("REPLICA STATUS", "Replica_IO_State"), ("SLAVE STATUS", "Replica_IO_State"), ("PROFILES", "Query_ID")):
        cursor.execute("SHOW " + what)
        check(cursor.fetchall() == () and cursor.description[0][0] == first, f"SHOW {what}: {cursor.description}")
    cursor.execute("SHOW ENGINE INNODB STATUS")
    check(cursor.fetchall()[0][0] == "InnoDB", "of an engine that stands for SQLite")
    check(refusal(cursor, "SHOW BINARY LOGS") == (1381, "You are not using binary logging"), "as a MySQL server without them says")


def test_columns_of_views_are_called_as_there(env):
    _, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20))")
    cursor.execute("CREATE VIEW v AS SELECT id AS Number, name AS Name FROM t")
    cursor.execute("CREATE VIEW once AS SELECT DISTINCT name AS Name FROM t")

    def names(sql):
        cursor.execute(sql)
        return [column[0] for column in cursor.description]
    check(names("SELECT table_name, t.table_rows, table_name AS name FROM information_schema.tables t") == ["TABLE_NAME", "TABLE_ROWS", "name"],
          "information_schema has capital letters, whatever the query has")
    check(names("SELECT table_name, c.ordinal_position FROM information_schema.tables t JOIN information_schema.columns c USING (table_name)")
          == ["TABLE_NAME", "ORDINAL_POSITION"], "so in joins")
    check(names("SELECT id, user FROM information_schema.processlist") == ["id", "user"], "but not where MySQL has no view")
    check(names("SELECT number, NAME, number + 1 FROM v ORDER BY number") == ["Number", "Name", "number + 1"], "a view")
    check(names("SELECT name FROM once") == ["name"], "not one that has its rows made first")
    check(names("SELECT number FROM (SELECT id AS Number FROM t) d") == ["Number"], "a derived table")
    check(names("SELECT number FROM (SELECT id AS Number FROM t LIMIT 1) d") == ["number"], "which is made first")
    check(names("WITH c AS (SELECT id AS Number FROM t) SELECT number FROM c") == ["Number"] and names("SELECT ID FROM t") == ["ID"],
          "a common table, and a table")


def test_a_subquery_that_makes_a_document_is_one(env):
    _, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    cursor.execute("INSERT INTO t VALUES (1)")
    for sql in ("(SELECT JSON_OBJECT('a', x.id) FROM (SELECT id FROM t LIMIT 1) x)", "(SELECT JSON_ARRAYAGG(id) FROM t)",
                "(SELECT JSON_ARRAY(t.id) FROM t WHERE t.id = o.id)"):
        cursor.execute(f"SELECT {sql}, {sql} AS again FROM t o ORDER BY o.id")
        check([column[1] for column in cursor.description] == [245, 245], f"{sql}: JSON")
        check(value(cursor, f"SELECT JSON_TYPE(JSON_EXTRACT(JSON_ARRAY({sql}), '$[0]')) FROM t o") in ("OBJECT", "ARRAY"), f"{sql}: within another one")


def test_a_view_is_altered(env):
    _, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20))")
    cursor.execute("CREATE VIEW v AS SELECT id FROM t")
    cursor.execute("ALTER ALGORITHM = MERGE SQL SECURITY INVOKER VIEW v (n) AS SELECT name FROM t")
    cursor.execute("SELECT * FROM v")
    check([column[0] for column in cursor.description] == ["n"], "its new columns")
    check(refusal(cursor, "ALTER VIEW t AS SELECT 1") == (1347, "'app.t' is not VIEW"), "a table is not")
    check(refusal(cursor, "ALTER VIEW missing AS SELECT 1")[0] == 1146, "nor what is not there")
    check(refusal(cursor, "CHECKSUM TABLE t")[0] == 1235, "what is not answered yet")


def test_show_warnings_has_no_warnings_of_its_own(env):
    _, _, cursor = one_node(env)
    cursor.execute("SELECT 1 / 0")
    check(cursor._result.warning_count == 1, "one")
    for _ in range(2):
        cursor.execute("SHOW WARNINGS")
        check(cursor.fetchall() == (("Warning", 1365, "Division by 0"),) and cursor._result.warning_count == 0, "clients would ask for them again")


def test_a_transaction_goes_on_in_the_first_database_that_is_used(env):
    node, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    connection = clients().connect(host="127.0.0.1", port=node.mysql_port, user="root")
    late = connection.cursor()
    late.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    late.execute("UNLOCK TABLES")  # as dumps do
    late.execute("USE app")
    late.execute("SAVEPOINT s")
    late.execute("INSERT INTO t VALUES (1)")
    late.execute("ROLLBACK TO SAVEPOINT s")
    late.execute("INSERT INTO t VALUES (2)")
    check(value(cursor, "SELECT COUNT(*) FROM t") == 0, "nobody else sees it before COMMIT")
    late.execute("COMMIT")
    check(value(cursor, "SELECT SUM(id) FROM t") == 2, "and then what was not taken back")
    late.execute("LOCK TABLES t WRITE")
    late.execute("SET autocommit = 0")
    late.execute("INSERT INTO t VALUES (3)")
    late.execute("UNLOCK TABLES")
    check(value(cursor, "SELECT SUM(id) FROM t") == 5, "UNLOCK TABLES commits where tables were locked")


def test_a_row_that_is_there_already_gives_no_number(env):
    _, _, cursor = one_node(env)
    cursor.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9) UNIQUE, n INT)")

    def told(sql):
        """(rows, number in the answer, LAST_INSERT_ID())"""
        rows = cursor.execute(sql)
        return rows, cursor.lastrowid, value(cursor, "SELECT LAST_INSERT_ID()")
    check(told("INSERT INTO t (name) VALUES ('a')") == (1, 1, 1) and told("INSERT INTO t (name) VALUES ('b')") == (1, 2, 2), "new rows")
    check(told("INSERT IGNORE INTO t (name) VALUES ('a')") == (0, 0, 2), "INSERT IGNORE")
    check(told("INSERT IGNORE INTO t (id, name) VALUES (9, 'a')") == (0, 0, 2), "with a number of its own")
    check(told("INSERT INTO t (name) VALUES ('a') ON DUPLICATE KEY UPDATE n = 5") == (2, 1, 2), "a row that is changed has its own")
    check(told("INSERT INTO t (name) VALUES ('a') ON DUPLICATE KEY UPDATE n = 5") == (0, 0, 2), "one that is left as it was has none")
    check(told("INSERT INTO t (name) VALUES ('a') ON DUPLICATE KEY UPDATE n = 6, id = LAST_INSERT_ID(id)") == (2, 1, 1), "unless it is told")
    for sql in ("INSERT IGNORE INTO t (name) VALUES ('a'), ('c'), ('d')", "INSERT INTO t (name) VALUES ('b'), ('e'), ('a') ON DUPLICATE KEY UPDATE n = n",
                "INSERT INTO t (name) SELECT 'c' UNION ALL SELECT 'f' ON DUPLICATE KEY UPDATE n = 8"):
        rows, number, last = told(sql)
        check(number == last == value(cursor, f"SELECT MIN(id) FROM t WHERE name = '{'e' if rows == 1 else 'c' if 'IGNORE' in sql else 'f'}'"),
              f"{sql}: of the first that is new: {number}")


def test_a_database_that_is_not_open_yet_is_there_all_the_same(env):
    clients()
    cluster = env.cluster(nodes=1, mysql=True, extra={"databases": {"directory": "{dir}/made"}})
    node = cluster.nodes[0]
    connect(node, autocommit=True).cursor().execute("CREATE DATABASE made")
    connect(node, autocommit=True).cursor().execute("CREATE TABLE made.t (id INT PRIMARY KEY)")
    node.kill()
    holder = sqlite3.connect(node.dir / "made" / "made.db", isolation_level=None)
    for sql in ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "CREATE TABLE held (x)"):
        holder.execute(sql)
    node.launch(wait=False)

    def reached():
        try:
            return connect(node, autocommit=True).cursor()
        except clients().err.MySQLError:
            return None
    cursor = env.wait(reached, what="a connection")
    # Until the catalog of databases is open it can't be told: 1105.
    env.wait(lambda: refusal(cursor, "CREATE DATABASE made")[0] == 1007, what="1007")
    check(refusal(cursor, "SELECT * FROM made.t")[0] != 0, "which can't be read yet")
    cursor.execute("CREATE DATABASE IF NOT EXISTS made")
    cursor.execute("SHOW WARNINGS")
    check(cursor.fetchall() == (("Note", 1007, "Can't create database 'made'; database exists"),), "nor is it made anew")
    check(refusal(cursor, "DROP DATABASE missing")[0] == 1008, "another one is not there")
    holder.close()
    cursor.execute("DROP DATABASE IF EXISTS made")
    cursor.execute("CREATE DATABASE made")
    check(refusal(cursor, "SELECT * FROM made.t")[0] == 1146, "a new one")
