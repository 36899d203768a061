"""AUTO_INCREMENT: numbers that no other node gives, and that follow each other within an INSERT, at every level."""
from harness import check
from test_mysql import clients, connect, shell
from test_mysql_concurrent import all_at_once, one_value, session
from test_mysql_sql import refusal

NONE_LEFT = 1467
ROWS_OF_TINYINT = 8  # that a node claims at a time


def see(env, cluster, table):
    for node in cluster.nodes:
        env.wait(lambda node=node: table in shell(node, "SHOW TABLES", "app").split(), what=f"{table} on node {node.id}")


def test_wide_numbers_of_one_insert_follow_each_other(env):
    clients()
    cluster = env.cluster(nodes=3, mysql=True)
    cursors = [connect(node, autocommit=True).cursor() for node in cluster.nodes]
    cursors[0].execute("CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, node INT, place INT)")
    for cursor in cursors[1:]:
        env.wait(lambda: cursor.execute("SHOW TABLES") == 1, what="the table")
    for node, cursor in enumerate(cursors):  # drivers count on from the first
        for rows in (2, 40, 64, 1, 65, 500):
            cursor.execute("INSERT INTO t (node, place) VALUES " + ", ".join(f"({node}, {place})" for place in range(rows)))
            cursor.execute("SELECT COUNT(*) FROM t WHERE node = %s AND id = %s + place", (node, cursor.lastrowid))
            check(cursor.fetchone()[0] == rows, f"{rows} rows have numbers one after the other")
    env.wait_equal(cluster.nodes)


def insert_everywhere(env, consistency):
    """Rows alone and in threes, on all nodes at once; a driver counts on from LAST_INSERT_ID()."""
    cluster = env.cluster(3, mysql=True, extra={"cluster": {"consistency": consistency}})
    session(cluster).cursor().execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, tag VARCHAR(20), place INT)")
    see(env, cluster, "t")
    rounds, told = 15, {}

    def insert(which):
        cursor = session(cluster, which + 1).cursor()
        for i in range(rounds):
            tag = f"{which}-{i}"
            cursor.execute("INSERT INTO t (tag, place) VALUES (%s, 0), (%s, 1), (%s, 2)", (tag, tag, tag))
            told[tag] = cursor.lastrowid
            cursor.execute("INSERT INTO t (tag, place) VALUES ('single', 0)")
    all_at_once(3, insert)
    env.wait_equal(cluster.nodes)
    cursor = session(cluster).cursor()
    check(one_value(cursor, "SELECT COUNT(*) FROM t") == 3 * rounds * 4, "a row has taken the place of another one")
    cursor.execute("SELECT id, tag, place FROM t WHERE tag <> 'single'")
    check(all(number == told[tag] + place for number, tag, place in cursor.fetchall()), "rows have other numbers than a driver thinks")


def test_narrow_numbers_never_meet_at_one(env):
    clients()
    insert_everywhere(env, "one")


def test_narrow_numbers_never_meet_at_quorum(env):
    clients()
    insert_everywhere(env, "quorum")


def test_a_node_alone_gives_the_numbers_that_it_has_and_then_says_so(env):
    clients()
    cluster = env.cluster(3, mysql=True)
    cursor = session(cluster).cursor()
    cursor.execute("CREATE TABLE t (id TINYINT AUTO_INCREMENT PRIMARY KEY, v INT)")
    cursor.execute("CREATE TABLE wide (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)")
    cursor.execute("INSERT INTO t (v) VALUES (1)")
    cursor.execute("INSERT INTO wide (v) VALUES (1)")
    for node in cluster.nodes[1:]:
        node.kill()
    for _ in range(ROWS_OF_TINYINT - 1):
        cursor.execute("INSERT INTO t (v) VALUES (1)")
    number, sentence = refusal(cursor, "INSERT INTO t (v) VALUES (1)")
    check(number == NONE_LEFT and "other nodes" in sentence, f"{number} {sentence}")
    cursor.execute("INSERT INTO t VALUES (100, 1)")  # whoever has a number needs none
    cursor.execute("INSERT INTO wide (v) VALUES (1)")
    for node in cluster.nodes[1:]:
        node.launch()
    env.wait(lambda: not taken_back(cursor), what="numbers again")
    env.wait_equal(cluster.nodes)


