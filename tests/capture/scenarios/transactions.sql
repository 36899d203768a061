-- Transactions, savepoints and statements that fail: what is rolled back leaves no trace in the log.

--- scenario autocommit_rows: each statement is a transaction of its own
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, a INT, b REAL, c TEXT);
INSERT INTO t VALUES(1, 'x', 1, 1.5, 'base');
--- run
INSERT INTO t VALUES(2, 'y', 2, 2.5, 'new');
UPDATE t SET a = 20 WHERE id = 2;
DELETE FROM t WHERE id = 1;
--- transactions 3

--- scenario explicit_transaction: BEGIN to COMMIT is one record
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'one');
INSERT INTO t VALUES(2, 'two');
UPDATE t SET a = 'uno' WHERE id = 1;
DELETE FROM t WHERE id = 2;
COMMIT;
--- transactions 1

--- scenario immediate_and_exclusive: the kind of BEGIN makes no difference
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN IMMEDIATE;
INSERT INTO t VALUES(1, 'one');
COMMIT;
BEGIN EXCLUSIVE;
INSERT INTO t VALUES(2, 'two');
END;
--- transactions 2

--- scenario rolled_back: a rolled back transaction has no record
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'base');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'gone');
UPDATE t SET a = 'gone';
DELETE FROM t;
ROLLBACK;
SELECT * FROM t;
INSERT INTO t VALUES(3, 'stays');
--- transactions 1

--- scenario empty_transactions: reading and doing nothing leaves no record
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
SELECT count(*) FROM t;
COMMIT;
BEGIN IMMEDIATE;
COMMIT;
UPDATE t SET a = 1 WHERE id = 77;
DELETE FROM t WHERE id = 77;
--- transactions 0

--- scenario insert_and_delete_again: rows that come and go inside one transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'short life');
DELETE FROM t WHERE id = 1;
INSERT INTO t VALUES(1, 'second life');
UPDATE t SET a = 'changed' WHERE id = 1;
COMMIT;
--- transactions 1

--- scenario statement_fails_in_transaction: a failed multi-row statement is undone, the transaction goes on
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(5, 'e');
--- run
BEGIN;
INSERT INTO t VALUES(1, 'a');
INSERT INTO t VALUES(2, 'b'), (3, 'c'), (4, 'e'), (6, 'f');
UPDATE t SET a = 'same';
INSERT INTO t VALUES(7, 'g');
COMMIT;
--- transactions 1

--- scenario statement_fails_in_autocommit: a failed statement outside a transaction has no record
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
INSERT INTO t VALUES(5, 'e');
--- run
INSERT INTO t VALUES(2, 'b'), (3, 'c'), (4, 'e'), (6, 'f');
INSERT INTO t VALUES(2, 'b');
--- transactions 1

--- scenario check_and_not_null: constraint failures of the other kinds
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT NOT NULL CHECK(a > 0));
--- run
BEGIN;
INSERT INTO t VALUES(1, 1), (2, -1);
INSERT INTO t VALUES(3, 3), (4, NULL);
INSERT INTO t VALUES(5, 5);
UPDATE t SET a = a - 5;
COMMIT;
--- transactions 1

--- scenario savepoint_released: RELEASE of the outermost savepoint is the commit
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
SAVEPOINT one;
INSERT INTO t VALUES(1, 'a');
RELEASE one;
--- transactions 1

--- scenario savepoint_rolled_back: ROLLBACK TO takes back what came after
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'a');
SAVEPOINT one;
INSERT INTO t VALUES(2, 'b');
ROLLBACK TO one;
INSERT INTO t VALUES(3, 'c');
RELEASE one;
COMMIT;
--- transactions 1

--- scenario savepoint_before_first_row: a savepoint that is older than the first captured row
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
SAVEPOINT one;
SAVEPOINT two;
INSERT INTO t VALUES(1, 'gone');
ROLLBACK TO one;
INSERT INTO t VALUES(2, 'stays');
COMMIT;
--- transactions 1

--- scenario savepoint_everything_rolled_back: nothing is left to commit
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
SAVEPOINT one;
INSERT INTO t VALUES(1, 'gone');
ROLLBACK TO one;
RELEASE one;
COMMIT;
--- transactions 0

