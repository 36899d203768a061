"""A walk of schema changes as migrations of ORMs make them, by a MySQL client of one node: after each of them the other nodes
have the same schema and rows, and say so."""
from harness import check
from test_mysql_concurrent import session

WALK = (
    "CREATE TABLE author(id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, mail VARCHAR(60) UNIQUE)",
    "CREATE TABLE book(id BIGINT AUTO_INCREMENT PRIMARY KEY, author_id BIGINT NOT NULL, title VARCHAR(80) NOT NULL, "
    "price DECIMAL(8,2) NOT NULL DEFAULT 0, printed DATE, UNIQUE one_title (author_id, title), KEY by_price (price), "
    "CONSTRAINT of_author FOREIGN KEY (author_id) REFERENCES author(id))",
    "CREATE TABLE book_tag(id BIGINT AUTO_INCREMENT PRIMARY KEY, book_id BIGINT NOT NULL, tag_id BIGINT NOT NULL, "
    "UNIQUE KEY book_tag_uniq (book_id, tag_id))",
    "INSERT INTO author (id, name, mail) VALUES (1, 'Ann', 'a@x'), (2, 'Bob', NULL)",
    "INSERT INTO book (id, author_id, title, price) VALUES (1, 1, 'One', 1.5), (2, 1, 'Two', 2), (3, 2, 'One', 3)",
    "INSERT INTO book_tag (book_id, tag_id) VALUES (1, 1), (1, 2), (2, 1)",
    "ALTER TABLE book_tag CHANGE tag_id label_id BIGINT NOT NULL",
    "ALTER TABLE book_tag RENAME COLUMN label_id TO mark_id",
    "ALTER TABLE book_tag RENAME COLUMN mark_id TO tag_id, ADD COLUMN since DATETIME(6)",
    "ALTER TABLE book CHANGE COLUMN title heading VARCHAR(120) NOT NULL",
    "ALTER TABLE book RENAME INDEX one_title TO one_heading",
    "ALTER TABLE book ADD COLUMN pages INT NOT NULL DEFAULT 100, ADD COLUMN body LONGTEXT",
    "UPDATE book SET pages = 10 * id, body = heading",
    "ALTER TABLE book MODIFY price DECIMAL(10,3) NOT NULL DEFAULT 1",
    "ALTER TABLE book ADD CONSTRAINT thick CHECK (pages > 0)",
    "ALTER TABLE book DROP CHECK thick",
    "ALTER TABLE book DROP FOREIGN KEY of_author",
    "ALTER TABLE book RENAME COLUMN author_id TO writer_id",
    "ALTER TABLE author RENAME TO writer",
    "ALTER TABLE book ADD CONSTRAINT of_writer FOREIGN KEY (writer_id) REFERENCES writer(id) ON DELETE CASCADE",
    "CREATE INDEX by_pages ON book(pages, heading(10))",
    "ALTER TABLE book DROP INDEX by_price, ADD UNIQUE (heading, pages)",
    "ALTER TABLE writer ADD COLUMN name_upper VARCHAR(40) AS (UPPER(name)) STORED",
    "ALTER TABLE writer MODIFY mail VARCHAR(60) NULL DEFAULT 'none', ALTER COLUMN name SET DEFAULT 'somebody'",
    "INSERT INTO writer () VALUES ()",
    "RENAME TABLE book_tag TO label_of_book",
    "ALTER TABLE label_of_book DROP COLUMN since, DROP INDEX book_tag_uniq",
    "ALTER TABLE book MODIFY heading VARCHAR(120) NOT NULL AFTER printed",
    "ALTER TABLE book ALTER COLUMN pages DROP DEFAULT",
    "DELETE FROM writer WHERE name = 'Bob'",
    "ALTER TABLE book DROP COLUMN body, DROP COLUMN printed",
    "DROP TABLE label_of_book",
)


def tables(cursor):
    cursor.execute("SHOW TABLES")
    told = {}
    for name, in cursor.fetchall():
        cursor.execute(f"SHOW CREATE TABLE {name}")
        definition = cursor.fetchone()[1]
        cursor.execute(f"SELECT * FROM {name} ORDER BY 1")
        told[name] = definition, cursor.fetchall()
    return told


def test_migrations_of_one_node_are_those_of_all(env):
    cluster = env.cluster(3, mysql=True, extra={"cluster": {"consistency": "quorum"}})
    here, there = session(cluster, 1).cursor(), session(cluster, 2).cursor()
    for sql in WALK:
        here.execute(sql)
        env.wait_equal(cluster.nodes)
        check(tables(here) == tables(there), f"another schema or other rows after {sql}: {tables(here)}, {tables(there)}")
