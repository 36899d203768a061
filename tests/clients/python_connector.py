"""MySQL Connector/Python: DB-API, prepared cursors, warnings, several statements, pools; pandas over SQLAlchemy; and Alembic,
whose comparison of what is there with what is wanted finds no difference after its migrations."""
import datetime
import decimal
import warnings

import mysql.connector
import pandas
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from mysql.connector import pooling
from scene import arrives, check, place
from sqlalchemy.dialects import mysql as types

PORTS, DATABASE = place()


def connect(node):
    return mysql.connector.connect(host="127.0.0.1", port=PORTS[node], user="root", database=DATABASE, use_pure=True)


# --- the connector --------------------------------------------------------------------------------------

one = connect(0)
cursor = one.cursor()
cursor.execute("CREATE TABLE things (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE, price DECIMAL(10,2), at DATETIME(6), "
               "took TIME(3), flags SET('a','b'), bits BIT(9), facts JSON, big BIGINT UNSIGNED)")
ROW = ("ü😀", decimal.Decimal("1.50"), datetime.datetime(2024, 2, 29, 1, 2, 3, 4), datetime.timedelta(hours=30, milliseconds=5), {"a", "b"}, 3,
       '{"a": 1}', 2**64 - 1)
cursor.execute("INSERT INTO things (name, price, at, took, flags, bits, facts, big) VALUES (%s, %s, %s, %s, 'a,b', %s, %s, %s)",
               ROW[:4] + ROW[5:])
cursor.execute("SELECT name, price, at, took, flags, bits, facts, big FROM things WHERE id = %s", (cursor.lastrowid,))
check(cursor.fetchone() == ROW, "each type comes back as it went")
prepared = one.cursor(prepared=True)
prepared.execute("SELECT name, price, at, took, big, %s FROM things WHERE price > %s", (None, decimal.Decimal("1.49")))
check(prepared.fetchone() == ROW[:4] + (ROW[7], None), "and through a prepared cursor")
prepared.close()
cursor.executemany("INSERT INTO things (name, price) VALUES (%(name)s, %(price)s)", [{"name": f"n{i}", "price": i} for i in range(20)])
one.commit()
one.get_warnings = True
warned = one.cursor()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    warned.execute("SET @a = 1 / 0")
check(warned.warnings == [("Warning", 1365, "Division by 0")], "a warning is fetched, and that has none of its own")
one.get_warnings = False
answers = one.cursor()
answers.execute("SELECT 1; UPDATE things SET price = 0 WHERE name = 'n1'; SELECT 2")
said = []
while True:
    said.append(answers.fetchall() if answers.with_rows else answers.rowcount)
    if not answers.nextset():
        break
check(said == [[(1,)], 1, [(2,)]], "several statements in one text")


def number(act):
    try:
        act()
    except mysql.connector.Error as error:
        return error.errno
    return 0


check(number(lambda: cursor.execute("INSERT INTO things (name) VALUES ('n1')")) == 1062, "1062")
check(number(lambda: cursor.callproc("nothing", (1,))) == 1305, "1305 for a procedure that is not there")
one.rollback()
one.start_transaction(isolation_level="READ COMMITTED", consistent_snapshot=True, readonly=True)
check(number(lambda: cursor.execute("DELETE FROM things")) == 1792, "1792 in a transaction that only reads")
one.rollback()
one.cmd_change_user("root", "", DATABASE)
one.time_zone, one.sql_mode = "+02:00", "ANSI_QUOTES"
cursor = one.cursor()
cursor.execute("SELECT @@time_zone, @@sql_mode, DATABASE()")
check(cursor.fetchone() == ("+02:00", "ANSI_QUOTES", DATABASE), "another user, and settings of the session")
pool = pooling.MySQLConnectionPool(pool_size=2, host="127.0.0.1", port=PORTS[1], user="root", database=DATABASE, compress=True, use_pure=True)


def there():
    with pool.get_connection() as connection, connection.cursor(dictionary=True) as rows:
        rows.execute("SELECT COUNT(*) AS n FROM things")
        return rows.fetchone()["n"]


arrives(lambda: number(there) == 0 and there() == 21, "a pool on another node, compressed")

# --- pandas -----------------------------------------------------------------------------------------------

