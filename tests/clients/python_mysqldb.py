"""MySQLdb (mysqlclient, on MariaDB's C library): the same scene as PyMySQL's, and what only it has."""
import MySQLdb
import MySQLdb.cursors
from scene import check, dbapi_scene, place

PORTS, DATABASE = place()


def connect(node, **options):
    return MySQLdb.connect(host="127.0.0.1", port=PORTS[node], user="root", db=DATABASE, charset="utf8mb4", **options)


dbapi_scene(connect, MySQLdb)

connection = connect(0, cursorclass=MySQLdb.cursors.SSCursor)
cursor = connection.cursor()
cursor.execute("SELECT id, name FROM goods ORDER BY id")
check(cursor.fetchone() == (1, "żółć 😀"), "a row of a result that is not stored")
cursor.close()
check(connection.get_character_set_info()["name"] == "utf8mb4", "the character set")
check(connection.stat().startswith("Uptime"), "COM_STATISTICS")
