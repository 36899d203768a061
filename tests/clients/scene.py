"""What the Python clients share: where the nodes are, checks that say what was done, and one scene for DB-API drivers."""
import datetime
import decimal
import os
import time

SECONDS = 20  # until another node has what was written; patience for slow machines


def place():
    """(ports of the nodes, name of a database that is empty)."""
    return [int(port) for port in os.environ["MURMEL_PORTS"].split()], os.environ["MURMEL_DATABASE"]


def check(good, what):
    if not good:
        raise SystemExit(f"FAIL {what}")
    print(f"ok {what}")


def arrives(condition, what):
    """Until another node has it: writes at ONE arrive a moment later."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"FAIL {what}")
        time.sleep(0.05)
    print(f"ok {what}")


def quietly(question, *errors):
    """The answer, or nothing while there is an error such as a table that is not there yet."""
    try:
        return question()
    except errors:
        return None


GOODS = """CREATE TABLE goods (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(60) NOT NULL UNIQUE,
  price DECIMAL(12,3) NOT NULL DEFAULT 0,
  made DATETIME(6) NULL,
  day DATE NULL,
  took TIME NULL,
  picture LONGBLOB NULL,
  facts JSON NULL,
  big BIGINT UNSIGNED NULL,
  ratio DOUBLE NULL,
  kind ENUM('a','b','c') NULL,
  flags SET('x','y','z') NULL,
  bits BIT(9) NULL,
  year YEAR NULL,
  changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""
ROW = ("żółć 😀", decimal.Decimal("12345.678"), datetime.datetime(2024, 2, 29, 23, 59, 58, 123456), datetime.date(2024, 2, 29),
       datetime.timedelta(hours=101, minutes=2, seconds=3), bytes(range(256)) * 4, '{"a": [1, 2.5, null, "ü"]}', 2**64 - 1, 0.1,
       "b", "x,z", 5, 2024)
COLUMNS = "name, price, made, day, took, picture, facts, big, ratio, kind, flags, bits, year"


def plain(row):
    """With BIT as a number, as drivers differ there."""
    return tuple(int.from_bytes(value, "big") if index == 11 and isinstance(value, bytes) else value
                 for index, value in enumerate(row))


def error_of(driver, cursor, sql, parameters=None):
    try:
        cursor.execute(sql, parameters)
    except driver.Error as error:
        return error.args[0]
    return 0


def dbapi_scene(connect, driver):
    one, two = connect(0), connect(1)
    cursor = one.cursor()
    cursor.execute(GOODS)
    marks = ", ".join(["%s"] * len(ROW))
    cursor.execute(f"INSERT INTO goods ({COLUMNS}) VALUES ({marks})", ROW)
    check(cursor.rowcount == 1 and cursor.lastrowid >= 1, "one row is inserted, and its number is known")
    first = cursor.lastrowid
    cursor.execute(f"SELECT {COLUMNS} FROM goods WHERE id = %s", (first,))
    got = plain(cursor.fetchone())
    check(got == ROW, f"each type comes back as it went: {[pair for pair in zip(got, ROW) if pair[0] != pair[1]] or 'equal'}")
    cursor.execute("UPDATE goods SET id = 1 WHERE id = %s", (first,))
    cursor.executemany("INSERT INTO goods (name, price) VALUES (%s, %s)", [(f"n{number}", number) for number in range(50)])
    check(cursor.rowcount == 50, "fifty rows in one statement")
    one.commit()
    shown = connect(1)
    watching = shown.cursor()

    def count():
        shown.rollback()
        return quietly(lambda: watching.execute("SELECT COUNT(*) FROM goods") and watching.fetchone()[0], driver.Error)
    arrives(lambda: count() == 51, "the other node has all rows")
    watching.execute(f"SELECT {COLUMNS} FROM goods WHERE id = 1")
    check(plain(watching.fetchone()) == ROW, "and each type")
    shown.rollback()

    other = two.cursor()
    other.execute("UPDATE goods SET price = price + 0.001 WHERE id = 1")
    other.execute("SELECT price FROM goods WHERE id = 1")
    check(other.fetchone() == (decimal.Decimal("12345.679"),), "a transaction sees what it wrote")
    two.rollback()
    other.execute("SELECT price FROM goods WHERE id = 1")
    check(other.fetchone() == (decimal.Decimal("12345.678"),), "and nothing of it after ROLLBACK")
    two.commit()

    check(error_of(driver, cursor, "INSERT INTO goods (name) VALUES ('n1')") == 1062, "1062 for a duplicate key")
    check(error_of(driver, cursor, "SELECT * FROM gone") == 1146, "1146 for a table that is not there")
    check(error_of(driver, cursor, "SELEC 1") == 1064, "1064 for nonsense")
    check(error_of(driver, cursor, "SELECT nothing FROM goods") == 1054, "1054 for an unknown column")
    check(error_of(driver, cursor, "INSERT INTO goods (name) VALUES (NULL)") == 1048, "1048 for NULL in a NOT NULL column")
    check(error_of(driver, cursor, "INSERT INTO goods (name) VALUES (%s)", ("x" * 61,)) == 1406, "1406 for too long a value")
    check(error_of(driver, cursor, "INSERT INTO goods (name, kind) VALUES ('k', 'q')") == 1265, "1265 for no word of an ENUM")
    one.rollback()

    large = os.urandom(3 << 20)
    cursor.execute("INSERT INTO goods (name, picture) VALUES ('large', %s)", (large,))
    one.commit()
    cursor.execute("SELECT picture, LENGTH(picture) FROM goods WHERE name = 'large' AND MD5(picture) = MD5(%s)", (large,))
    check(cursor.fetchone() == (large, len(large)), "a row of 3 MiB")
    one.commit()
    other.execute("INSERT INTO goods (name) VALUES ('of two')")
    given = other.lastrowid
    other.execute("SELECT LAST_INSERT_ID(), @@autocommit")
    check(given > 1 and other.fetchone() == (given, 0), "LAST_INSERT_ID() is the driver's")
    two.commit()
    other.execute("DELETE FROM goods WHERE name LIKE 'n%%' AND price >= %s", (10,))
    check(other.rowcount == 40, "forty rows are deleted")
    two.commit()

    def here():
        one.rollback()
        cursor.execute("SELECT COUNT(*), SUM(price) FROM goods WHERE name LIKE 'n%'")
        return cursor.fetchone()
    arrives(lambda: here() == (10, decimal.Decimal("45.000")), "what another node deleted is gone here")
