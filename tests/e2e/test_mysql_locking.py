"""SELECT ... FOR UPDATE and FOR SHARE: sessions of one node that lock rows, beside each other."""
import threading

from harness import check
from test_mysql_concurrent import BEGIN_AGAIN, all_at_once, one_value, refused, session
from test_mysql_sql import refusal


def rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


def prepared(env, number=2, rows_of=4):
    """Sessions of a node with a table job(id, state, v)."""
    cluster = env.cluster(1, mysql=True)
    own = [session(cluster) for _ in range(number)]
    cursor = own[0].cursor()
    cursor.execute("CREATE TABLE job(id INT PRIMARY KEY, state VARCHAR(10) NOT NULL, v INT NOT NULL, KEY(state))")
    cursor.execute("INSERT INTO job VALUES " + ", ".join(f"({id}, 'new', 0)" for id in range(1, rows_of + 1)))
    for one in own:
        one.cursor().execute("SET innodb_lock_wait_timeout = 1")
    return cluster, own


def test_who_locks_one_row_holds_up_nobody_who_wants_another(env):
    _, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    one.execute("BEGIN")
    two.execute("BEGIN")
    check(rows(one, "SELECT v FROM job WHERE id = 1 FOR UPDATE") == ((0,),), "a locking read has other rows")
    check(rows(two, "SELECT v FROM job WHERE id = 2 FOR UPDATE") == ((0,),), "another row is locked, too")
    check(two.execute("UPDATE job SET v = 3 WHERE id = 3") == 1, "a third row is locked")
    two.execute("INSERT INTO job VALUES (9, 'new', 0)")
    check(refusal(two, "SELECT v FROM job WHERE id = 1 FOR UPDATE")[0] == 1205, "the row was not locked")
    check(refusal(two, "SELECT v FROM job WHERE id = 1 FOR SHARE NOWAIT")[0] == 3572, "it was shared")
    check(refusal(two, "UPDATE job SET v = 9 WHERE id = 1")[0] == 1205, "it was changed")
    check(rows(two, "SELECT v FROM job WHERE id IN (2, 3) FOR UPDATE NOWAIT") == ((0,), (3,)), "own locks are in the way")
    check(refusal(one, "SELECT v FROM job WHERE id = 3 FOR UPDATE NOWAIT")[0] == 3572, "a row that is changed is not locked")
    check(rows(two, "SELECT v FROM job WHERE id = 1") == ((0,),), "a plain read waited")
    first.rollback()
    check(rows(two, "SELECT v FROM job WHERE id = 1 FOR UPDATE NOWAIT") == ((0,),), "it is locked after its transaction")
    second.rollback()


def test_who_shares_rows_goes_with_who_shares_them_and_not_with_who_writes_them(env):
    _, (first, second, third) = prepared(env, 3)
    one, two, three = first.cursor(), second.cursor(), third.cursor()
    for cursor in (one, two, three):
        cursor.execute("BEGIN")
    check(rows(one, "SELECT v FROM job WHERE id = 1 FOR SHARE") == ((0,),), "FOR SHARE has other rows")
    check(rows(two, "SELECT v FROM job WHERE id = 1 LOCK IN SHARE MODE") == ((0,),), "it is not shared")
    check(refusal(three, "UPDATE job SET v = 1 WHERE id = 1")[0] == 1205, "what is shared was written")
    check(refusal(three, "SELECT v FROM job WHERE id = 1 FOR UPDATE NOWAIT")[0] == 3572, "what is shared was locked")
    check(three.execute("UPDATE job SET v = 1 WHERE id = 2") == 1, "a row that nobody shares is locked")
    # An aggregate shares the whole table, which goes with shared rows, and not with locked ones.
    check(refusal(one, "SELECT sum(v) FROM job FOR SHARE NOWAIT")[0] == 3572, "rows that are written were summed up")
    third.rollback()
    check(rows(one, "SELECT sum(v) FROM job FOR SHARE NOWAIT") == ((0,),), "the table is not shared")
    first.rollback()
    second.rollback()


