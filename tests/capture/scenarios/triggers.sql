-- Rows that SQLite changes on its own: foreign key actions and the application's triggers.

--- scenario cascade_delete: rows deleted by a foreign key
CREATE TABLE p(id INTEGER PRIMARY KEY, a);
CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE, b);
CREATE TABLE g(id INTEGER PRIMARY KEY, c REFERENCES c ON DELETE CASCADE);
INSERT INTO p VALUES(1, 'one'), (2, 'two');
INSERT INTO c VALUES(10, 1, 'x'), (11, 1, 'y'), (12, 2, 'z');
INSERT INTO g VALUES(100, 10), (101, 12);
--- run
PRAGMA foreign_keys = ON;
DELETE FROM p WHERE id = 1;
DELETE FROM p;
--- transactions 2

--- scenario cascade_update: keys changed by a foreign key
CREATE TABLE p(id INTEGER PRIMARY KEY, a UNIQUE);
CREATE TABLE c(id INTEGER PRIMARY KEY, a REFERENCES p(a) ON UPDATE CASCADE);
INSERT INTO p VALUES(1, 'one'), (2, 'two');
INSERT INTO c VALUES(10, 'one'), (11, 'one'), (12, 'two');
--- run
PRAGMA foreign_keys = ON;
UPDATE p SET a = a || '!';
--- transactions 1

--- scenario set_null_and_default: the other foreign key actions
CREATE TABLE p(id INTEGER PRIMARY KEY);
CREATE TABLE c(id INTEGER PRIMARY KEY, n REFERENCES p ON DELETE SET NULL, d DEFAULT 3 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO p VALUES(1), (2), (3);
INSERT INTO c VALUES(10, 1, 2), (11, 2, 1);
--- run
PRAGMA foreign_keys = ON;
DELETE FROM p WHERE id = 1;
DELETE FROM p WHERE id = 2;
--- transactions 2

--- scenario deferred_foreign_key: a violation that COMMIT finds can be repaired
CREATE TABLE p(id INTEGER PRIMARY KEY);
CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p DEFERRABLE INITIALLY DEFERRED);
--- run
PRAGMA foreign_keys = ON;
BEGIN;
INSERT INTO c VALUES(10, 1);
COMMIT;
INSERT INTO p VALUES(1);
COMMIT;
INSERT INTO c VALUES(11, 99);
--- transactions 1

--- scenario cascade_with_replace: REPLACE on the parent cascades
CREATE TABLE p(id INTEGER PRIMARY KEY, a UNIQUE);
CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES(1, 'one'), (2, 'two');
INSERT INTO c VALUES(10, 1), (11, 2);
--- run
PRAGMA foreign_keys = ON;
REPLACE INTO p VALUES(1, 'uno');
REPLACE INTO p VALUES(3, 'two');
--- transactions 2

--- scenario trigger_chain: triggers that start triggers
CREATE TABLE a(id INTEGER PRIMARY KEY, x);
CREATE TABLE b(id INTEGER PRIMARY KEY, x);
CREATE TABLE c(id INTEGER PRIMARY KEY, x);
CREATE TRIGGER ab AFTER INSERT ON a BEGIN INSERT INTO b VALUES(new.id, new.x); UPDATE b SET x = x || '+' WHERE id = new.id; END;
CREATE TRIGGER bc AFTER UPDATE ON b BEGIN INSERT OR REPLACE INTO c VALUES(new.id % 2, new.x); END;
CREATE TRIGGER ad AFTER DELETE ON a BEGIN DELETE FROM b WHERE id = old.id; END;
--- run
INSERT INTO a VALUES(1, 'x'), (2, 'y'), (3, 'z');
DELETE FROM a WHERE id = 2;
--- transactions 2

--- scenario trigger_changes_same_row: AFTER trigger that changes the row that fired it
CREATE TABLE t(id INTEGER PRIMARY KEY, a, stamp);
CREATE TRIGGER stamp_insert AFTER INSERT ON t BEGIN UPDATE t SET stamp = 'inserted ' || new.a WHERE id = new.id; END;
CREATE TRIGGER stamp_update AFTER UPDATE OF a ON t BEGIN UPDATE t SET stamp = 'updated ' || new.a WHERE id = new.id; END;
--- run
INSERT INTO t(id, a) VALUES(1, 'x'), (2, 'y');
UPDATE t SET a = a || a;
INSERT INTO t(id, a) VALUES(1, 'z') ON CONFLICT DO UPDATE SET a = excluded.a;
--- transactions 3

--- scenario trigger_deletes_same_row: AFTER trigger that deletes what was inserted
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER no_bad AFTER INSERT ON t WHEN new.a = 'bad' BEGIN DELETE FROM t WHERE id = new.id; END;
--- run
INSERT INTO t VALUES(1, 'good'), (2, 'bad'), (3, 'good');
--- transactions 1

