"""Transactions whose snapshot is too old begin again unseen, if that makes no difference to what was answered."""
from harness import check, insist
from test_mysql_concurrent import BEGIN_AGAIN, all_at_once, one_value, refused, session


def rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


def two_sessions(env):
    cluster = env.cluster(1, mysql=True)
    first, second = session(cluster), session(cluster)
    cursor = first.cursor()
    cursor.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL, at DATETIME(6))")
    cursor.execute("INSERT INTO t VALUES (1, 0, NULL), (2, 0, NULL), (3, 0, NULL)")
    return cluster, first, second


def test_a_row_that_was_changed_since_the_snapshot_is_changed_where_the_answers_stay_the_same(env):
    _, first, second = two_sessions(env)
    one, two = first.cursor(), second.cursor()
    one.execute("BEGIN")
    check(rows(one, "SELECT v FROM t WHERE id = 1") == ((0,),), "another value")
    check(one.execute("UPDATE t SET v = 5 WHERE id = 3") == 1, "not one row")
    two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
    check(one.execute("UPDATE t SET v = v + 1 WHERE id = 2") == 1, "not one row")
    check(rows(one, "SELECT v FROM t ORDER BY id") == ((0,), (2,), (5,)), "it is not on one snapshot")
    two.execute("UPDATE t SET v = 7 WHERE id = 1")
    check(rows(one, "SELECT v FROM t WHERE id = 1") == ((0,),), "a snapshot has changed")
    first.commit()
    check(rows(two, "SELECT v FROM t ORDER BY id") == ((7,), (2,), (5,)), "an update was lost")
    # So does a row that is to be locked.
    one.execute("BEGIN")
    check(rows(one, "SELECT v FROM t WHERE id = 1") == ((7,),), "another value")
    two.execute("UPDATE t SET v = 9 WHERE id = 2")
    check(rows(one, "SELECT v FROM t WHERE id = 2 FOR UPDATE") == ((9,),), "not what is there now")
    first.rollback()


def test_what_was_answered_is_never_taken_back(env):
    _, first, second = two_sessions(env)
    one, two = first.cursor(), second.cursor()
    for told in ("SELECT v FROM t WHERE id = 2", "SELECT sum(v) FROM t", "SELECT v INTO @v FROM t WHERE id = 1",
                 "SET @v = (SELECT v FROM t WHERE id = 1)"):
        two.execute("UPDATE t SET v = 0")
        one.execute("BEGIN")
        one.execute("SELECT v FROM t WHERE id = 3")
        one.execute(told)
        two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
        check(refused(one, "UPDATE t SET v = v + 10 WHERE id = 2") == 1213, f"went on after {told}")
        check(one_value(one, "SELECT v FROM t WHERE id = 2") == 1, "something was written")
    one.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    two.execute("UPDATE t SET v = 4 WHERE id = 1")
    check(rows(one, "SELECT v FROM t WHERE id = 1") == ((0,),), "not the snapshot that was asked for")
    check(refused(one, "UPDATE t SET v = v + 10 WHERE id = 1") == 1213, "another snapshot than was asked for")


def test_savepoints_are_made_and_left_again(env):
    _, first, second = two_sessions(env)
    one, two = first.cursor(), second.cursor()
    for isolation in ("REPEATABLE READ", "READ COMMITTED"):
        one.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")
        two.execute("UPDATE t SET v = 0")
        one.execute("BEGIN")
        for sql in ("UPDATE t SET v = 5 WHERE id = 1", "SAVEPOINT a", "UPDATE t SET v = 6 WHERE id = 1", "SAVEPOINT b",
                    "ROLLBACK TO a", "UPDATE t SET v = v + 2 WHERE id = 1", "SAVEPOINT c", "RELEASE SAVEPOINT c"):
            one.execute(sql)
        two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
        check(one.execute("UPDATE t SET v = v + 1 WHERE id = 2") == 1, f"not one row at {isolation}")
        check(rows(one, "SELECT v FROM t ORDER BY id") == ((7,), (2,), (0,)), f"something else was made again at {isolation}")
        check([refused(one, f"ROLLBACK TO {name}") for name in ("b", "c")] == [1305, 1305], "a savepoint that had gone")
        one.execute("ROLLBACK TO a")
        check(rows(one, "SELECT v FROM t ORDER BY id") == ((5,), (1,), (0,)), f"the savepoint is another one at {isolation}")
        first.commit()
        check(rows(two, "SELECT v FROM t ORDER BY id") == ((5,), (1,), (0,)), f"not what was left at {isolation}")


