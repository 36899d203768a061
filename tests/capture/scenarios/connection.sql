-- The life of a connection: its own hooks and sessions, prepared statements, settings, closing.

--- scenario update_hook: the application's update hook sees its rows and none of ours
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- hook update
INSERT INTO t VALUES(1, 'x'), (2, 'y');
UPDATE t SET a = 'z' WHERE id = 1;
BEGIN;
DELETE FROM t WHERE id = 2;
COMMIT;
--- transactions 3

--- scenario commit_and_rollback_hook: the application's hooks replace nothing that we need
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
--- run
--- hook commit
--- hook rollback
INSERT INTO t VALUES(1, 'x');
INSERT INTO t VALUES(2, 'x');
BEGIN;
INSERT INTO t VALUES(3, 'y');
ROLLBACK;
BEGIN;
INSERT INTO t VALUES(4, 'z');
COMMIT;
--- transactions 2

--- scenario commit_hook_refuses: the application's commit hook may refuse
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- hook commit_refuse
INSERT INTO t VALUES(1, 'x');
BEGIN;
INSERT INTO t VALUES(2, 'y');
COMMIT;
--- hook commit_none
INSERT INTO t VALUES(3, 'z');
SELECT * FROM t;
--- transactions 1

--- scenario wal_hook: the application's WAL hook is called as often
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- hook wal
INSERT INTO t VALUES(1, 'x');
INSERT INTO t VALUES(2, 'y');

--- scenario auto_checkpoint: the threshold of automatic checkpoints stays, SQLite's own and the application's
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
PRAGMA wal_autocheckpoint;
PRAGMA wal_autocheckpoint = 500;
INSERT INTO t VALUES(2, 'y');
PRAGMA wal_autocheckpoint;

--- scenario preupdate_hook: an application that sets its own preupdate hook is not deaf, and neither are we
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- hook preupdate
INSERT INTO t VALUES(2, 'y');
UPDATE t SET a = 'z';
--- transactions 3

--- scenario session: an application that records a session of its own
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- session start t
INSERT INTO t VALUES(2, 'y');
UPDATE t SET a = 'z' WHERE id = 1;
--- session end
INSERT INTO t VALUES(3, 'after');
--- transactions 4

--- scenario session_in_transaction: a session that begins and ends inside a transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'x');
--- session start t
INSERT INTO t VALUES(2, 'y');
--- session end
INSERT INTO t VALUES(3, 'after');
COMMIT;
--- transactions 1

--- scenario session_of_all_tables: a session that records every table sees none of ours
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(k TEXT PRIMARY KEY, a);
--- run
--- session start *
INSERT INTO t VALUES(1, 'x'), (2, 'y');
BEGIN;
INSERT INTO u VALUES('k', 1);
UPDATE t SET a = 'z' WHERE id = 1;
COMMIT;
--- session end
--- transactions 2

--- scenario hooks_before_load: an application whose own hooks were there first
--- option load=late
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- hook update
--- hook rollback
--- hook preupdate
--- load
INSERT INTO t VALUES(1, 'x');
BEGIN;
UPDATE t SET a = 'y';
ROLLBACK;
DELETE FROM t WHERE id = 1;
--- transactions 2

--- scenario update_hook_and_delete_everything: rows that SQLite would have thrown away unseen
--- limit any view: DELETE without WHERE calls an update hook for no row, unless something else looks at the rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x'), (2, 'y');
--- run
--- hook update
DELETE FROM t;
--- transactions 1

--- scenario session_before_load: a session that was there first
--- option load=late
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- session start t
INSERT INTO t VALUES(1, 'not yet loaded');
DELETE FROM t;
--- load
INSERT INTO t VALUES(2, 'x');
--- session end
INSERT INTO t VALUES(3, 'y');

--- scenario authorizer: an authorizer that denies our tables makes commits fail; they are never made unlogged
--- option view=differs
--- option data=differs
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- hook authorizer
INSERT INTO t VALUES(2, 'y');
--- expect_error
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
UPDATE t SET a = 'z';
--- expect_error
SELECT * FROM t;
--- transactions 1

--- scenario authorizer_that_allows_us: an authorizer that lets our tables pass
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- hook authorizer_lax
INSERT INTO t VALUES(2, 'y');
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
UPDATE t SET a = 'z';
--- transactions 3

--- scenario prepared_before_load: statements that were prepared before the extension came
--- option load=late
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x'), (2, 'y'), (3, 'z'), (4, 'w');
--- run
--- prepare del DELETE FROM t
--- prepare ins INSERT INTO t(a) VALUES('early')
--- load
--- step ins
--- step del
--- step ins
--- transactions 3

--- scenario loaded_in_transaction: the extension comes in the middle of a transaction
--- option load=late
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
SELECT count(*) FROM t;
--- load
INSERT INTO t VALUES(1, 'x');
COMMIT;
INSERT INTO t VALUES(2, 'y');
--- transactions 2

