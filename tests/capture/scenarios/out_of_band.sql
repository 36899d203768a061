-- Writers that did not load the extension, and what the setting out_of_band makes of them.

--- scenario unequipped_warn: by default such a commit shows as a gap in the change counter
--- option replay=none
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
INSERT INTO t VALUES(1, 'x');
--- connection 2 plain
INSERT INTO t VALUES(2, 'not captured by hooks');
--- connection 1
INSERT INTO t VALUES(3, 'z');

--- scenario unequipped_capture: triggers capture whoever writes
CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b);
CREATE TABLE n(x, y);
INSERT INTO t VALUES(1, 'base', 1);
--- run
--- extension UPDATE __murmel_meta SET value = 'capture' WHERE key = 'out_of_band'
--- extension SELECT murmel_enable()
INSERT INTO t VALUES(2, 'equipped', 1);
--- connection 2 plain
INSERT INTO t VALUES(3, 'unequipped', 1), (4, 'unequipped too', 2);
UPDATE t SET b = b + 1;
REPLACE INTO t VALUES(5, 'base', 9);
BEGIN;
INSERT INTO n VALUES(1, 2), (1, 2);
DELETE FROM t WHERE id = 2;
ROLLBACK;
INSERT INTO n VALUES(1, 2), (1, 2), (3, NULL);
DELETE FROM n WHERE rowid = 1;
--- connection 1
UPDATE t SET b = 'equipped again' WHERE id = 3;
BEGIN;
INSERT INTO t VALUES(9, 'in a transaction', 0);
SAVEPOINT s;
DELETE FROM n;
ROLLBACK TO s;
COMMIT;
--- connection 2
UPDATE t SET b = 'unequipped again' WHERE id = 3;

--- scenario unequipped_capture_then_off: the triggers go when the setting does
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
--- run
--- extension UPDATE __murmel_meta SET value = 'capture' WHERE key = 'out_of_band'
--- extension SELECT murmel_enable()
--- connection 2 plain
INSERT INTO t VALUES(1, 'x');
--- connection 1
--- extension UPDATE __murmel_meta SET value = 'warn' WHERE key = 'out_of_band'
--- extension SELECT murmel_enable()
INSERT INTO t VALUES(2, 'y');
--- transactions 2

--- scenario unequipped_refuse: who has not loaded the extension cannot write
--- option view=differs
--- option data=differs
CREATE TABLE t(id INTEGER PRIMARY KEY, a);
INSERT INTO t VALUES(1, 'base');
--- run
--- extension UPDATE __murmel_meta SET value = 'refuse' WHERE key = 'out_of_band'
--- extension SELECT murmel_enable()
INSERT INTO t VALUES(2, 'x');
--- connection 2 plain
INSERT INTO t VALUES(3, 'refused');
--- expect murmel_extension_not_loaded
UPDATE t SET a = 'refused';
--- expect murmel_extension_not_loaded
DELETE FROM t;
--- expect murmel_extension_not_loaded
SELECT * FROM t;
VACUUM;
--- connection 1
UPDATE t SET a = 'y' WHERE id = 2;
CREATE TABLE n(id INTEGER PRIMARY KEY, a);
--- extension SELECT murmel_enable()
--- connection 2
INSERT INTO n VALUES(1, 'refused');
--- expect murmel_extension_not_loaded
--- connection 1
INSERT INTO n VALUES(1, 'x');
--- expect_rows 2 SELECT * FROM t
