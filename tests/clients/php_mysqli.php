<?php
// PHP mysqli (mysqlnd): text and prepared statements, transactions, errors, several results, another node.
require __DIR__ . '/scene.php';
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function connect(int $node): mysqli {
    global $ports, $database;
    $link = new mysqli('127.0.0.1', 'root', '', $database, $ports[$node]);
    $link->set_charset('utf8mb4');
    return $link;
}

function error_of(mysqli $link, string $sql): int {
    try {
        $link->query($sql);
    } catch (mysqli_sql_exception $error) {
        return $error->getCode();
    }
    return 0;
}

$one = connect(0);
$two = connect(1);
$one->query(GOODS);
$insert = $one->prepare('INSERT INTO goods (name, price, made, picture, facts, big) VALUES (?, ?, ?, ?, ?, ?)');
[$name, $price, $made, $picture, $facts, $big] = ['żółć 😀', '12345.678', '2024-02-29 23:59:58.123456', null, '{"a": 1}', '18446744073709551615'];
$insert->bind_param('sssbss', $name, $price, $made, $picture, $facts, $big);
$blob = random_bytes(300000);
foreach (str_split($blob, 100000) as $part) {
    $insert->send_long_data(3, $part);
}
$insert->execute();
check($insert->affected_rows === 1 && $one->insert_id > 0, 'a prepared INSERT with long data');
$id = $one->insert_id;
$row = $one->execute_query('SELECT * FROM goods WHERE id = ?', [$id])->fetch_assoc();
check($row['name'] === $name && $row['price'] === $price && $row['made'] === $made && $row['picture'] === $blob && $row['facts'] === $facts
      && (string) $row['big'] === $big, 'each value comes back, from a prepared statement');
$row = $one->query("SELECT * FROM goods WHERE id = $id")->fetch_assoc();
check($row['id'] === (string) $id && $row['price'] === $price && $row['big'] === $big && $row['picture'] === $blob, 'and from a text');
arrives(fn() => quietly(fn() => $two->query('SELECT name FROM goods')->fetch_row()[0] ?? null) === $name, 'the other node has it');

$two->begin_transaction();
$two->query("UPDATE goods SET price = price * 2, kind = 'b'");
check($two->affected_rows === 1 && str_contains($two->info, 'Rows matched: 1  Changed: 1'), 'UPDATE tells what it changed');
$two->savepoint('s');
$two->query('DELETE FROM goods');
$two->query('ROLLBACK TO s');
$two->commit();
check($two->query('SELECT COUNT(*), SUM(price) FROM goods')->fetch_row() === ['1', '24691.356'], 'a transaction with a savepoint');
$two->autocommit(false);
$two->query("INSERT INTO goods (name) VALUES ('lost')");
$two->rollback();
$two->autocommit(true);
check((int) $two->query('SELECT COUNT(*) FROM goods')->fetch_column() === 1, 'ROLLBACK without autocommit');

check(error_of($two, "INSERT INTO goods (name) VALUES ('żółć 😀')") === 1062, '1062');
check($two->sqlstate === '23000' && str_starts_with($two->error, 'Duplicate entry '), 'with its state and text: ' . $two->error);
check(error_of($two, 'SELECT * FROM gone') === 1146, '1146');
check(error_of($two, 'SELEC') === 1064, '1064');
check(error_of($two, "INSERT INTO goods (name, price) VALUES ('p', 'x')") === 1366, '1366');

$two->multi_query("SELECT 1 AS a; SET @x = 5; SELECT @x + 1 AS b, 'two' AS c");
$seen = [];
do {
    if ($result = $two->store_result()) {
        $seen[] = $result->fetch_all(MYSQLI_ASSOC);
    }
} while ($two->more_results() && $two->next_result());
check($seen === [[['a' => '1']], [['b' => '6', 'c' => 'two']]], 'several statements at once');
$fields = $two->query('SELECT id, name AS n, price FROM goods g')->fetch_fields();
check($fields[0]->orgtable === 'goods' && $fields[0]->table === 'g' && ($fields[0]->flags & MYSQLI_PRI_KEY_FLAG) && $fields[1]->orgname === 'name'
      && $fields[1]->name === 'n' && $fields[2]->type === MYSQLI_TYPE_NEWDECIMAL && $fields[2]->decimals === 3, 'what columns are called and are');
check($two->real_escape_string("it's \"x\"\n") === 'it\\\'s \\"x\\"\\n' && $two->ping() && $two->select_db($database)
      && str_starts_with($two->server_info, '8.0.'), 'escaping, ping, select_db, the version');
$two->query("INSERT IGNORE INTO goods (name, kind) VALUES ('k', 'q')");
check($two->warning_count === 1 && $two->get_warnings()->errno === 1265, 'a warning of INSERT IGNORE');
$two->change_user('root', '', $database);
$result = $two->query('SELECT a.id FROM goods a', MYSQLI_USE_RESULT);
check($result->fetch_row() !== null, 'a result that is not stored');
$result->free();