def taken_back(cursor):
    try:
        cursor.execute("INSERT INTO t (v) VALUES (1)")
    except clients().err.MySQLError as error:
        return error.args
    return None


def test_a_table_counts_from_where_it_is_told_to(env):
    clients()
    cluster = env.cluster(3, mysql=True)
    here, there = (connect(node, autocommit=True).cursor() for node in cluster.nodes[:2])

    def number(cursor, table):
        cursor.execute(f"INSERT INTO {table} (v) VALUES (1)")
        return cursor.lastrowid
    here.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) AUTO_INCREMENT = 1000")
    see(env, cluster, "t")
    here.execute("SHOW CREATE TABLE t")
    check("AUTO_INCREMENT=1000 " in here.fetchone()[1], "SHOW CREATE TABLE tells it")
    check([number(here, "t"), number(here, "t")] == [1000, 1001], "AUTO_INCREMENT = 1000")
    check(number(there, "t") > 1001, "the other node counts behind that")
    here.execute("ALTER TABLE t AUTO_INCREMENT = 5000")
    check(number(here, "t") >= 5000, "AUTO_INCREMENT = 5000")
    here.execute("INSERT INTO t VALUES (70000, 1)")
    check(number(here, "t") == 70001, "behind a number that a client has given")
    here.execute("RENAME TABLE t TO u")
    see(env, cluster, "u")
    check(number(here, "u") > 70001 and number(there, "u") > 70001, "behind those of its old name")
    env.wait_equal(cluster.nodes)
    check(one_value(here, "SELECT COUNT(*) FROM u") == 8, "a row has taken the place of another one")

    here.execute("CREATE TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    for again in ("TRUNCATE TABLE x", "DROP TABLE x"):
        check([number(here, "x"), number(here, "x")] == [1, 2], "a new table begins with 1")
        here.execute(again)
    here.execute("CREATE TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    check(number(here, "x") == 1, "and so does another one of its name")
    here.execute("CREATE TEMPORARY TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    check([number(here, "x"), number(here, "x")] == [1, 2], "a temporary table has its own")


def test_rows_that_are_there_are_numbered_when_a_column_begins_to_count(env):
    clients()
    cursor = session(env.cluster(1, mysql=True)).cursor()
    cursor.execute("CREATE TABLE t (id INT NOT NULL, v INT)")
    cursor.execute("INSERT INTO t VALUES (0, 1), (0, 2), (7, 3)")
    cursor.execute("ALTER TABLE t MODIFY id INT NOT NULL AUTO_INCREMENT, ADD PRIMARY KEY (id)")
    cursor.execute("INSERT INTO t (v) VALUES (4)")
    cursor.execute("SELECT id, v FROM t ORDER BY v")
    check(cursor.fetchall() == ((1, 1), (2, 2), (7, 3), (8, 4)), "numbers of rows that were there")


def test_numbers_go_on_after_a_restart_and_may_be_wider_than_53_bits(env):
    clients()
    cluster = env.cluster(2, mysql=True, extra={"mysql": {"auto_increment": "extended"}})
    node = cluster.node(1)
    cursor = session(cluster).cursor()
    cursor.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
    cursor.execute("CREATE TABLE wide (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)")
    for table in ("t", "wide"):
        cursor.execute(f"INSERT INTO {table} (v) VALUES (1), (2), (3)")
    check(one_value(cursor, "SELECT MIN(id) >> 53 FROM wide") > 0, "extended numbers")
    node.stop()
    node.launch()
    cursor = session(cluster).cursor()
    for table in ("t", "wide"):
        cursor.execute(f"INSERT INTO {table} (v) VALUES (4)")
    check(one_value(cursor, "SELECT MAX(id) FROM t") == 4, "it goes on in its range")
    check(one_value(cursor, "SELECT v FROM wide ORDER BY id DESC LIMIT 1") == 4, "wide numbers grow")
