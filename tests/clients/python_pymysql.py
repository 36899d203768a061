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
