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

--- scenario key_renamed_between_rows: rows that stand between two changes of their table's key
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE k(k TEXT PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
INSERT INTO k VALUES('x', 1);
--- run
BEGIN;
INSERT INTO t VALUES(2, 'y');
INSERT INTO k VALUES('y', 2);
ALTER TABLE t RENAME COLUMN id TO n;
ALTER TABLE k RENAME COLUMN k TO l;
INSERT INTO t VALUES(3, 'z');
UPDATE t SET a = 'w' WHERE n = 1;
UPDATE k SET a = 3 WHERE l = 'x';
ALTER TABLE t RENAME COLUMN n TO o;
ALTER TABLE k RENAME COLUMN l TO m;
INSERT INTO t VALUES(4, 'v');
DELETE FROM t WHERE o = 2;
DELETE FROM k WHERE m = 'y';
COMMIT;
INSERT INTO t VALUES(5, 'u');

--- scenario key_renamed_once: rows before and after
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'y');
ALTER TABLE t RENAME COLUMN id TO n;
INSERT INTO t VALUES(3, 'z');
UPDATE t SET a = 'w' WHERE n = 1;
COMMIT;

--- scenario column_dropped_and_added: another column of the same name, in one transaction
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
INSERT INTO t VALUES(1, 'x', 'old');
--- run
BEGIN;
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD COLUMN b;
COMMIT;
INSERT INTO t VALUES(2, 'y', 'new');

--- scenario column_dropped_and_added_rows: with rows in between
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
INSERT INTO t VALUES(1, 'x', 'old');
--- run
BEGIN;
INSERT INTO t VALUES(2, 'y', 'old too');
ALTER TABLE t DROP COLUMN b;
INSERT INTO t VALUES(3, 'z');
ALTER TABLE t ADD COLUMN b DEFAULT 'd';
INSERT INTO t VALUES(4, 'v', 'new');
COMMIT;

--- scenario column_dropped_and_added_autocommit: in transactions of their own
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
INSERT INTO t VALUES(1, 'x', 'old');
--- run
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD COLUMN b;
INSERT INTO t VALUES(2, 'y', 'new');

--- scenario rows_then_dropped: rows of a table that goes in the same transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
ALTER TABLE u ADD COLUMN b;
INSERT INTO t VALUES(2, 'y');
INSERT INTO u VALUES(2, 'y', 1);
DROP TABLE t;
COMMIT;

--- scenario rows_then_renamed: rows of a table that gets another name afterwards
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
ALTER TABLE u ADD COLUMN b;
INSERT INTO t VALUES(2, 'y');
INSERT INTO u VALUES(2, 'y', 1);
ALTER TABLE t RENAME TO v;
INSERT INTO v VALUES(3, 'z');
COMMIT;

--- scenario renamed_beside_others: a table gets another name in a transaction that changes more, rows in between
--- limit trigger replay: the triggers do not know a column that is added in the same transaction
CREATE TABLE t(id INTEGER PRIMARY KEY, a, self REFERENCES t(id));
CREATE TABLE u(id INTEGER PRIMARY KEY, t REFERENCES t(id));
CREATE INDEX t_a ON t(a);
INSERT INTO t VALUES(1, 'x', 1);
--- run
BEGIN;
INSERT INTO t VALUES(2, 'before', 1);
ALTER TABLE t RENAME TO v;
UPDATE v SET a = 'between' WHERE id = 1;
ALTER TABLE v ADD COLUMN b;
INSERT INTO v VALUES(3, 'after', 2, 'b');
CREATE TABLE t(id INTEGER PRIMARY KEY, other);
INSERT INTO t VALUES(1, 'of the new one');
COMMIT;
INSERT INTO t VALUES(2, 'later');
UPDATE v SET a = 'later' WHERE id = 2;

--- scenario names_exchanged: two tables exchange their names, a third takes the place of one that goes
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
CREATE TABLE v(id INTEGER PRIMARY KEY, a);
CREATE TABLE w(id INTEGER PRIMARY KEY, b);
INSERT INTO t VALUES(1, 't');
INSERT INTO u VALUES(1, 'u');
INSERT INTO v VALUES(1, 'v');
INSERT INTO w VALUES(1, 'w');
--- run
BEGIN;
ALTER TABLE t RENAME TO x;
ALTER TABLE u RENAME TO t;
UPDATE t SET a = 'was u';
ALTER TABLE x RENAME TO u;
INSERT INTO u VALUES(2, 'was t');
DROP TABLE v;
ALTER TABLE w RENAME TO v;
INSERT INTO v VALUES(2, 'was w');
COMMIT;
DELETE FROM t;
UPDATE u SET a = 'later';

--- scenario made_where_one_was: a new table in the entry of a dropped one, in quotes as if that had been renamed
--- run
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
BEGIN;
DROP TABLE t;
CREATE TABLE "u"(id INTEGER PRIMARY KEY, a);
INSERT INTO u VALUES(2, 'y');
COMMIT;
INSERT INTO u VALUES(1, 'z');

