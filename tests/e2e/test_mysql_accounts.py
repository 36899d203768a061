"""Accounts of MySQL clients: made on one node, known on the others, and what they may do."""
import patience
from harness import check
from test_mysql import clients

AGAIN = (1105, 1205, 1213)  # not committed: voters are being taken in, or somebody else was faster


def connect(node, user="root", **options):
    """A cursor; every node of a test listens on this machine."""
    connection = clients().connect(host="127.0.0.1", port=node.mysql_port, user=user, connect_timeout=patience.seconds(20),
                                   autocommit=True, **options)
    return connection.cursor()


def error_of(act):
    """MySQL's number of the refusal, 0 if there was none."""
    try:
        act()
        return 0
    except clients().err.MySQLError as error:
        return error.args[0]


def insist(env, cursor, sql):
    """Until a majority has decided it."""
    def done():
        number = error_of(lambda: cursor.execute(sql))
        check(number == 0 or number in AGAIN, f"{sql}: {number}")
        return number == 0
    env.wait(done, what=sql)


def refused(cursor, sql, number):
    said = error_of(lambda: cursor.execute(sql))
    check(said == number, f"{sql}: {said} and not {number}")


def logs_in(node, **options):
    return error_of(lambda: connect(node, **options)) == 0


def test_a_user_made_on_one_node_logs_in_on_another_and_does_what_it_was_granted(env):
    cluster = env.cluster(nodes=2, mysql=True)
    one, two = cluster.nodes
    root = connect(one)
    insist(env, root, "create user 'anna'@'127.0.%' identified by 'secret', carl identified with mysql_native_password by 'x'")
    insist(env, root, "create user if not exists 'anna'@'127.0.%' identified by 'other'")
    insist(env, root, "grant select, insert on app.t to 'anna'@'127.0.%'")
    refused(root, "create user carl", 1396)
    refused(root, "grant select on app.t to nobody", 1410)
    env.wait(lambda: logs_in(two, user="anna", password="secret", database="app"), what="anna on node 2")
    check(not logs_in(two, user="anna", password="other"), "the first password stays")
    check(error_of(lambda: connect(two, user="carl", password="x", database="app")) == 1044, "carl sees nothing of app")
    carl = connect(two, user="carl", password="x")
    insist(env, connect(one, database="app"), "create table t(a integer primary key)")
    insist(env, connect(one, database="app"), "create table u(a integer primary key)")
    anna = connect(two, user="anna", password="secret", database="app")
    env.wait(lambda: error_of(lambda: anna.execute("insert into t values (1)")) == 0, what="the table on node 2")
    anna.execute("select * from t")
    check(anna.fetchall() == ((1,),), "anna reads what she wrote")
    refused(anna, "delete from t", 1142)
    refused(anna, "select * from u", 1142)
    refused(anna, "create table v(a integer)", 1142)
    refused(anna, "create user eve", 1227)
    anna.execute("show tables")
    check(anna.fetchall() == (("t",),), "anna sees one table")
    anna.execute("show grants")
    check(anna.fetchall() == (("GRANT USAGE ON *.* TO `anna`@`127.0.%`",),
                              ("GRANT SELECT, INSERT ON `app`.`t` TO `anna`@`127.0.%`",)), "anna's grants")
    insist(env, root, "drop user 'anna'@'127.0.%'")
    env.wait(lambda: not logs_in(two, user="anna", password="secret"), what="the end of anna on node 2")
    refused(anna, "select * from t", 1142)
    check(carl.execute("show databases") == 0, "carl sees no database")


def test_accounts_survive_a_restart_and_root_gets_a_password(env):
    cluster = env.cluster(nodes=1, mysql=True)
    node = cluster.nodes[0]
    root = connect(node)
    insist(env, root, "create user anna identified by 'a' account lock")
    insist(env, root, "alter user 'root'@'localhost' identified by 'new'")
    check(not logs_in(node), "root without a password")
    check(error_of(lambda: connect(node, user="anna", password="a")) == 3118, "anna is locked")
    node.stop()
    node.launch()
    check(not logs_in(node), "root without a password, after a restart")
    root = connect(node, password="new")
    insist(env, root, "alter user anna account unlock")
    check(logs_in(node, user="anna", password="a"), "anna is there again")
    insist(env, root, "set password for anna = 'b'")
    check(not logs_in(node, user="anna", password="a") and logs_in(node, user="anna", password="b"), "another password")


def test_clients_see_and_end_their_own(env):
    cluster = env.cluster(nodes=1, mysql=True)
    root = connect(cluster.nodes[0])
    insist(env, root, "create user anna identified by 'a', bert identified by 'b'")
    anna, bert = (connect(cluster.nodes[0], user=user, password=user[0]) for user in ("anna", "bert"))

    def processes(cursor):
        cursor.execute("show full processlist")
        return {row[1]: row for row in cursor.fetchall()}
    mine = processes(anna)
    check(set(mine) == {"anna"} and mine["anna"][7] == "show full processlist", f"anna's: {mine}")
    everybodys = processes(root)
    check(set(everybodys) == {"anna", "bert", "root"} and everybodys["bert"][4] == "Sleep", f"root's: {everybodys}")
    number = everybodys["bert"][0]
    refused(anna, f"kill {number}", 1095)
    refused(root, "kill 4000000", 1094)
    root.execute(f"kill {number}")
    env.wait(lambda: set(processes(root)) == {"anna", "root"}, what="bert's end")
    check(error_of(lambda: bert.execute("select 1")) != 0, "bert's connection is gone")
