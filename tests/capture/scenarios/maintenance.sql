-- What people and tools do to a file beside writing rows.

--- scenario vacuum: VACUUM changes no row
--- limit trigger view: VACUUM copies our triggers, which moves last_insert_rowid() as it does with any trigger
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE k(k TEXT PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x'), (2, 'y');
INSERT INTO k VALUES('x', 1), ('y', 2);
--- run
DELETE FROM t WHERE id = 1;
DELETE FROM k WHERE k = 'x';
VACUUM;
INSERT INTO t VALUES(3, 'z');
UPDATE k SET a = 3;
--- transactions 4

--- scenario vacuum_with_indexes: VACUUM moves the entries of the schema, which is no change of it
--- limit any view: VACUUM leaves the place of the last trigger's entry in last_insert_rowid()
CREATE TABLE gone(id INTEGER PRIMARY KEY, a);
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE INDEX t_a ON t(a);
CREATE TABLE k(k TEXT PRIMARY KEY, a UNIQUE);
CREATE VIEW v AS SELECT a FROM t;
CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = a || '+' WHERE id = new.id; END;
INSERT INTO t VALUES(1, 'x'), (2, 'y');
INSERT INTO k VALUES('x', 1);
DROP TABLE gone;
--- run
VACUUM;
INSERT INTO t VALUES(3, 'z');
INSERT INTO k VALUES('y', 2);
VACUUM;
REPLACE INTO k VALUES('z', 2);
--- transactions 3

--- scenario vacuum_without_key: rowids of tables without a key move
--- limit trigger view: as in vacuum
CREATE TABLE t(a, b);
INSERT INTO t VALUES(1, 'x'), (2, 'y'), (3, 'z'), (2, 'y');
--- run
DELETE FROM t WHERE a = 1;
VACUUM;
UPDATE t SET b = 'changed' WHERE a = 3;
DELETE FROM t WHERE rowid = 1;
INSERT INTO t VALUES(4, 'w');

--- scenario analyze: statistics are nobody's rows
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE INDEX i ON t(a);
INSERT INTO t VALUES(1, 'x'), (2, 'y');
--- run
ANALYZE;
INSERT INTO t VALUES(3, 'z');
ANALYZE;
PRAGMA optimize;
DELETE FROM sqlite_stat1 WHERE tbl = 't';
UPDATE t SET a = 'w';

--- scenario auto_vacuum: pages that move
PRAGMA auto_vacuum = FULL;
VACUUM;
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, zeroblob(500) FROM n;
DELETE FROM t WHERE id > 10;
INSERT INTO t VALUES(1000, 'x');
--- transactions 3

--- scenario incremental_vacuum: freed pages are given back
PRAGMA auto_vacuum = INCREMENTAL;
VACUUM;
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, zeroblob(500) FROM n;
DELETE FROM t WHERE id > 10;
--- quiet PRAGMA incremental_vacuum(10)
INSERT INTO t VALUES(1000, 'x');

--- scenario checkpoint: checkpoints in between
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- quiet PRAGMA wal_checkpoint(TRUNCATE)
INSERT INTO t VALUES(2, 'y');
--- quiet PRAGMA wal_checkpoint(PASSIVE)
BEGIN;
INSERT INTO t VALUES(3, 'z');
--- quiet PRAGMA wal_checkpoint(FULL)
COMMIT;
--- transactions 3

--- scenario temp_store_change: changing temp_store throws all TEMP objects away
--- limit trigger extension: our TEMP trigger goes as well; the rows wait for the next to turn them into a record
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
PRAGMA temp_store = MEMORY;
INSERT INTO t VALUES(2, 'y');
PRAGMA temp_store = FILE;
INSERT INTO t VALUES(3, 'z');
--- transactions 3

--- scenario user_version: pragmas that write the header
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
PRAGMA user_version = 7;
PRAGMA application_id = 77;
INSERT INTO t VALUES(1, 'x');
PRAGMA user_version;
--- transactions 1

--- scenario writable_schema_tools: integrity_check, table_info and friends work
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
PRAGMA table_info(t);
PRAGMA index_list(t);
PRAGMA foreign_key_check;
PRAGMA integrity_check;
PRAGMA quick_check;
INSERT INTO t VALUES(1, 'x');
SELECT name FROM sqlite_schema WHERE name NOT LIKE '\_\_murmel%' ESCAPE '\' AND name NOT LIKE 'sqlite%';

--- scenario explain: EXPLAIN runs nothing
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = 1;
--- prepare e EXPLAIN INSERT INTO t VALUES(1, 'x')
--- step_once e
--- finalize e
--- transactions 0
