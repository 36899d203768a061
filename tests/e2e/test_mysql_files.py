"""Rows from files and to files: LOAD DATA with a client's file and with one of the server, SELECT ... INTO OUTFILE."""
import subprocess

import patience
from harness import check
from test_mysql import clients, connect, info, shell
from test_mysql_sql import refusal

FORM = "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\n'"


def start(env, nodes=1):
    pymysql = clients()
    files = env.dir / "files"
    files.mkdir()
    cluster = env.cluster(nodes=nodes, mysql=True, extra={"mysql": {"local_infile": "on", "secure_file_priv": str(files)}})
    return pymysql, cluster, files


def loaded(cursor, sql):
    """Rows affected, what the server said of the rows, and its warnings."""
    count = cursor.execute(sql)
    said = info(cursor)
    cursor.execute("SHOW WARNINGS")
    return count, said, [row[1:] for row in cursor.fetchall()]


def test_a_clients_file_is_loaded_and_another_node_has_its_rows(env):
    _, cluster, _ = start(env, nodes=2)
    one, two = cluster.nodes
    cursor = connect(one, autocommit=True, local_infile=True).cursor()
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, price DECIMAL(8,2), made DATE, note VARCHAR(9) DEFAULT 'none')")
    file = env.dir / "rows.csv"
    file.write_text('id,name,price\n1,"a, ""b""",1.5,2024-02-29\n2,żółć,\\N,\\N\n3,NULL,"2",2024-01-01\n')
    said = loaded(cursor, f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t CHARACTER SET utf8mb4 {FORM} IGNORE 1 LINES (id, name, @price, made)"
                          " SET price = @price * 2, note = CONCAT('p', @price)")
    check(said[:2] == (3, "Records: 3  Deleted: 0  Skipped: 0  Warnings: 1"), f"said: {said}")
    check(said[2] == [(1263, "Column set to default value; NULL supplied to NOT NULL column 'name' at row 3")], f"warnings: {said[2]}")
    env.wait_equal(cluster.nodes)
    rows = shell(two, "SELECT * FROM t ORDER BY id", "app", "--skip-column-names")
    check(rows == '1\ta, "b"\t3.00\t2024-02-29\tp1.5\n2\tżółć\tNULL\tNULL\tNULL\n3\t\t4.00\t2024-01-01\tp2\n', f"rows: {rows!r}")

    # LOCAL means IGNORE: a key that is there already, a value that does not fit, too many fields and too few.
    file.write_text("3,again,1\n4,name,much,2024-01-01,n,more\n5,five\n")
    said = loaded(cursor, f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t {FORM}")
    check(said[:2] == (2, "Records: 3  Deleted: 0  Skipped: 1  Warnings: 8"), f"said: {said}")
    check(said[2][0] == (1261, "Row 1 doesn't contain data for all columns") and
          (1062, "Duplicate entry '3' for key 't.PRIMARY'") in said[2] and
          (1366, "Incorrect decimal value: 'much' for column 'price' at row 2") in said[2] and
          (1262, "Row 2 was truncated; it contained more data than there were input columns") in said[2] and
          said[2].count((1261, "Row 3 doesn't contain data for all columns")) == 3, f"warnings: {said[2]}")
    cursor.execute("SELECT id, name, price, note FROM t WHERE id > 3 ORDER BY id")
    check([tuple(map(str, row)) for row in cursor.fetchall()] == [("4", "name", "0.00", "n"), ("5", "five", "None", "none")], "rows")
    file.write_text("3,new,1\n6,six,1\n")
    said = loaded(cursor, f"LOAD DATA LOCAL INFILE '{file}' REPLACE INTO TABLE t {FORM} (id, name, price)")
    check(said == (3, "Records: 2  Deleted: 1  Skipped: 0  Warnings: 0", []), f"REPLACE said: {said}")


def test_a_large_file_is_one_transaction_and_a_client_may_leave_in_the_middle(env):
    pymysql, cluster, _ = start(env)
    node = cluster.nodes[0]
    connection = connect(node, local_infile=True)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(200))")
    file = env.dir / "large.txt"
    with open(file, "w") as out:
        for number in range(60_000):
            out.write(f"row {number} {'x' * 90}\n")
    check(cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t (body)") == 60_000, "all rows")
    connection.rollback()
    cursor.execute("SELECT COUNT(*) FROM t")
    check(cursor.fetchone() == (0,), "rolled back as a whole")
    connection.rollback()
    leaver = connect(node, local_infile=True, autocommit=True)
    leaver.cursor()
    leaver._execute_command(3, f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t (body)")
    leaver._read_bytes(4)
    leaver.write_packet(b"half a file\n")
    leaver._sock.close()
    check(shell(node, "SELECT COUNT(*) FROM t", "app", "--skip-column-names") == "0\n", "nothing of a client that left")
    try:
        cursor.execute(f"LOAD DATA LOCAL INFILE '{env.dir}/nowhere' INTO TABLE t")
    except pymysql.err.OperationalError as error:
        check(error.args[0] == 1017, f"the driver's own error: {error}")
    cursor.execute("SELECT 1")
    check(cursor.fetchone() == (1,), "the connection goes on")


def test_files_of_the_server_are_in_one_folder(env):
    _, cluster, files = start(env)
    node = cluster.nodes[0]
    cursor = connect(node, autocommit=True).cursor()
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, body VARCHAR(20), n INT)")
    cursor.execute("INSERT INTO t VALUES (1, 'a\\tb', NULL), (2, 'line\\nline', 5), (3, '\\\\N', 6), (4, 'q\"q', 7)")
    check(cursor.execute(f"SELECT * FROM t ORDER BY id INTO OUTFILE '{files}/plain'") == 4, "rows written")
    check((files / "plain").read_text() == "1\ta\\\tb\t\\N\n2\tline\\\nline\t5\n3\t\\\\N\t6\n4\tq\"q\t7\n", f"{(files / 'plain').read_text()!r}")
    cursor.execute(f"SELECT * INTO OUTFILE '{files}/csv' {FORM} FROM t WHERE id IN (1, 4) ORDER BY id")
    check((files / "csv").read_text() == '1,"a\tb",\\N\n4,"q\\"q",7\n', f"{(files / 'csv').read_text()!r}")
    cursor.execute(f"SELECT body FROM t WHERE id = 1 INTO DUMPFILE '{files}/value'")
    check((files / "value").read_bytes() == b"a\tb", "one value as it is")
    (files / "out").symlink_to("/etc")
    cursor.execute("SELECT LOAD_FILE(%s), LOAD_FILE(%s), LOAD_FILE('/etc/passwd'), LOAD_FILE(%s), LOAD_FILE(%s)",
                   (f"{files}/value", f"{files}/nothing", f"{files}/out/passwd", str(files)))
    check(cursor.fetchone() == (b"a\tb", None, None, None, None), "LOAD_FILE() has the files of the folder")
    cursor.execute("CREATE TABLE u LIKE t")
    check(cursor.execute(f"LOAD DATA INFILE '{files}/plain' INTO TABLE u") == 4, "read back")
    cursor.execute("SELECT COUNT(*) FROM t JOIN u USING (id) WHERE t.body = u.body AND t.n <=> u.n")
    check(cursor.fetchone() == (4,), "every row as it was")

    not_allowed = (1290, "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement")
    for name in ("/etc/passwd", "passwd", f"{files}/../x", f"{files}/out/passwd"):
        check(refusal(cursor, f"LOAD DATA INFILE '{name}' INTO TABLE u") == not_allowed, f"{name} is read")
        check(refusal(cursor, f"SELECT 1 INTO OUTFILE '{name}'") == not_allowed, f"{name} is written")
    check(refusal(cursor, f"SELECT 1 INTO OUTFILE '{files}/plain'") == (1086, f"File '{files}/plain' already exists"), "never over a file")
    check(refusal(cursor, f"LOAD DATA INFILE '{files}/nothing' INTO TABLE u")[0] == 29, "a file that is not there")
    # In strict mode the first mistake ends it, and nothing is kept.
    (files / "bad").write_text("7\tx\t1\n8\ty\n")
    check(refusal(cursor, f"LOAD DATA INFILE '{files}/bad' INTO TABLE u") == (1261, "Row 2 doesn't contain data for all columns"), "strict")
    (files / "bad").write_text("7\tx\t1\n1\ty\t2\n")
    check(refusal(cursor, f"LOAD DATA INFILE '{files}/bad' INTO TABLE u") == (1062, "Duplicate entry '1' for key 'u.PRIMARY'"), "a key")
    cursor.execute("SELECT COUNT(*) FROM u")
    check(cursor.fetchone() == (4,), "nothing of a file that was refused")
    cursor.execute("CREATE USER reader IDENTIFIED BY 'pw'")
    cursor.execute("GRANT ALL ON app.* TO reader")
    reader = connect(node, user="reader", password="pw").cursor()
    check(refusal(reader, f"LOAD DATA INFILE '{files}/plain' INTO TABLE u")[0] == 1227, "the privilege FILE")
    reader.execute(f"SELECT LOAD_FILE('{files}/plain')")
    check(reader.fetchone() == (None,), "LOAD_FILE() without the privilege FILE")


def test_files_in_other_charsets_and_columns_by_name_in_set(env):
    _, cluster, files = start(env)
    cursor = connect(cluster.nodes[0], autocommit=True, local_infile=True).cursor()
    cursor.execute("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), raw VARBINARY(9), price DECIMAL(8,2), note VARCHAR(40) DEFAULT 'none')")
    rows = "1,Zażółć,5\n2,Łódź,7\n"
    for charset, codec in (("cp1250", "cp1250"), ("latin2", "iso8859-2"), ("cp852", "cp852")):
        (files / charset).write_bytes(rows.encode(codec))
        cursor.execute("DELETE FROM t")
        said = cursor.execute(f"LOAD DATA INFILE '{files}/{charset}' INTO TABLE t CHARACTER SET {charset} FIELDS TERMINATED BY ',' (id, name, price) SET raw = X'FFB3'")
        cursor.execute("SELECT name FROM t ORDER BY id")
        check(said == 2 and cursor.fetchall() == (("Zażółć",), ("Łódź",)), f"read as {charset}")
        cursor.execute(f"SELECT id, name, raw FROM t ORDER BY id INTO OUTFILE '{files}/{charset}.out' CHARACTER SET {charset} FIELDS TERMINATED BY ','")
        written = (files / f"{charset}.out").read_bytes()
        check(written == b"".join(line.encode(codec) + b",\xff\xb3\n" for line in ("1,Zażółć", "2,Łódź")), f"written as {charset}: {written}")
    cursor.execute(f"SELECT 'Ł', 'é' INTO OUTFILE '{files}/latin1' CHARACTER SET latin1")
    check((files / "latin1").read_bytes() == b"?\t\xe9\n", "what the charset does not have")
    check(refusal(cursor, f"LOAD DATA INFILE '{files}/cp1250' INTO TABLE t CHARACTER SET utf16")[0] == 1115, "MySQL can't load such files either")
    # SET sees the columns as the fields have filled them, and what it has set before.
    (files / "named").write_text("7,seven,1.5\n8,eight,x\n9\n")
    cursor.execute("SET sql_mode = ''")
    cursor.execute(f"LOAD DATA INFILE '{files}/named' INTO TABLE t FIELDS TERMINATED BY ',' (id, name, price) SET price = price * 2, note = CONCAT(UPPER(t.name), ' ', price, ' ', IFNULL(note, '-'), ' ', id + 1)")
    cursor.execute("SELECT id, price, note FROM t WHERE id > 6 ORDER BY id")
    found = [tuple(map(str, row)) for row in cursor.fetchall()]
    check(found == [("7", "3.00", "SEVEN 3.00 none 8"), ("8", "0.00", "EIGHT 0.00 none 9"), ("9", "None", "None")], f"SET: {found}")


def test_a_load_at_a_quorum_and_through_compression(env):
    clients()
    cluster = env.cluster(nodes=2, mysql=True, extra={"cluster": {"consistency": "quorum"}, "mysql": {"local_infile": "on"}})
    one, two = cluster.nodes
    env.wait(lambda: "t" in shell(one, "CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, body VARCHAR(20) UNIQUE); SHOW TABLES", "app").split(),
             what="a table, once there are two voters")
    file = env.dir / "rows"
    file.write_text("".join(f"{number}\tbody {number}\n" for number in range(5_000)))
    said = shell(one, f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE t; SELECT COUNT(*) FROM t; SELECT 'and on'", "app", "--local-infile=1",
                 "--compress", "--skip-column-names")
    check(said == "5000\nand on\n", f"several statements, compressed: {said!r}")
    check(shell(two, "SET murmel_read_consistency = 'quorum'; SELECT COUNT(*) FROM t", "app", "--skip-column-names") == "5000\n", "on the other node")
    said = shell(two, "INSERT INTO t VALUES (7000, 'body 7'), (7001, 'x')", "app", good=False)
    check("Duplicate entry 'body 7' for key 't.body'" in said, f"a duplicate: {said}")
    said = shell(two, "BEGIN; INSERT INTO t VALUES (8000, 'mine'); INSERT INTO t VALUES (3, 'x')", "app", good=False)
    check("Duplicate entry '3' for key 't.PRIMARY'" in said, f"a duplicate in a transaction: {said}")
    check(shell(two, "BEGIN; INSERT INTO t VALUES (8000, 'mine'); INSERT IGNORE INTO t VALUES (3, 'x'); COMMIT; SELECT COUNT(*) FROM t", "app",
                "--skip-column-names") == "5001\n", "the transaction goes on")


def test_without_configuration_files_are_refused(env):
    clients()
    node = env.cluster(nodes=1, mysql=True).nodes[0]
    cursor = connect(node, autocommit=True, local_infile=True).cursor()
    cursor.execute("CREATE TABLE t (id INT)")
    check(refusal(cursor, "LOAD DATA LOCAL INFILE 'x' INTO TABLE t")[0] == 3948, "local_infile is off")
    check(refusal(cursor, "LOAD DATA INFILE '/etc/passwd' INTO TABLE t")[0] == 1290, "no folder")
    check(refusal(cursor, "SELECT 1 INTO OUTFILE '/tmp/x'")[0] == 1290, "no folder")
    check(refusal(cursor, "PREPARE p FROM \"LOAD DATA INFILE '/x' INTO TABLE t\"")[0] == 1295, "not as a prepared statement")


def tool(program, node, *words):
    done = subprocess.run([program, "--no-defaults", "-h", "127.0.0.1", "-P", str(node.mysql_port), "-u", "root", *map(str, words)],
                          capture_output=True, text=True, timeout=patience.seconds(60))
    check(done.returncode == 0, f"{program} {words}: {done.stdout}{done.stderr}")
    return done.stdout


def test_mariadb_dump_tab_and_mariadb_import(env):
    _, cluster, files = start(env)
    node = cluster.nodes[0]
    shell(node, "CREATE TABLE goods (id INT PRIMARY KEY, name VARCHAR(20), data BLOB);"
                "INSERT INTO goods VALUES (1, 'a\\tb', x'00ff0a5c'), (2, NULL, ''), (3, 'ü', NULL)", "app")
    before = shell(node, "SELECT id, name, HEX(data) FROM goods ORDER BY id", "app")
    tool("mariadb-dump", node, f"--tab={files}", "app", "goods")
    shell(node, "DROP TABLE goods", "app")
    shell(node, (files / "goods.sql").read_text(), "app")
    tool("mariadb-import", node, "--local", "app", files / "goods.txt")
    check(shell(node, "SELECT id, name, HEX(data) FROM goods ORDER BY id", "app") == before, "the client's file")
    shell(node, "TRUNCATE goods", "app")
    tool("mariadb-import", node, "app", files / "goods.txt")
    check(shell(node, "SELECT id, name, HEX(data) FROM goods ORDER BY id", "app") == before, "the server's file")
    said = tool("mariadb-import", node, "--replace", "--verbose", "app", files / "goods.txt")
    check("Records: 3  Deleted: 3  Skipped: 0  Warnings: 0" in said, f"REPLACE: {said}")