--- scenario column_moved: dropped and added, so that it stands elsewhere
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, b, a);
INSERT INTO t VALUES(1, 'old', 'x');
--- run
BEGIN;
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD COLUMN b;
COMMIT;
INSERT INTO t VALUES(2, 'y', 'new');

--- scenario column_with_another_type: dropped and added with another type
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x', 'old');
--- run
BEGIN;
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD COLUMN b INT DEFAULT 5;
COMMIT;
INSERT INTO t VALUES(2, 'y', 3);

--- scenario names_swapped: two columns that exchange their names
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x', 'y');
--- run
BEGIN;
ALTER TABLE t RENAME COLUMN a TO c;
ALTER TABLE t RENAME COLUMN b TO a;
ALTER TABLE t RENAME COLUMN c TO b;
COMMIT;
INSERT INTO t VALUES(2, 'y', 3);

--- scenario dropped_and_renamed: a column takes the name of one that is gone
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x', 'y');
--- run
BEGIN;
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t RENAME COLUMN b TO a;
COMMIT;
INSERT INTO t VALUES(2, 'y');

--- scenario column_set_and_dropped_and_added: rows between see the column that goes
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
ALTER TABLE t ADD COLUMN c;
INSERT INTO t VALUES(2, 'y', 'gone');
ALTER TABLE t DROP COLUMN c;
ALTER TABLE t ADD COLUMN c;
INSERT INTO t VALUES(3, 'z', 'stays');
COMMIT;

--- scenario dropped_and_renamed_beside: the same, while another table gets another name
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(id INTEGER PRIMARY KEY, b, c);
CREATE TABLE v(id INTEGER PRIMARY KEY, t REFERENCES t(id));
CREATE INDEX u_c ON u(c);
INSERT INTO t VALUES(1, 'x');
INSERT INTO u VALUES(1, 'b', 'c');
INSERT INTO v VALUES(1, 1);
--- run
BEGIN;
ALTER TABLE t RENAME TO w;
ALTER TABLE u DROP COLUMN b;
ALTER TABLE u RENAME COLUMN c TO b;
COMMIT;
INSERT INTO u VALUES(2, 'y');
INSERT INTO v VALUES(2, 1);

--- scenario renamed_and_added: a rename and a new column of the old name
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x', 'y');
--- run
BEGIN;
ALTER TABLE t RENAME COLUMN b TO c;
ALTER TABLE t ADD COLUMN b;
COMMIT;
INSERT INTO t VALUES(2, 'y', 1, 2);

--- scenario replaced_for_a_while: names that are exchanged, rows, and names that are exchanged back
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
CREATE TABLE v(id INTEGER PRIMARY KEY, a);
CREATE TABLE w(id INTEGER PRIMARY KEY, a);
CREATE TABLE x(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x', 'y');
--- run
BEGIN;
ALTER TABLE t RENAME COLUMN a TO c;
ALTER TABLE t RENAME COLUMN b TO a;
ALTER TABLE t RENAME COLUMN c TO b;
INSERT INTO t VALUES(2, 'y', 3);
ALTER TABLE t RENAME COLUMN a TO c;
ALTER TABLE t RENAME COLUMN b TO a;
ALTER TABLE t RENAME COLUMN c TO b;
INSERT INTO t VALUES(3, 'z', 4);
COMMIT;
UPDATE t SET a = 'w';

--- scenario many_rows_between_changes: more than one record of them
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
CREATE TABLE n(a, b);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
ALTER TABLE u ADD COLUMN b;
INSERT INTO t WITH RECURSIVE i(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM i WHERE i < 30000) SELECT i, 'some text, so that it takes more than a record' FROM i;
INSERT INTO n SELECT a, zeroblob(300000) FROM t WHERE id < 9;
UPDATE n SET a = 3.5 WHERE rowid % 2;
INSERT INTO u SELECT id, a, 'b' FROM t WHERE id < 20000;
ALTER TABLE u RENAME COLUMN id TO k;
INSERT INTO u VALUES(20001, 'x', 'y');
UPDATE t SET a = NULL WHERE id % 3 = 0;
DELETE FROM n WHERE rowid = 2;
COMMIT;

--- scenario change_between_rows_undone: the second change is undone by a savepoint, the rows before it stay
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x');
--- run
BEGIN;
ALTER TABLE t RENAME COLUMN id TO k;
INSERT INTO t VALUES(2, 'y');
SAVEPOINT s;
ALTER TABLE t RENAME COLUMN k TO l;
INSERT INTO t VALUES(3, 'undone');
ROLLBACK TO s;
INSERT INTO t VALUES(4, 'z');
COMMIT;

--- scenario several_alters: two columns added, two dropped
--- limit trigger view: SQLite refuses to drop a column that a trigger names
--- limit trigger data: as for view
--- limit trigger replay: the triggers of this transaction were made before the column
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c);
CREATE TABLE u(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'x', 'y', 'z');
--- run
BEGIN;
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t DROP COLUMN c;
ALTER TABLE u ADD COLUMN b DEFAULT 1;
ALTER TABLE u ADD COLUMN "c, d" DEFAULT 2;
COMMIT;
INSERT INTO t VALUES(2, 'y');
INSERT INTO u VALUES(2, 'y', 3, 4);

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
