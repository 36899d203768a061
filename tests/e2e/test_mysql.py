"""The MySQL port as clients see it: the mariadb shell and PyMySQL, on databases that are replicated."""
import subprocess
import time

import patience
from harness import Skip, check


def clients():
    try:
        import pymysql
    except ImportError as error:
        raise Skip("no PyMySQL; tools/setup test") from error
    return pymysql


def connect(node, **options):
    return clients().connect(host="127.0.0.1", port=node.mysql_port, connect_timeout=20,
                             **{"user": "root", "database": "app", **options})


def info(cursor):
    """What the answer to the last statement says of its rows, behind the length that PyMySQL leaves."""
    message = cursor._result.message
    return message[1:].decode() if message else ""


def shell(node, sql, *words, good=True):
    """Debian's mariadb shell; what it prints."""
    done = subprocess.run(["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(node.mysql_port), "-u", "root", *words,
                           "-e", sql], capture_output=True, text=True, timeout=patience.seconds(30))
    check((done.returncode == 0) == good, f"mariadb {sql!r}: {done.stdout}{done.stderr}")
    return done.stdout if good else done.stderr


def test_a_shell_writes_on_one_node_and_another_has_it(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = cluster.nodes
    check(shell(one, "select 1") == "1\n1\n", "select 1")
    check("No database selected" in shell(one, "create table t(a int)", good=False), "a table of no database")
    shell(one, "create table t(id integer primary key, body varchar(20)); insert into t values (1, 'one'), (2, null)", "app")
    check(shell(one, "show tables", "app") == "Tables_in_app\nt\n", "the table's name")
    env.wait_equal(cluster.nodes)
    check(shell(two, "select * from t", "app") == "id\tbody\n1\tone\n2\tNULL\n", "rows on the other node")
    check("ERROR 1146 (42S02)" in shell(two, "select * from gone", "app", good=False), "no such table")
    check("ERROR 1064 (42000)" in shell(two, "selec 1", "app", good=False), "nonsense")
    check("ERROR 1049 (42000)" in shell(two, "select 1", "gone", good=False), "no such database")
    check("ERROR 1045 (28000)" in shell(two, "select 1", "--user=anna", good=False), "no such user")
    many = shell(two, "select a.id + 10 * b.id from t a, t b, t c", "app", "--compress", "--skip-column-names")
    check(len(many.split()) == 8, f"rows with compression: {many}")


def test_transactions_and_types_of_a_driver(env):
    pymysql = clients()
    cluster = env.cluster(nodes=1, mysql=True)
    node = cluster.nodes[0]
    connection = connect(node)
    cursor = connection.cursor()
    cursor.execute("create table t(id bigint primary key, name varchar(9) not null unique, price double, data blob)")
    check(cursor.executemany("insert into t values (%s, %s, %s, %s)", [(1, "a", 1.5, None), (2, "it's \\ü", 2, "x")]) == 2,
          "two rows are inserted")
    other = connect(node, autocommit=True)
    looking = other.cursor()
    looking.execute("select count(*) from t")
    check(looking.fetchone() == (0,), "what is not committed is not seen")
    connection.commit()
    looking.execute("select * from t order by id")
    check([column[1] for column in looking.description] == [8, 253, 5, 252], f"types: {looking.description}")
    check(looking.fetchall() == ((1, "a", 1.5, None), (2, "it's \\ü", 2.0, b"x")), "the rows")
    cursor.execute("update t set price = 7")
    connection.rollback()
    looking.execute("select sum(price) from t")
    check(looking.fetchone() == (3.5,), "rolled back")
    try:
        looking.execute("insert into t values (3, 'a', 0, null)")
        check(False, "a duplicate key was taken")
    except pymysql.err.IntegrityError as error:
        check(error.args[0] == 1062, f"duplicate key: {error}")
    try:
        looking.execute("pragma journal_mode = delete")
        check(False, "a pragma was run")
    except pymysql.err.MySQLError as error:
        check(error.args[0] == 1064, f"pragma: {error}")
    other.ping()
    other.select_db("app")
    for number in range(20):
        looking.execute("insert into t values (%s, %s, 0, null)", (100 + number, f"n{number}"))
    looking.execute("select a.id, hex(zeroblob(500)) from t a, t b, t c")
    check(looking.rowcount == 22 ** 3 and len(looking.fetchall()[-1][1]) == 1000, "a large result comes whole")


def test_passwords(env):
    pymysql = clients()
    cluster = env.cluster(nodes=1, mysql=True, extra={"mysql": {"root_password": "a good password"}})
    node = cluster.nodes[0]
    for options in ({}, {"password": "guess"}):
        try:
            connect(node, **options)
            check(False, f"let in with {options}")
        except pymysql.err.OperationalError as error:
            check(error.args[0] == 1045, f"refused: {error}")
    for tls in (None, {"ca": None}, None):  # encrypted under the server's key, inside TLS, by the fast way
        connection = connect(node, password="a good password", **({"ssl": tls} if tls else {}))
        check(connection.cursor().execute("select 1") == 1, "a query")
        connection.close()
    check(shell(node, "select 1", "--ssl", "-pa good password") == "1\n1\n", "the shell with TLS")


def test_what_is_acknowledged_at_quorum_was_decided(env):
    pymysql = clients()
    cluster = env.cluster(nodes=3, start=False, mysql=True)
    for node in cluster.nodes:
        node.description["databases"][0]["consistency"] = "quorum"
    cluster.launch()

    def committed(node, sql, database="app"):
        try:
            connect(node, database=database, autocommit=True).cursor().execute(sql)
            return True
        except pymysql.err.MySQLError as error:  # voters that are being taken in, or another node's change: begin again
            check(error.args[0] in (1105, 1205, 1213, 1146, 1050, 1062), f"{sql}: {error}")
            return error.args[0] in (1050, 1062)
    env.wait(lambda: committed(cluster.nodes[0], "create table t(id integer primary key)"), what="the table")
    for number, node in enumerate(cluster.nodes):
        env.wait(lambda n=node, i=number: committed(n, f"insert into t values ({i})"), what="a row")
    env.wait(lambda: shell(cluster.nodes[0], "select count(*) from t", "app").split()[-1] == "3", what="all rows")
    env.wait(lambda: committed(cluster.nodes[0], "insert into app.t values (3)", None), what="a row written without a current database")
    env.wait(lambda: shell(cluster.nodes[1], "select count(*) from t", "app").split()[-1] == "4", what="it on another node")
    for node in cluster.nodes[1:]:
        node.kill()
    for database, table in (("app", "t"), (None, "app.t")):  # the second one writes with SQLite's lock
        cursor = connect(cluster.nodes[0], database=database, autocommit=True).cursor()
        begun = time.monotonic()
        try:
            cursor.execute(f"insert into {table} values (99)")
            check(False, "a minority has decided")
        except pymysql.err.MySQLError as error:
            check("not committed" in error.args[1], f"what a minority says: {error}")
        check(time.monotonic() - begun < 5, "a minority refuses at once")


def test_a_dropped_database_is_gone_and_can_be_made_again(env):
    clients()
    cluster = env.cluster(nodes=1, mysql=True, extra={"databases": {"directory": "{dir}/databases"}})
    cursor = connect(cluster.nodes[0], autocommit=True).cursor()
    for number in range(3):
        cursor.execute("create database shop")
        cursor.execute("create table shop.t(a int primary key)")
        cursor.execute("insert into shop.t values (%s)", (number,))
        cursor.execute("select * from shop.t")
        check(cursor.fetchall() == ((number,),), "the new database has its own rows")
        cursor.execute("drop database shop")
        cursor.execute("show databases like 'sho%'")
        check(cursor.fetchall() == (), "the dropped one is not shown")