def test_an_error_that_rows_are_the_reason_of_has_to_come_again(env):
    _, first, second = two_sessions(env)
    one, two = first.cursor(), second.cursor()
    twice = "INSERT INTO t VALUES (3, 0, NULL)"
    one.execute("BEGIN")
    check(refused(one, twice) == 1062, "the same key twice")
    two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
    check(one.execute("UPDATE t SET v = v + 1 WHERE id = 2") == 1, "not one row")
    first.commit()
    check(one_value(two, "SELECT v FROM t WHERE id = 2") == 2, "an update was lost")
    one.execute("BEGIN")
    check(refused(one, twice) == 1062, "the same key twice")
    two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
    two.execute("DELETE FROM t WHERE id = 3")
    check(refused(one, "UPDATE t SET v = v + 1 WHERE id = 2") == 1213, "a refusal was taken back")


def test_numbers_of_auto_increment_stay_what_they_were(env):
    cluster, first, second = two_sessions(env)
    one, two, third = first.cursor(), second.cursor(), session(cluster).cursor()
    for kind in ("INT", "BIGINT"):
        one.execute(f"CREATE TABLE post_{kind}(id {kind} AUTO_INCREMENT PRIMARY KEY, body TEXT)")
        one.execute(f"CREATE TABLE tag_{kind}(post {kind}, name VARCHAR(20))")
        one.execute("BEGIN")
        one.execute(f"INSERT INTO post_{kind} (body) VALUES ('first'), ('second')")
        told = one.lastrowid
        one.execute(f"INSERT INTO tag_{kind} VALUES (LAST_INSERT_ID(), 'new')")
        third.execute(f"INSERT INTO post_{kind} (body) VALUES ('of another session')")
        two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
        check(one.execute("UPDATE t SET v = v + 1 WHERE id = 2") == 1, "not one row")
        check(one_value(one, "SELECT LAST_INSERT_ID()") == told, "another number than was told")
        first.commit()
        posts = dict(rows(two, f"SELECT body, id FROM post_{kind}"))
        check(posts["first"] == told and len(set(posts.values())) == 3, f"{told} was told: {posts}")
        check(rows(two, f"SELECT post FROM tag_{kind}") == ((told,),), "a tag of another post")
    one.execute("BEGIN")
    one.execute("SELECT LAST_INSERT_ID(7) FROM t WHERE id = 1")
    two.execute("UPDATE t SET v = v + 1 WHERE id = 2")
    check(refused(one, "UPDATE t SET v = v + 1 WHERE id = 2") == 1213, "what was remembered is set again")


def test_time_is_that_of_the_first_run(env):
    _, first, second = two_sessions(env)
    one, two = first.cursor(), second.cursor()
    one.execute("BEGIN")
    one.execute("UPDATE t SET at = NOW(6) WHERE id = 1")
    at = one_value(one, "SELECT at FROM t WHERE id = 1")
    two.execute("UPDATE t SET v = 3 WHERE id = 2")
    check(one.execute("UPDATE t SET v = v + 1 WHERE id = 2") == 1, "a time has changed")
    check(one_value(one, "SELECT at FROM t WHERE id = 1") == at, "a time has changed")
    first.commit()
    check(rows(two, "SELECT at FROM t WHERE id = 1") == ((at,),), "a time has changed")


def test_sessions_that_write_several_rows_each_are_not_told_to_begin_again(env):
    cluster, first, _ = two_sessions(env)
    refusals = []

    def write(which):
        if which == 0:  # in the same file, with the extension
            application = env.connect(cluster.node(1))
            for _ in range(20):
                insist(application, "UPDATE t SET v = v + 1 WHERE id = 2")
            return
        own = session(cluster)
        cursor = own.cursor()
        done = 0
        while done < 20:
            try:
                cursor.execute("BEGIN")
                for row in (1, 2, 3):
                    check(cursor.execute(f"UPDATE t SET v = v + 1 WHERE id = {row}") == 1, "not one row")
                own.commit()
                done += 1
            except Exception as error:  # pylint: disable=broad-except
                if error.args[0] not in BEGIN_AGAIN:
                    raise
                refusals.append(error)

    all_at_once(7, write)
    check(rows(first.cursor(), "SELECT v FROM t ORDER BY id") == ((120,), (140,), (120,)), "an update was lost")
    check(len(refusals) < 12, f"{len(refusals)} of 120 were told to begin again")


def test_commits_of_two_nodes_at_quorum_that_change_one_row_are_both_made(env):
    cluster = env.cluster(3, mysql=True, extra={"cluster": {"consistency": "quorum"}})
    first, second = session(cluster, 1), session(cluster, 2)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT NOT NULL)")
    one.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    env.wait_equal(cluster.nodes)
    for cursor in (one, two):
        cursor.execute("BEGIN")
        cursor.execute("UPDATE t SET v = v + 1 WHERE id = 1")
        cursor.execute("UPDATE t SET v = v + 1 WHERE id = 2")
    first.commit()
    env.wait_equal(cluster.nodes)
    second.commit()
    one.execute("SET murmel_read_consistency = 'quorum'")
    check(rows(one, "SELECT v FROM t ORDER BY id") == ((2,), (2,)), "an update was lost")