--- scenario trigger_created_later: a trigger that is made while capture runs
CREATE TABLE t(id INTEGER PRIMARY KEY, a, stamp);
--- run
INSERT INTO t(id, a) VALUES(1, 'x');
CREATE TRIGGER stamp AFTER INSERT ON t BEGIN UPDATE t SET stamp = 'later' WHERE id = new.id; END;
--- extension SELECT murmel_enable()
INSERT INTO t(id, a) VALUES(2, 'y');

--- scenario before_trigger: BEFORE triggers change other rows first
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE);
CREATE TABLE log(n INTEGER PRIMARY KEY, what);
CREATE TRIGGER bi BEFORE INSERT ON t BEGIN INSERT INTO log(what) VALUES('insert ' || new.a); DELETE FROM t WHERE a = new.a; END;
CREATE TRIGGER bu BEFORE UPDATE ON t BEGIN INSERT INTO log(what) VALUES('update ' || old.a); END;
CREATE TRIGGER bd BEFORE DELETE ON t BEGIN INSERT INTO log(what) VALUES('delete ' || old.a); END;
INSERT INTO t VALUES(1, 'a'), (2, 'b');
--- run
INSERT INTO t VALUES(3, 'a');
UPDATE t SET a = a || '?';
INSERT OR REPLACE INTO t VALUES(2, 'c');
--- transactions 3

--- scenario raise_abort: RAISE(ABORT) undoes the statement
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER guard AFTER INSERT ON t WHEN new.a < 0 BEGIN SELECT RAISE(ABORT, 'no negative numbers'); END;
--- run
BEGIN;
INSERT INTO t VALUES(1, 1);
INSERT INTO t VALUES(2, 2), (3, -3);
INSERT INTO t VALUES(4, 4);
COMMIT;
--- transactions 1

--- scenario raise_ignore: RAISE(IGNORE) skips a row
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER guard BEFORE INSERT ON t WHEN new.a < 0 BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER keep BEFORE DELETE ON t WHEN old.a = 1 BEGIN SELECT RAISE(IGNORE); END;
--- run
INSERT INTO t VALUES(1, 1), (2, -2), (3, 3);
DELETE FROM t;
--- transactions 2

--- scenario raise_fail_and_rollback: the other two kinds of RAISE
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER f AFTER INSERT ON t WHEN new.a = 'fail' BEGIN SELECT RAISE(FAIL, 'failed'); END;
CREATE TRIGGER r AFTER INSERT ON t WHEN new.a = 'rollback' BEGIN SELECT RAISE(ROLLBACK, 'rolled back'); END;
--- run
INSERT INTO t VALUES(1, 'x'), (2, 'fail'), (3, 'y');
BEGIN;
INSERT INTO t VALUES(10, 'x');
INSERT INTO t VALUES(11, 'y'), (12, 'rollback');
INSERT INTO t VALUES(13, 'z');
COMMIT;

--- scenario instead_of: views that write
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE VIEW v AS SELECT id, a FROM t;
CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.id, new.a); END;
CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN UPDATE t SET a = new.a WHERE id = old.id; END;
CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = old.id; END;
--- run
INSERT INTO v VALUES(1, 'x'), (2, 'y');
UPDATE v SET a = a || '!';
DELETE FROM v WHERE id = 1;
--- transactions 3

--- scenario recursive_trigger: a trigger that fires itself
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER down AFTER INSERT ON t WHEN new.id > 0 BEGIN INSERT INTO t VALUES(new.id - 1, 'child of ' || new.id); END;
--- run
PRAGMA recursive_triggers = ON;
INSERT INTO t VALUES(5, 'start');
--- transactions 1

--- scenario temp_trigger: a TEMP trigger of the application
--- limit trigger replay: a TEMP trigger on INSERT fires before ours, so its change of the same row comes first in the log
--- limit trigger before: as above
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE other(id INTEGER PRIMARY KEY, a);
--- run
CREATE TEMP TRIGGER tt AFTER INSERT ON t BEGIN INSERT INTO other(a) VALUES(new.a); UPDATE t SET a = a || '!' WHERE id = new.id; END;
INSERT INTO t VALUES(1, 'x');

--- scenario triggers_switched_off: ENABLE_TRIGGER = 0 of the application
--- limit trigger replay: persistent triggers are off with the application's own ones
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
CREATE TABLE other(id INTEGER PRIMARY KEY, a);
CREATE TRIGGER tt AFTER INSERT ON t BEGIN INSERT INTO other(a) VALUES(new.a); END;
--- run
--- config enable_trigger 0
INSERT INTO t VALUES(1, 'x');
--- config enable_trigger 1
INSERT INTO t VALUES(2, 'y');
