-- Capture that cannot do its work fails the transaction with a sentence; it never loses a row silently.

--- scenario log_is_broken: the log table is gone
--- option data=differs
--- option view=differs
--- option replay=none
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- connection 2 plain
--- extension DROP TABLE __murmel_log
--- connection 1
INSERT INTO t VALUES(2, 'must not go in unlogged');
--- expect murmel
BEGIN;
INSERT INTO t VALUES(3, 'neither');
COMMIT;
--- expect murmel
ROLLBACK;
--- expect_rows 1 SELECT * FROM t

--- scenario disk_full: no room for the log row
--- option data=differs
--- option view=differs
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, 'old text that fills the pages of the file ' || i FROM n;
--- run
--- full
UPDATE t SET a = replace(a, 'old', 'new');
--- expect full
BEGIN;
UPDATE t SET a = replace(a, 'old', 'odd');
COMMIT;
ROLLBACK;
--- room
INSERT INTO t VALUES(1000, 'room again');
--- expect_rows 300 SELECT * FROM t WHERE a LIKE 'old%'
--- expect_rows 301 SELECT * FROM t

--- scenario unequipped_is_noticed: a commit of a connection without the extension shows in the change counter
--- option replay=none
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- connection 2 plain
INSERT INTO t VALUES(2, 'not captured by hooks');
--- connection 1
INSERT INTO t VALUES(3, 'z');
--- expect_rows 2 SELECT ichange FROM __murmel_log WHERE ichange IS NOT NULL AND origin = 0
