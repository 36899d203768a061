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
    refused(root, "grant select, insert on app.t to 'anna'@'127.0.%'", 1146)
    insist(env, root, "create table app.t(a integer primary key)")
    insist(env, root, "grant select, insert on app.t to 'anna'@'127.0.%'")
    refused(root, "create user carl", 1396)
    refused(root, "grant select on app.t to nobody", 1410)
    env.wait(lambda: logs_in(two, user="anna", password="secret", database="app"), what="anna on node 2")
    check(not logs_in(two, user="anna", password="other"), "the first password stays")
    check(error_of(lambda: connect(two, user="carl", password="x", database="app")) == 1044, "carl sees nothing of app")
    carl = connect(two, user="carl", password="x")
    insist(env, connect(one, database="app"), "create table u(a integer primary key)")
    anna = connect(two, user="anna", password="secret", database="app")
    env.wait(lambda: error_of(lambda: anna.execute("insert into t values (1)")) == 0, what="the table on node 2")
    anna.execute("select * from t")
    check(anna.fetchall() == ((1,),), "anna reads what she wrote")
    refused(anna, "delete from t", 1142)
    env.wait(lambda: error_of(lambda: anna.execute("select * from u")) == 1142, what="the refusal of a table that is there")
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
    carl.execute("show databases")
    check(carl.fetchall() == (("information_schema",), ("performance_schema",)), "carl sees no database but MySQL's own")


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


def test_nobody_sees_or_changes_what_is_not_granted(env):
    cluster = env.cluster(nodes=1, mysql=True)
    node = cluster.nodes[0]
    root = connect(node, database="app")
    insist(env, root, "create table t(a integer primary key)")
    insist(env, root, "create table secret(word varchar(20), number integer primary key auto_increment)")
    insist(env, root, "insert into secret (word) values ('hush')")
    insist(env, root, "create view shown as select a from t where a > 0")
    insist(env, root, "create user anna identified by 'a', eve identified by 'e'")
    insist(env, root, "grant select, insert on app.t to anna")
    insist(env, root, "grant select on app.shown to anna")
    several = clients().constants.CLIENT.MULTI_STATEMENTS
    anna = connect(node, user="anna", password="a", database="app", client_flag=several)
    for sql in ("select word from secret", "select nothing from secret", "select * from missing", "select 1 from t, secret",
                "set @a = (select word from secret)", "kill (select number from secret)", "explain select * from secret",
                "insert into t select number from secret", "prepare s from 'select * from secret'",
                "describe secret", "show columns from secret", "show columns from missing", "show index from secret", "show create table secret",
                "update secret set word = ''", "delete from secret", "replace into t values (1)", "truncate secret", "drop table if exists secret",
                "create table if not exists secret(a int)", "create or replace view shown as select 1", "create view w as select word from secret",
                "create table u(a int, foreign key (a) references secret(number))", "alter table secret add b int", "rename table t to u",
                "create index i on t(a)"):
        refused(anna, sql, 1142)
    anna.execute("select 1; select word from secret")
    check(error_of(anna.nextset) == 1142, "the second of several statements")
    for sql in ("drop database app", "create database more", "drop database information_schema",
                "delete from information_schema.tables", "create table information_schema.u(a int)", "drop table information_schema.tables"):
        refused(anna, sql, 1044)
    for sql in ("show databases where exists (select 1 from app.secret)", "show tables where (select word from secret) = 'hush'"):
        refused(anna, sql, 1235)
    refused(anna, "flush privileges", 1227)
    for table, names in (("tables", {"t", "shown"}), ("columns", {"t", "shown"}), ("views", {"shown"}), ("statistics", {"t"}),
                         ("key_column_usage", {"t"}), ("table_constraints", {"t"})):
        anna.execute(f"select table_name from information_schema.{table} where table_schema = 'app'")
        check({row[0] for row in anna.fetchall()} == names, f"anna sees {names} in {table}")
    anna.execute("select view_definition from information_schema.views")
    check(anna.fetchall() == (("",),), "what a view is made of takes SHOW VIEW")
    insist(env, root, "revoke select on app.t from anna")
    refused(anna, "select * from t", 1142)
    eve = connect(node, user="eve", password="e")
    for sql in ("use app", "use missing", "show tables from app", "show tables from missing", "show create database app", "show table status from app"):
        refused(eve, sql, 1044)
    refused(eve, "select word from app.secret", 1142)
    refused(eve, "insert into app.secret (word) values ('x')", 1142)
    eve.execute("select schema_name from information_schema.schemata")
    check(eve.fetchall() == (("information_schema",), ("performance_schema",)), "eve sees no database of others")
    root.execute("select word from secret")
    check(root.fetchall() == (("hush",),), "nothing has changed")


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


def test_an_account_may_require_tls(env):
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    root = connect(node)
    insist(env, root, "create user safe identified by 'pw' require ssl")
    check(error_of(lambda: connect(node, user="safe", password="pw")) == 1045, "not without TLS")
    check(logs_in(node, user="safe", password="pw", ssl={"ca": None}), "with TLS")
    root.execute("show create user safe")
    check("REQUIRE SSL" in root.fetchone()[0], "told")
    root.execute("select ssl_type from mysql.user where user = 'safe'")
    check(root.fetchone() == ("ANY",), "and in mysql.user")
    insist(env, root, "alter user safe require none")
    check(logs_in(node, user="safe", password="pw"), "without, once it is not required")
    refused(root, "create user safer identified by 'pw' require x509", 1235)