--- scenario loaded_twice: loading again does no harm
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- load
INSERT INTO t VALUES(2, 'y');
--- load
BEGIN;
INSERT INTO t VALUES(3, 'z');
--- load
INSERT INTO t VALUES(4, 'w');
COMMIT;
--- transactions 3

--- scenario prepared_statement_reuse: one statement, run again and again, over a schema change
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- prepare ins INSERT INTO t(a) VALUES('again')
--- prepare upd UPDATE t SET a = a || '!'
--- step ins
--- step ins
--- step upd
CREATE INDEX i ON t(a);
--- step ins
--- step upd
--- transactions 5

--- scenario open_reader: a SELECT that is still running while rows are written
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x'), (2, 'y'), (3, 'z');
--- run
--- prepare sel SELECT * FROM t
--- step_once sel
INSERT INTO t VALUES(4, 'w');
--- step_once sel
UPDATE t SET a = 'v' WHERE id = 3;
BEGIN;
DELETE FROM t WHERE id = 1;
COMMIT;
--- finalize sel

--- scenario finalize_everything: a framework that finalizes all statements before it closes
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- connection 2
INSERT INTO t VALUES(1, 'x');
BEGIN;
INSERT INTO t VALUES(2, 'y');
COMMIT;
--- finalize_all
--- close 2
--- connection 1
INSERT INTO t VALUES(3, 'z');

--- scenario close_with_open_statement: close() is refused, tried again, and then works
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- connection 2
INSERT INTO t VALUES(1, 'x');
--- prepare sel SELECT * FROM t
--- step_once sel
--- close_busy
--- finalize sel
INSERT INTO t VALUES(2, 'y');
--- close 2
--- connection 1
INSERT INTO t VALUES(3, 'z');
--- transactions 3

--- scenario close_in_transaction: a transaction that is open at close is rolled back
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- connection 2
BEGIN;
INSERT INTO t VALUES(1, 'gone');
--- close 2
--- connection 1
INSERT INTO t VALUES(2, 'stays');
SELECT * FROM t;
--- transactions 1

--- scenario query_only_in_transaction: PRAGMA query_only between write and COMMIT
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'x');
PRAGMA query_only = 1;
INSERT INTO t VALUES(2, 'refused');
COMMIT;
PRAGMA query_only;
PRAGMA query_only = 0;
INSERT INTO t VALUES(3, 'z');
--- transactions 2

--- scenario hardened: DEFENSIVE and an untrusted schema
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- config defensive 1
--- config trusted_schema 0
INSERT INTO t VALUES(1, 'x');
BEGIN;
UPDATE t SET a = 'y';
REPLACE INTO t VALUES(1, 'z');
COMMIT;
--- transactions 2

--- scenario last_insert_rowid: untouched by our own inserts
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(77, 'x');
SELECT last_insert_rowid();
BEGIN;
INSERT INTO t VALUES(88, 'y');
COMMIT;
SELECT last_insert_rowid();
UPDATE t SET a = 'z';
SELECT last_insert_rowid();

--- scenario changes_after_commit: changes() after COMMIT counts the last statement of the application
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'x'), (2, 'y'), (3, 'z');
SELECT changes();
COMMIT;
SELECT changes();
UPDATE t SET a = 'w' WHERE id < 3;
SELECT changes();
DELETE FROM t WHERE id = 99;
SELECT changes();

--- scenario changes_inside_trigger: changes() and last_insert_rowid() as a trigger sees them
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE seen(c, r, t);
CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO seen VALUES(changes(), last_insert_rowid(), new.id); UPDATE t SET a = a || '!' WHERE id <= new.id; INSERT INTO seen VALUES(changes(), last_insert_rowid(), new.id); END;
--- run
INSERT INTO t VALUES(10, 'x');
INSERT INTO t VALUES(11, 'y'), (12, 'z');
SELECT * FROM seen;

--- scenario changes_of_the_statement_before: changes() inside a statement that writes is about the one before
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x'), (2, 'y'), (3, 'z');
UPDATE t SET a = changes();
SELECT * FROM t;
DELETE FROM t WHERE id = 99;
INSERT INTO t SELECT id + 10, changes() FROM t;
SELECT * FROM t;

--- scenario changes_of_many: changes() after a COMMIT that followed a statement with many rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) SELECT i, 'x' FROM n;
COMMIT;
SELECT changes();

--- scenario total_changes: total_changes() counts the application's changes
--- limit trigger view: total_changes() counts what triggers write, ours as well
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x'), (2, 'y');
SELECT total_changes();
UPDATE t SET a = 'z';
SELECT total_changes();

--- scenario not_enabled: a database that nobody enabled is left alone
--- option enable=no
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
CREATE TABLE n(a);
SELECT name FROM sqlite_schema ORDER BY 1;

--- scenario read_only_data_version: PRAGMA data_version moves as it should
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
PRAGMA data_version;
INSERT INTO t VALUES(1, 'x');
PRAGMA data_version;
SELECT * FROM t;
