-- Conflict clauses: IGNORE, FAIL, ROLLBACK, ABORT, REPLACE with all its evictions, and upsert.

--- scenario or_ignore: ignored rows leave no trace
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(1, 'a');
--- run
INSERT OR IGNORE INTO t VALUES(1, 'other'), (2, 'b'), (3, 'a'), (4, 'd');
UPDATE OR IGNORE t SET a = 'd' WHERE id IN (1, 2);
INSERT OR IGNORE INTO t VALUES(9, 'a');
--- transactions 1

--- scenario or_fail: rows before the failure stay
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(3, 'c');
--- run
INSERT OR FAIL INTO t VALUES(1, 'a'), (2, 'b'), (3, 'again'), (4, 'd');
BEGIN;
UPDATE OR FAIL t SET id = id + 1;
INSERT INTO t VALUES(10, 'j');
COMMIT;
--- transactions 2

--- scenario or_rollback: the whole transaction goes
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(1, 'a');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'b');
INSERT OR ROLLBACK INTO t VALUES(3, 'a');
COMMIT;
INSERT INTO t VALUES(4, 'd');
--- transactions 1

--- scenario or_abort: only the statement goes
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(1, 'a');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'b');
INSERT OR ABORT INTO t VALUES(3, 'c'), (4, 'a');
COMMIT;
--- transactions 1

--- scenario replace_by_rowid: the evicted row is a delete with its image
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
INSERT INTO t VALUES(1, 'a', 'first');
--- run
INSERT OR REPLACE INTO t VALUES(1, 'b', 'second');
REPLACE INTO t(id, a) VALUES(1, 'c');
REPLACE INTO t VALUES(2, 'new', 'no eviction');
--- transactions 3

--- scenario replace_evicts_two: one insert removes rows through two unique keys
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE, c);
INSERT INTO t VALUES(1, 'a', 'x', 'one'), (2, 'b', 'y', 'two'), (3, 'c', 'z', 'three');
--- run
INSERT OR REPLACE INTO t VALUES(4, 'a', 'y', 'four');
INSERT OR REPLACE INTO t VALUES(4, 'c', 'y', 'five');
--- transactions 2

--- scenario replace_in_constraint: the conflict clause of the table counts as well
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE ON CONFLICT REPLACE, b UNIQUE ON CONFLICT IGNORE);
INSERT INTO t VALUES(1, 'a', 'x'), (2, 'b', 'y');
--- run
INSERT INTO t VALUES(3, 'a', 'z');
INSERT INTO t VALUES(4, 'q', 'y');
UPDATE t SET a = 'b' WHERE id = 3;
--- transactions 2

--- scenario update_or_replace: an update evicts other rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b);
INSERT INTO t VALUES(1, 'a', 'one'), (2, 'b', 'two'), (3, 'c', 'three');
--- run
UPDATE OR REPLACE t SET a = 'b' WHERE id = 1;
UPDATE OR REPLACE t SET id = 3 WHERE id = 1;
UPDATE OR REPLACE t SET a = 'same';
--- transactions 3

--- scenario replace_multi_row: later rows evict earlier rows of the same statement
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(1, 'a');
--- run
INSERT OR REPLACE INTO t VALUES(2, 'a'), (3, 'a'), (2, 'b'), (4, 'b');
REPLACE INTO t SELECT id + 1, a FROM t ORDER BY id;
--- transactions 2

--- scenario replace_with_recursive_triggers: delete triggers fire for evicted rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
CREATE TABLE seen(what);
CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO seen VALUES('deleted ' || old.id); END;
INSERT INTO t VALUES(1, 'a');
--- run
PRAGMA recursive_triggers = ON;
INSERT OR REPLACE INTO t VALUES(2, 'a');
INSERT OR REPLACE INTO t VALUES(2, 'c');
UPDATE OR REPLACE t SET a = 'c';
--- transactions 3

--- scenario replace_fails_late: REPLACE that evicts and then fails is undone
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b CHECK(b <> 'bad'));
INSERT INTO t VALUES(1, 'a', 'ok'), (2, 'b', 'ok');
--- run
BEGIN;
INSERT OR REPLACE INTO t VALUES(3, 'a', 'fine'), (4, 'b', 'bad');
INSERT OR REPLACE INTO t VALUES(5, 'b', 'fine');
COMMIT;
--- transactions 1

--- scenario replace_without_rowid: eviction in a table without rowids
CREATE TABLE t(k TEXT PRIMARY KEY, a UNIQUE, b) WITHOUT ROWID;
INSERT INTO t VALUES('one', 'a', 1), ('two', 'b', 2), ('three', 'c', 3);
--- run
INSERT OR REPLACE INTO t VALUES('one', 'a', 10);
INSERT OR REPLACE INTO t VALUES('four', 'b', 4);
INSERT OR REPLACE INTO t VALUES('one', 'c', 11);
UPDATE OR REPLACE t SET k = 'one' WHERE k = 'four';
--- transactions 4

