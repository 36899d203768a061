-- Schema changes. Rows that DDL moves are no row events: they must come out of the log all the same.

--- scenario create_after_load: a table that is made while capture runs
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
INSERT INTO n VALUES(1, 'x');
INSERT INTO t VALUES(1, 'x');
--- extension SELECT murmel_enable()
INSERT INTO n VALUES(2, 'y');
UPDATE n SET a = a || '!';

--- scenario create_in_transaction: table and rows in one transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
INSERT INTO n VALUES(1, 'x'), (2, 'y');
UPDATE n SET a = 'z' WHERE id = 2;
INSERT INTO t VALUES(1, 'beside');
COMMIT;
INSERT INTO n VALUES(3, 'w');
INSERT INTO t VALUES(2, 'after');

--- scenario create_rolled_back: a table that never was
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
INSERT INTO n VALUES(1, 'x');
ROLLBACK;
BEGIN;
SAVEPOINT s;
CREATE TABLE n(id INTEGER PRIMARY KEY, other, columns);
INSERT INTO n VALUES(1, 'x', 'y');
ROLLBACK TO s;
INSERT INTO t VALUES(1, 'x');
COMMIT;
CREATE TABLE n(k TEXT PRIMARY KEY, z);
INSERT INTO n VALUES('third shape', 1);

--- scenario create_table_as: rows that CREATE TABLE AS SELECT makes
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x'), (2, 'y');
--- run
CREATE TABLE c AS SELECT * FROM t;
INSERT INTO c VALUES(3, 'z');
BEGIN;
CREATE TABLE d AS SELECT id * 2 AS dbl, a || '!' AS b FROM t;
DELETE FROM d WHERE dbl = 2;
INSERT INTO t VALUES(3, 'w');
COMMIT;

--- scenario drop_table: a table goes, with rows and without
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE gone(id INTEGER PRIMARY KEY, a);
CREATE INDEX gone_a ON gone(a);
INSERT INTO gone VALUES(1, 'x');
--- run
INSERT INTO gone VALUES(2, 'y');
DROP TABLE gone;
INSERT INTO t VALUES(1, 'x');

--- scenario drop_and_create: the same name again with other columns
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'old');
--- run
INSERT INTO t VALUES(2, 'old too');
DROP TABLE t;
CREATE TABLE t(k TEXT PRIMARY KEY, b, c);
INSERT INTO t VALUES('new', 1, 2);

--- scenario add_column: a new column, with and without default
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x'), (2, 'y');
--- run
ALTER TABLE t ADD COLUMN b DEFAULT 'given';
--- extension SELECT murmel_enable()
UPDATE t SET a = 'changed' WHERE id = 1;
INSERT INTO t VALUES(3, 'z', 'own');
ALTER TABLE t ADD COLUMN c;
--- extension SELECT murmel_enable()
DELETE FROM t WHERE id = 2;
UPDATE t SET c = 'set' WHERE id = 3;

--- scenario add_column_in_transaction: rows before and after, in one transaction
--- limit trigger replay: the triggers of this transaction were made before the column
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'y');
ALTER TABLE t ADD COLUMN b INT DEFAULT 7;
INSERT INTO t VALUES(3, 'z', 8);
UPDATE t SET b = b + 1;
COMMIT;

--- scenario drop_column: a column goes
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as above
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c);
INSERT INTO t VALUES(1, 'x', 'y', 'z');
--- run
ALTER TABLE t DROP COLUMN b;
INSERT INTO t(id, a, c) VALUES(2, 'p', 'q');
UPDATE t SET a = 'changed';

--- scenario rename_column: a column gets another name
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
INSERT INTO t VALUES(1, 'x', 'y');
--- run
ALTER TABLE t RENAME COLUMN a TO z;
INSERT INTO t(id, z) VALUES(2, 'p');
UPDATE t SET z = 'changed' WHERE id = 1;

--- scenario rename_table: a table gets another name
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
INSERT INTO t VALUES(2, 'before');
ALTER TABLE t RENAME TO t2;
INSERT INTO t2 VALUES(3, 'after');
UPDATE t2 SET a = 'changed' WHERE id = 1;

--- scenario changes_in_turns_undone: the second change is taken back, its rows with it
--- limit trigger replay: the triggers of this transaction were made before the column
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
ALTER TABLE t ADD COLUMN c;
INSERT INTO t VALUES(2, 'p', 'c');
SAVEPOINT s;
ALTER TABLE t RENAME COLUMN c TO d;
UPDATE t SET d = 'undone';
ROLLBACK TO s;
UPDATE t SET c = 'kept' WHERE id = 1;
COMMIT;