--- scenario savepoint_transaction_level: ROLLBACK TO the savepoint that opened the transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
SAVEPOINT outermost;
INSERT INTO t VALUES(1, 'gone');
ROLLBACK TO outermost;
INSERT INTO t VALUES(2, 'stays');
RELEASE outermost;
--- transactions 1

--- scenario savepoint_nested: several levels, released and rolled back in turn
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
INSERT INTO t VALUES(1, 'a');
SAVEPOINT one;
INSERT INTO t VALUES(2, 'b');
SAVEPOINT two;
INSERT INTO t VALUES(3, 'c');
SAVEPOINT three;
UPDATE t SET a = 'deep';
RELEASE three;
ROLLBACK TO two;
INSERT INTO t VALUES(4, 'd');
RELEASE two;
SAVEPOINT two;
DELETE FROM t WHERE id = 1;
ROLLBACK TO two;
ROLLBACK TO two;
RELEASE one;
COMMIT;
--- transactions 1

--- scenario savepoint_same_names: the innermost of equal names is meant
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
SAVEPOINT s;
INSERT INTO t VALUES(1, 'a');
SAVEPOINT s;
INSERT INTO t VALUES(2, 'b');
ROLLBACK TO s;
RELEASE s;
INSERT INTO t VALUES(3, 'c');
RELEASE s;
--- transactions 1

--- scenario savepoint_after_rollback_to_many: repeated use of one savepoint
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
SAVEPOINT s;
INSERT INTO t VALUES(1, 'a');
ROLLBACK TO s;
INSERT INTO t VALUES(1, 'b');
ROLLBACK TO s;
INSERT INTO t VALUES(1, 'c');
COMMIT;
--- transactions 1

--- scenario large_transaction: many rows become several records of one transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);
--- run
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO t SELECT i, 'row number ' || i || ' with some text that takes room in the log' FROM n;
UPDATE t SET a = 'x' || id WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
COMMIT;
--- transactions 1

--- scenario commit_busy_then_retry: COMMIT that finds a reader in rollback journal mode can be tried again
--- option journal=delete
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'base');
--- run
--- connection 2 plain
BEGIN;
SELECT * FROM t;
--- connection 1
BEGIN;
INSERT INTO t VALUES(20, 'stays');
SAVEPOINT s;
INSERT INTO t VALUES(21, 'gone');
COMMIT;
ROLLBACK TO s;
INSERT INTO t VALUES(22, 'stays too');
COMMIT;
--- connection 2
COMMIT;
--- connection 1
COMMIT;
SELECT * FROM t;
--- transactions 1

--- scenario rollback_journal_mode: capture does not need WAL
--- option journal=delete
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'a');
BEGIN;
INSERT INTO t VALUES(2, 'b');
ROLLBACK;
INSERT INTO t VALUES(3, 'c');
--- transactions 2

--- scenario journal_mode_changes: the journal mode may change while we watch
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'a');
PRAGMA journal_mode = DELETE;
INSERT INTO t VALUES(2, 'b');
PRAGMA journal_mode = MEMORY;
INSERT INTO t VALUES(3, 'c');
PRAGMA journal_mode = WAL;
INSERT INTO t VALUES(4, 'd');
--- transactions 4

--- scenario exclusive_locking: a connection that never lets go of the file
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
PRAGMA locking_mode = EXCLUSIVE;
INSERT INTO t VALUES(1, 'a');
INSERT INTO t VALUES(2, 'b');
--- transactions 2

--- scenario two_connections_take_turns: both capture into one log
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'a');
--- connection 2
INSERT INTO t VALUES(2, 'b');
UPDATE t SET a = 'from two' WHERE id = 1;
--- connection 1
DELETE FROM t WHERE id = 2;
BEGIN IMMEDIATE;
INSERT INTO t VALUES(3, 'c');
--- connection 2
INSERT INTO t VALUES(4, 'd');
--- connection 1
COMMIT;
--- connection 2
INSERT INTO t VALUES(4, 'd');
--- transactions 6