--- scenario replace_nocase: the evicted key differs in letters only
CREATE TABLE t(k TEXT PRIMARY KEY COLLATE NOCASE, a);
INSERT INTO t VALUES('Key', 1);
--- run
INSERT OR REPLACE INTO t VALUES('KEY', 2);
REPLACE INTO t VALUES('other', 3);
REPLACE INTO t VALUES('OTHER', 4);
--- transactions 3

--- scenario replace_partial_index: a conflict in a partial index
--- limit trigger replay: a row that is evicted through this kind of index is not seen
CREATE TABLE t(id INTEGER PRIMARY KEY, a, live INT);
CREATE UNIQUE INDEX one_live ON t(a) WHERE live;
INSERT INTO t VALUES(1, 'a', 1), (2, 'a', 0);
--- run
INSERT OR REPLACE INTO t VALUES(3, 'a', 1);
INSERT OR REPLACE INTO t VALUES(4, 'a', 0);
UPDATE OR REPLACE t SET live = 1 WHERE id = 4;
--- transactions 3

--- scenario replace_expression_index: a conflict in an index on an expression
--- limit trigger replay: a row that is evicted through this kind of index is not seen
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE UNIQUE INDEX folded ON t(lower(a));
INSERT INTO t VALUES(1, 'A');
--- run
INSERT OR REPLACE INTO t VALUES(2, 'a');
REPLACE INTO t VALUES(3, 'B');
--- transactions 2

--- scenario replace_not_null_default: OR REPLACE puts the default where NULL is not allowed
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'default');
--- run
INSERT OR REPLACE INTO t VALUES(1, NULL);
UPDATE OR REPLACE t SET a = NULL;
--- transactions 2

--- scenario upsert_do_update: insert becomes update
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, n INT DEFAULT 0);
INSERT INTO t VALUES(1, 'a', 1);
--- run
INSERT INTO t VALUES(1, 'z', 5) ON CONFLICT(id) DO UPDATE SET n = n + excluded.n;
INSERT INTO t VALUES(9, 'a', 7) ON CONFLICT(a) DO UPDATE SET n = excluded.n, a = 'b';
INSERT INTO t VALUES(2, 'c', 1), (1, 'd', 1), (3, 'e', 1) ON CONFLICT(id) DO UPDATE SET n = -1 RETURNING id, n;
--- transactions 3

--- scenario upsert_do_nothing: nothing happens, nothing is logged
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(1, 'a');
--- run
INSERT INTO t VALUES(1, 'z') ON CONFLICT DO NOTHING;
INSERT INTO t VALUES(2, 'a') ON CONFLICT(a) DO NOTHING;
INSERT INTO t VALUES(2, 'b'), (1, 'c') ON CONFLICT DO NOTHING;
INSERT INTO t VALUES(1, 'z') ON CONFLICT(id) DO UPDATE SET a = 'never' WHERE 0;
--- transactions 1

--- scenario upsert_then_replace: an upsert's candidate row is evicted later in the same transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, n);
INSERT INTO t VALUES(1, 'a', 1);
--- run
BEGIN;
INSERT INTO t VALUES(2, 'a', 2) ON CONFLICT(a) DO UPDATE SET n = 'upserted';
REPLACE INTO t VALUES(3, 'a', 3);
INSERT OR IGNORE INTO t VALUES(4, 'a', 4);
DELETE FROM t WHERE a = 'a';
INSERT INTO t VALUES(5, 'a', 5);
COMMIT;
--- transactions 1

--- scenario insert_select_and_update_from: rows that come from other rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a, n INT);
CREATE TABLE s(id INTEGER PRIMARY KEY, n INT);
INSERT INTO t VALUES(1, 'a', 1), (2, 'b', 2);
INSERT INTO s VALUES(1, 100), (2, 200);
--- run
INSERT INTO t SELECT id + 10, a || '!', n FROM t;
UPDATE t SET n = s.n FROM s WHERE s.id = t.id;
UPDATE t SET (a, n) = (SELECT 'sub', 7) WHERE id = 11;
WITH w(i) AS (VALUES(12)) DELETE FROM t WHERE id IN (SELECT i FROM w);
--- transactions 4

--- scenario returning: RETURNING rows are the same
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b DEFAULT 'd');
--- run
INSERT INTO t(a) VALUES('x'), ('y') RETURNING *;
UPDATE t SET a = a || a RETURNING id, a;
DELETE FROM t WHERE id = 1 RETURNING a, b;
--- transactions 3

--- scenario limit_and_order: DELETE and UPDATE with LIMIT where the build has them
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'a'), (2, 'b'), (3, 'c');
--- run
DELETE FROM t ORDER BY id DESC LIMIT 1;
UPDATE t SET a = 'z' ORDER BY id LIMIT 1;

--- scenario delete_everything: DELETE without WHERE is seen row by row
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE w(k TEXT PRIMARY KEY, a) WITHOUT ROWID;
INSERT INTO t VALUES(1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO w VALUES('x', 1), ('y', 2);
--- run
DELETE FROM t;
DELETE FROM w;
DELETE FROM t;
--- transactions 2