--- scenario rename_in_transaction: rows before and after the new name
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'before');
ALTER TABLE t RENAME TO t2;
INSERT INTO t2 VALUES(3, 'after');
COMMIT;
INSERT INTO t2 VALUES(4, 'later');

--- scenario rebuild_migration: create, copy, drop, rename, as frameworks do
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE INDEX t_a ON t(a);
INSERT INTO t VALUES(1, 'x', 1), (2, 'y', 2);
--- run
INSERT INTO t VALUES(3, 'z', 3);
PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE t_new(id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT '', c);
INSERT INTO t_new(id, a, c) SELECT id, a, b * 10 FROM t;
DROP TABLE t;
ALTER TABLE t_new RENAME TO t;
CREATE INDEX t_a ON t(a);
COMMIT;
--- extension SELECT murmel_enable()
INSERT INTO t VALUES(4, 'w', 4);
DELETE FROM t WHERE id = 1;

--- scenario indexes_views_triggers: the other schema objects
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE other(id INTEGER PRIMARY KEY, a);
CREATE INDEX old_index ON t(a);
CREATE VIEW old_view AS SELECT a FROM t;
CREATE TRIGGER old_trigger AFTER INSERT ON t BEGIN INSERT INTO other(a) VALUES('old'); END;
--- run
CREATE INDEX new_index ON t(a DESC);
CREATE UNIQUE INDEX new_unique ON other(id, a);
CREATE VIEW new_view AS SELECT id FROM t;
CREATE TRIGGER new_trigger AFTER DELETE ON t BEGIN INSERT INTO other(a) VALUES('new'); END;
DROP INDEX old_index;
DROP VIEW old_view;
DROP TRIGGER old_trigger;
INSERT INTO t VALUES(1, 'x');
DELETE FROM t;

--- scenario index_replaced: same name, other definition
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE INDEX i ON t(a);
CREATE VIEW v AS SELECT a FROM t;
--- run
DROP INDEX i;
CREATE UNIQUE INDEX i ON t(b);
DROP VIEW v;
CREATE VIEW v AS SELECT b FROM t;
INSERT INTO t VALUES(1, 'x', 'y');

--- scenario ddl_only_rolled_back: DDL that is rolled back
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
BEGIN;
CREATE TABLE n(a);
CREATE INDEX i ON t(a);
ALTER TABLE t ADD COLUMN b;
ROLLBACK;
INSERT INTO t VALUES(1, 'x');

--- scenario ddl_from_other_connection: one connection changes what another one writes to
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- connection 2
CREATE TABLE n(id INTEGER PRIMARY KEY, a, b);
ALTER TABLE t ADD COLUMN b DEFAULT 5;
--- extension SELECT murmel_enable()
--- connection 1
INSERT INTO n VALUES(1, 'x', 'y');
UPDATE t SET b = 6;

--- scenario ddl_from_plain_connection: schema changed by a connection without the extension
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- connection 2 plain
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
CREATE INDEX i ON t(a);
--- connection 1
--- extension SELECT murmel_enable()
INSERT INTO n VALUES(1, 'x');
INSERT INTO t VALUES(2, 'y');

--- scenario empty_database: capture begins before there is any table
--- run
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- extension SELECT murmel_enable()
INSERT INTO t VALUES(1, 'x');

--- scenario check_and_collation_tables: definitions with much in them survive the log
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
CREATE TABLE c(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE NOT NULL DEFAULT 'it''s' CHECK(length(a) < 100), b REAL DEFAULT (1.0 / 3), p REFERENCES t(id) ON DELETE CASCADE, UNIQUE(a, b) ON CONFLICT REPLACE);
CREATE TABLE s(k TEXT PRIMARY KEY, v ANY, g AS (k || '!') STORED) STRICT, WITHOUT ROWID;
INSERT INTO c(id) VALUES(1);
INSERT INTO s(k, v) VALUES('x', 1);

--- scenario drop_and_create_same_text: the same table again, with nothing in it
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE INDEX t_a ON t(a);
INSERT INTO t VALUES(1, 'old'), (2, 'old');
--- run
DROP TABLE t;
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE INDEX t_a ON t(a);
INSERT INTO t VALUES(1, 'new');

--- scenario drop_and_create_same_text_in_transaction: the same in one transaction, with rows before and after
CREATE TABLE before(id INTEGER PRIMARY KEY, a);
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'old'), (2, 'old');
--- run
BEGIN;
INSERT INTO t VALUES(3, 'old');
DROP TABLE IF EXISTS t;
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'new');
INSERT INTO before VALUES(1, 'x');
COMMIT;
UPDATE t SET a = 'newer';
