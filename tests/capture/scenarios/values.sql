-- Every storage class at its edges. A value must come out as it went in: type, bits, bytes.

--- scenario integers: every width and both edges of 64 bits
CREATE TABLE t(id INTEGER PRIMARY KEY, v);
--- run
INSERT INTO t(v) VALUES(0), (1), (-1), (127), (128), (-128), (-129), (32767), (32768), (-32769), (8388607), (8388608), (2147483647), (2147483648), (-2147483649), (140737488355327), (140737488355328), (9223372036854775807), (-9223372036854775808), (TRUE), (FALSE);
UPDATE t SET v = v - 1 WHERE v > 0;
DELETE FROM t WHERE id % 3 = 0;

--- scenario reals: infinity, smallest, largest, integers that are reals
CREATE TABLE t(id INTEGER PRIMARY KEY, v REAL, any);
--- run
INSERT INTO t VALUES(1, 9e999, 9e999), (2, -9e999, -9e999), (3, 5.0, 5.0), (4, 5, 5), (5, 0.1, 0.1), (6, 1e308, 1e308), (7, 5e-324, 5e-324), (8, -0.0, -0.0), (9, 9007199254740993, 9007199254740993.0), (10, 1e15, 1e15), (11, '12', '12'), (12, 'text', 'text');
UPDATE t SET v = 6, any = 6.0 WHERE id = 3;
UPDATE t SET any = any / 3;
DELETE FROM t WHERE id < 4;
SELECT id, typeof(v), typeof(any) FROM t;

--- scenario affinities: what each column type does to a value
CREATE TABLE t(id INTEGER PRIMARY KEY, i INTEGER, x TEXT, n NUMERIC, r REAL, b BLOB, none, d DECIMAL(10,2), f FLOAT, v VARCHAR(5), dt DATETIME);
--- run
INSERT INTO t VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO t VALUES(2, '2', '2', '2', '2', '2', '2', '2', '2', '2', '2');
INSERT INTO t VALUES(3, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0);
INSERT INTO t VALUES(4, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5);
INSERT INTO t VALUES(5, x'35', x'35', x'35', x'35', x'35', x'35', x'35', x'35', x'35', x'35');
INSERT INTO t VALUES(6, '6e0', '6e0', '6e0', '6e0', '6e0', '6e0', '6e0', '6e0', '6e0', '6e0');
INSERT INTO t VALUES(7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE t SET i = i + 0.5, r = r + 1, f = 8, n = '9', d = '1.50';
DELETE FROM t WHERE id IN (2, 4);

--- scenario texts: empty, NULs inside, not UTF-8, many letters
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
--- run
INSERT INTO t VALUES(1, ''), (2, 'a' || char(0) || 'b'), (3, CAST(x'ff41fe' AS TEXT)), (4, 'Grüße 键 😀'), (5, CAST(x'c3' AS TEXT)), (6, CAST(x'eda080' AS TEXT)), (7, char(0)), (8, CAST(x'00ff' AS TEXT));
UPDATE t SET v = v || CAST(x'fe' AS TEXT);
UPDATE t SET v = '' WHERE id = 1;
DELETE FROM t WHERE id > 6;
SELECT id, typeof(v), length(v), hex(v) FROM t;

--- scenario blobs: empty, NULs, all bytes
CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB);
--- run
INSERT INTO t VALUES(1, x''), (2, x'00'), (3, x'0001000200'), (4, zeroblob(300)), (5, x'fffefdfcfb'), (6, NULL);
UPDATE t SET v = x'' WHERE id = 5;
UPDATE t SET v = CAST(v AS TEXT) WHERE id = 3;
DELETE FROM t WHERE id = 4;
SELECT id, typeof(v), hex(v) FROM t;

--- scenario blob_and_text_keys: equal bytes of another type are another key
CREATE TABLE t(k PRIMARY KEY, a) WITHOUT ROWID;
--- run
INSERT INTO t VALUES('a', 'text'), (x'61', 'blob'), (1, 'integer'), ('1', 'text'), (1.5, 'real'), (x'', 'empty blob'), ('', 'empty text');
UPDATE t SET a = a || '!';
DELETE FROM t WHERE typeof(k) = 'blob';
UPDATE t SET k = 2.0 WHERE k = 1;

--- scenario ten_megabytes: values of ten million bytes
CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, b BLOB);
--- run
INSERT INTO t VALUES(1, printf('%.*c', 10000000, 'x'), zeroblob(10000000));
INSERT INTO t VALUES(2, 'small', x'01');
UPDATE t SET b = CAST(printf('%.*c', 10000000, 'y') AS BLOB) WHERE id = 1;
UPDATE t SET x = 'no longer large' WHERE id = 1;
DELETE FROM t WHERE id = 1;
--- transactions 5

--- scenario utf16: a database whose texts are stored in UTF-16
PRAGMA encoding = 'UTF-16le';
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO t VALUES(1, 'Grüße');
--- run
INSERT INTO t VALUES(2, '😀 and 键'), (3, ''), (4, NULL);
UPDATE t SET v = v || '!';
DELETE FROM t WHERE id = 3;

--- scenario unchanged_update: an update that changes nothing, and one that only changes the type
CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);
INSERT INTO t VALUES(1, 1, 'x'), (2, '1', 'y');
--- run
UPDATE t SET a = a;
UPDATE t SET a = CAST(a AS TEXT);
UPDATE t SET a = 1.0 WHERE id = 1;
UPDATE t SET b = CAST(b AS BLOB);

--- scenario all_nulls: rows of nothing but NULL
CREATE TABLE t(a, b, c);
--- run
INSERT INTO t DEFAULT VALUES;
INSERT INTO t VALUES(NULL, NULL, NULL);
UPDATE t SET b = 1 WHERE rowid = 1;
DELETE FROM t WHERE rowid = 2;

--- scenario defaults: values that SQLite fills in
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT DEFAULT 7, b TEXT DEFAULT 'text', c REAL DEFAULT 3, d DEFAULT (1 + 1), e DEFAULT NULL);
--- run
INSERT INTO t DEFAULT VALUES;
INSERT INTO t(a) VALUES(1);
UPDATE t SET c = 4;