engine = sa.create_engine(f"mysql+mysqlconnector://root@127.0.0.1:{PORTS[0]}/{DATABASE}", connect_args={"use_pure": True})
frame = pandas.DataFrame({"a": range(300), "s": [f"ü{i}" for i in range(300)], "f": [i / 7 for i in range(300)],
                          "t": pandas.date_range("2024-01-01", periods=300, freq="h"), "n": [None, 1] * 150, "b": [True, False] * 150})
frame.to_sql("frame", engine, index=False, method="multi", chunksize=100)
frame.head(5).to_sql("frame", engine, if_exists="append", index=False)
back = pandas.read_sql("SELECT * FROM frame WHERE a < %(a)s ORDER BY a", engine, params={"a": 300}).drop_duplicates()
check(len(back) == 300 and list(back["s"]) == list(frame["s"]) and list(back["f"]) == list(frame["f"]) and list(back["t"]) == list(frame["t"]),
      "pandas: a frame is written and read back")

# --- Alembic ----------------------------------------------------------------------------------------------


def wanted(later):
    tables = sa.MetaData()
    columns = [
        sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.String(50, collation="utf8mb4_bin"), nullable=False, comment="it's"),
        sa.Column("kind", sa.Enum("a", "b", name="kinds")), sa.Column("price", sa.Numeric(10, 2), server_default="0.00"),
        sa.Column("made", types.TIMESTAMP(fsp=6), server_default=sa.text("CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)")),
        sa.Column("at", sa.DateTime, server_default=sa.func.now()), sa.Column("facts", sa.JSON), sa.Column("text", types.MEDIUMTEXT),
        sa.Column("number", types.INTEGER(unsigned=True)), sa.Column("year", types.YEAR), sa.Column("bits", types.BIT(5)),
        sa.Column("next", sa.Integer, sa.Computed("number + 1", persisted=True)), sa.Column("uuid", sa.Uuid), sa.Column("on", sa.Boolean)]
    added = [sa.Column("added", sa.String(20), server_default="x", nullable=False)] if later else []
    sa.Table("item", tables, *columns, *added, sa.UniqueConstraint("name", "kind", name="names"), sa.Index("by_price", "price", "at"),
             sa.CheckConstraint("number > 0", name="positive"), comment="goods")
    sa.Table("part", tables, sa.Column("id", sa.Integer, primary_key=True), sa.Column("of", sa.Integer, sa.ForeignKey("part.id")),
             sa.Column("item_id", sa.BigInteger, sa.ForeignKey("item.id", ondelete="CASCADE", name="of_item")))
    if later:
        sa.Table("note", tables, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text),
                 sa.Index("starts", "text", mysql_length=10), sa.Index("words", "text", mysql_prefix="FULLTEXT"))
    return tables


def context(connection):
    ours = {"things", "frame"}
    return MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True,
                                                        "include_name": lambda name, kind, parents: kind != "table" or name not in ours})


def carry_out(operations, steps):
    for step in steps.ops:
        if hasattr(step, "ops"):
            carry_out(operations, step)
        else:
            operations.invoke(step)


with engine.connect() as connection:
    wanted(False).create_all(connection)
    check(compare_metadata(context(connection), wanted(False)) == [], "Alembic finds what was made as it is wanted")
    migrations = produce_migrations(context(connection), wanted(True))
    check(not migrations.upgrade_ops.is_empty(), "and what is to be made of it")
    operations = Operations(context(connection))
    carry_out(operations, migrations.upgrade_ops)
    check(compare_metadata(context(connection), wanted(True)) == [], "and nothing once that is done")
    operations.alter_column("item", "name", existing_type=sa.String(50), type_=sa.String(80), nullable=False)
    operations.drop_constraint("of_item", "part", type_="foreignkey")
    operations.drop_constraint("positive", "item", type_="check")
    operations.drop_index("by_price", "item")
    operations.create_unique_constraint("prices", "item", ["price", "kind"])
    operations.rename_table("note", "remark")
    operations.bulk_insert(wanted(True).tables["item"], [{"id": 1, "name": "x", "number": 3}])
    connection.commit()
    seen = sa.inspect(connection)
    name = next(column for column in seen.get_columns("item") if column["name"] == "name")
    check(name["type"].length == 80 and seen.get_foreign_keys("part")[0]["referred_table"] == "part" and seen.get_check_constraints("item") == []
          and {key["name"] for key in seen.get_unique_constraints("item")} == {"names", "prices"} and "remark" in seen.get_table_names(),
          "columns, keys, checks and tables are changed")
