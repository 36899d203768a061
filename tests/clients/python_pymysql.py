"""PyMySQL: types, transactions, errors, large rows, and what another node shows."""
import pymysql
from scene import check, dbapi_scene, place

PORTS, DATABASE = place()


def connect(node, **options):
    return pymysql.connect(host="127.0.0.1", port=PORTS[node], user="root", database=DATABASE, charset="utf8mb4", **options)


dbapi_scene(connect, pymysql)

# A result that is read row by row, and rows as dictionaries.
with connect(0, cursorclass=pymysql.cursors.SSDictCursor) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT id, name FROM goods ORDER BY id")
    check(cursor.fetchone()["name"] == "żółć 😀", "a row as a dictionary, unbuffered")
    cursor.fetchall()
check(connect(0).get_server_info().startswith("8.0."), "the server's version")

# A file of the client's. Whether the server takes one is a global variable of each node.
with open("rows.csv", "w", encoding="utf-8") as out:
    out.write("name,price\n" + "".join(f"\"file, {number} żółć\",{number}.5\n" for number in range(1_000)))
with connect(0, local_infile=True, autocommit=True) as connection, connection.cursor() as cursor:
    cursor.execute("SET GLOBAL local_infile = ON")
    loaded = cursor.execute("LOAD DATA LOCAL INFILE 'rows.csv' INTO TABLE goods CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' ENCLOSED BY '\"'"
                            " IGNORE 1 LINES (name, @price) SET price = @price * 2")
    check(loaded == 1_000, "a file of a thousand rows")
    cursor.execute("SELECT price FROM goods WHERE name = 'file, 7 żółć'")
    check(str(cursor.fetchone()[0]) == "15.000", "with a value that was computed")