def test_only_tables_that_are_named_are_locked(env):
    _, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE TABLE owner(id INT PRIMARY KEY, name TEXT)")
    one.execute("INSERT INTO owner VALUES (1, 'a'), (2, 'b')")
    one.execute("BEGIN")
    two.execute("BEGIN")
    join = "SELECT j.id, o.name FROM job j LEFT JOIN owner o ON o.id = j.id WHERE j.id >= 2 ORDER BY j.id"
    expected = ((2, "b"), (3, None), (4, None))
    check(rows(one, join + " FOR UPDATE OF j") == expected, "the join has other rows")
    check(two.execute("UPDATE owner SET name = 'c' WHERE id = 2") == 1, "another table is locked")
    check(refusal(two, "UPDATE job SET v = 1 WHERE id = 4")[0] == 1205, "a row of the join is not locked")
    check(two.execute("UPDATE job SET v = 1 WHERE id = 1") == 1, "a row that is not in the join is locked")
    second.rollback()
    two.execute("BEGIN")
    check(rows(one, join + " FOR UPDATE OF o FOR SHARE OF j NOWAIT") == expected, "clauses of two tables")
    check(refusal(two, "SELECT * FROM owner WHERE id = 2 FOR UPDATE NOWAIT")[0] == 3572, "a row of the join is not locked")
    check(rows(two, "SELECT * FROM owner WHERE id = 1 FOR UPDATE NOWAIT") == ((1, "a"),), "a row of no join is locked")
    check(refusal(two, "SELECT 1 FROM job FOR UPDATE OF nobody")[0] == 3568, "a table that is not there was locked")
    check(refusal(two, "SELECT 1 FROM job j FOR UPDATE OF j FOR SHARE OF j")[0] == 3569, "a table was locked twice")


def test_who_locks_rows_of_a_view_locks_its_tables(env):
    _, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE VIEW open_job AS SELECT id, v FROM job WHERE state = 'new'")
    one.execute("BEGIN")
    check(rows(one, "SELECT v FROM open_job WHERE id = 1 FOR UPDATE") == ((0,),), "a view has other rows")
    check(refusal(two, "UPDATE job SET v = 1 WHERE id = 1")[0] == 1205, "a row of the view was written")
    check(refusal(two, "SELECT v FROM open_job FOR UPDATE NOWAIT")[0] == 3572, "a row of the view was locked twice")
    first.rollback()
    check(two.execute("UPDATE job SET v = 1 WHERE id = 1") == 1, "not one row")


def test_workers_that_skip_what_is_locked_get_different_jobs_and_all_of_them(env):
    cluster, _ = prepared(env, 1, 60)
    done = []

    def work(_):
        own = session(cluster)
        cursor = own.cursor()
        while True:
            try:
                cursor.execute("BEGIN")
                taken = rows(cursor, "SELECT id FROM job WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED")
                if not taken:
                    own.rollback()
                    return
                names = ", ".join(str(row[0]) for row in taken)
                check(cursor.execute(f"UPDATE job SET state = 'done', v = v + 1 WHERE id IN ({names})") == len(taken),
                      "a row that was locked has changed")
                own.commit()
                done.extend(row[0] for row in taken)
            except Exception as error:  # pylint: disable=broad-except
                if error.args[0] in BEGIN_AGAIN:
                    raise AssertionError("a worker was told to begin again") from error
                raise

    all_at_once(6, work)
    check(sorted(done) == list(range(1, 61)), f"jobs were done twice or never: {sorted(done)}")
    cursor = session(cluster).cursor()
    check(one_value(cursor, "SELECT count(*) FROM job WHERE state = 'done' AND v = 1") == 60, "a job was done twice")


def test_what_is_skipped_is_just_what_others_have_locked(env):
    _, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    one.execute("BEGIN")
    two.execute("BEGIN")
    take = "SELECT id FROM job ORDER BY id DESC LIMIT {} FOR UPDATE SKIP LOCKED"
    check(rows(one, take.format(1)) == ((4,),), "LIMIT has other rows")
    check(rows(two, take.format(2)) == ((3,), (2,)), "a locked row was not skipped, or too much")
    check(rows(one, take.format(10)) == ((4,), (1,)), "own rows were skipped")
    check(rows(two, "SELECT id FROM job WHERE id = 1 FOR UPDATE SKIP LOCKED") == (), "a locked row was read")
    check(two.execute("SELECT id INTO @id FROM job ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED") == 1, "INTO skipped all")
    check(rows(two, "SELECT @id") == ((2,),), "INTO read what was locked")
    check(rows(two, "SELECT count(*) FROM job FOR UPDATE SKIP LOCKED") in ((), ((0,),)), "an aggregate of locked rows")


def test_who_waits_for_a_row_gets_it_as_it_was_left(env):
    cluster, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    two.execute("SET innodb_lock_wait_timeout = 60")
    one.execute("BEGIN")
    one.execute("SELECT v FROM job WHERE id = 1 FOR UPDATE")
    two.execute("BEGIN")
    answers = []
    waits = threading.Thread(
        target=lambda: answers.extend(rows(two, "SELECT v FROM job WHERE id = 1 AND state = 'new' FOR UPDATE")))
    waits.start()
    one.execute("UPDATE job SET v = 7 WHERE id = 1")
    first.commit()
    waits.join()
    check(answers == [(7,)], f"who waited got {answers}")
    two.execute("UPDATE job SET v = v + 1 WHERE id = 1")
    second.commit()
    # Locked, and left as it was: nothing has changed for who waited.
    one.execute("BEGIN")
    two.execute("BEGIN")
    check(rows(two, "SELECT count(*) FROM job") == ((4,),), "a plain read")
    one.execute("SELECT v FROM job WHERE id = 1 FOR UPDATE")
    first.commit()
    check(rows(two, "SELECT v FROM job WHERE id = 1 FOR UPDATE") == ((8,),), "a row that nobody has changed")
    second.commit()

    def count(_):
        own = session(cluster)
        cursor = own.cursor()
        for _ in range(10):
            cursor.execute("BEGIN")
            value = one_value(cursor, "SELECT v FROM job WHERE id = 2 FOR UPDATE")
            cursor.execute(f"UPDATE job SET v = {value + 1} WHERE id = 2")
            own.commit()

    all_at_once(4, count)
    check(one_value(one, "SELECT v FROM job WHERE id = 2") == 40, "an update was lost")


def test_rows_that_are_locked_and_not_written_hold_in_the_whole_cluster_at_quorum(env):
    cluster = env.cluster(3, mysql=True, extra={"cluster": {"consistency": "quorum"}})
    first, second = session(cluster, 1), session(cluster, 2)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE TABLE duty(name VARCHAR(20) PRIMARY KEY, present INT NOT NULL)")
    one.execute("INSERT INTO duty VALUES ('ann', 1), ('bob', 1), ('cid', 1)")
    env.wait_equal(cluster.nodes)
    # Each sees that the other one stays, and goes.
    both = "SELECT sum(present) OVER () FROM duty WHERE name IN ('ann', 'bob') FOR UPDATE"
    for cursor, name in ((one, "ann"), (two, "bob")):
        cursor.execute("BEGIN")
        check(rows(cursor, both)[0][0] == 2, "somebody is away")
        cursor.execute(f"UPDATE duty SET present = 0 WHERE name = '{name}'")
    first.commit()
    check(refused(two, "COMMIT") == 1213, "both went")
    # A row that another node has changed since it was locked.
    env.wait_equal(cluster.nodes)
    one.execute("BEGIN")
    check(rows(one, "SELECT present FROM duty WHERE name = 'cid' FOR UPDATE") == ((1,),), "it is away")
    two.execute("UPDATE duty SET present = 0 WHERE name = 'cid'")
    one.execute("UPDATE duty SET present = 1 WHERE name = 'ann'")
    check(refused(one, "COMMIT") == 1213, "a locked row was changed, and nobody was told")
    check(refused(one, "SELECT present FROM duty WHERE name = 'cid' FOR UPDATE") == 0, "the row stays locked")

    # Sessions of one node that lock a row and write others take turns.
    one.execute("CREATE TABLE entry(place INT PRIMARY KEY, who INT NOT NULL)")

    def append(which):
        own = session(cluster, 1)
        cursor = own.cursor()
        for _ in range(5):
            cursor.execute("BEGIN")
            cursor.execute("SELECT present FROM duty WHERE name = 'bob' FOR UPDATE")
            cursor.execute(f"INSERT INTO entry SELECT coalesce(max(place), 0) + 1, {which} FROM entry")
            own.commit()

    all_at_once(4, append)
    check(one_value(one, "SELECT max(place) FROM entry") == 20, "entries are missing")


def test_a_locking_read_outside_of_a_transaction_waits_and_holds_nothing(env):
    _, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    one.execute("BEGIN")
    one.execute("SELECT v FROM job WHERE id = 1 FOR UPDATE")
    check(refusal(two, "SELECT v FROM job WHERE id = 1 FOR UPDATE NOWAIT")[0] == 3572, "it was not locked")
    check(rows(two, "SELECT v FROM job WHERE id = 2 FOR UPDATE NOWAIT") == ((0,),), "it was locked")
    check(one.execute("UPDATE job SET v = 5 WHERE id = 2") == 1, "a statement without a transaction holds its row")
    first.commit()
    check(refused(two, "SELECT v FROM job WHERE id = 1 FOR UPDATE NOWAIT") == 0, "it is locked after its transaction")


def test_a_result_too_large_to_lock_its_rows_locks_the_table(env):
    _, (first, second) = prepared(env)
    one, two = first.cursor(), second.cursor()
    one.execute("CREATE TABLE number(n INT PRIMARY KEY)")
    one.execute("SET cte_max_recursion_depth = 1000000")
    one.execute("INSERT INTO number WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100001) "
                "SELECT n FROM c")
    one.execute("BEGIN")
    check(len(rows(one, "SELECT n FROM number WHERE n > 0 FOR UPDATE")) == 100001, "rows are missing")
    check(refusal(two, "INSERT INTO number VALUES (0)")[0] == 1205, "the table is not locked")
    first.rollback()
    two.execute("INSERT INTO number VALUES (0)")
