<?php
// PHP PDO with emulated and with the server's prepared statements.
require __DIR__ . '/scene.php';

function connect(int $node, bool $emulated): PDO {
    global $ports, $database;
    return new PDO("mysql:host=127.0.0.1;port=$ports[$node];dbname=$database;charset=utf8mb4", 'root', '', [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => $emulated,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
    ]);
}

function error_of(PDO $pdo, string $sql, array $values = []): array {
    try {
        $pdo->prepare($sql)->execute($values);
    } catch (PDOException $error) {
        return [$error->errorInfo[0], $error->errorInfo[1]];
    }
    return ['', 0];
}

connect(0, true)->exec(GOODS);
$number = 0;
foreach ([true, false] as $emulated) {
    $how = $emulated ? 'emulated' : 'prepared by the server';
    $pdo = connect(0, $emulated);
    $number++;
    $blob = random_bytes(100000);
    $insert = $pdo->prepare('INSERT INTO goods (name, price, made, picture, facts, big) VALUES (:name, :price, :made, :picture, :facts, :big)');
    $insert->bindValue(':name', "żółć 😀 $number");
    $insert->bindValue(':price', '0.125');
    $insert->bindValue(':made', '2024-02-29 23:59:58.123456');
    $insert->bindValue(':picture', $blob, PDO::PARAM_LOB);
    $insert->bindValue(':facts', null, PDO::PARAM_NULL);
    $insert->bindValue(':big', PHP_INT_MAX, PDO::PARAM_INT);
    $insert->execute();
    $id = $pdo->lastInsertId();
    check($insert->rowCount() === 1 && $id > 0, "INSERT, $how");
    $select = $pdo->prepare('SELECT name, price, made, picture, facts, big FROM goods WHERE id = ?');
    $select->execute([$id]);
    check($select->fetch() === ['name' => "żółć 😀 $number", 'price' => '0.125', 'made' => '2024-02-29 23:59:58.123456', 'picture' => $blob,
          'facts' => null, 'big' => PHP_INT_MAX], "each value comes back, $how");
    check(error_of($pdo, 'INSERT INTO goods (name) VALUES (?)', ["żółć 😀 $number"]) === ['23000', 1062], "1062, $how");
    check(error_of($pdo, 'SELECT * FROM gone') === ['42S02', 1146] && error_of($pdo, 'SELEC 1') === ['42000', 1064], "1146 and 1064, $how");
    $pdo->beginTransaction();
    $pdo->exec("INSERT INTO goods (name) VALUES ('lost')");
    check($pdo->inTransaction() && $pdo->rollBack(), "ROLLBACK, $how");
    $limited = $pdo->prepare('SELECT id FROM goods WHERE name <> :no ORDER BY id LIMIT :count OFFSET :from');
    $limited->bindValue(':no', 'x');
    $limited->bindValue(':count', 10, PDO::PARAM_INT);
    $limited->bindValue(':from', 0, PDO::PARAM_INT);
    $limited->execute();
    check(count($limited->fetchAll(PDO::FETCH_COLUMN)) === $number, "LIMIT with parameters, $how");
    $other = connect($number, $emulated);
    arrives(fn() => quietly(fn() => (int) $other->query('SELECT COUNT(*) FROM goods')->fetchColumn()) === $number, "another node has it, $how");
}
$pdo->setAttribute(PDO::ATTR_AUTOCOMMIT, 0);
$pdo->exec('UPDATE goods SET price = price + 1');
$pdo->commit();
$pdo->setAttribute(PDO::ATTR_AUTOCOMMIT, 1);
check($pdo->query('SELECT SUM(price) FROM goods')->fetchColumn() === '2.250', 'autocommit off and on');
$statement = $pdo->query('SELECT name, price FROM goods');
$meta = $statement->getColumnMeta(1);
check($meta['native_type'] === 'NEWDECIMAL' && $meta['table'] === 'goods' && $meta['precision'] === 3, 'what a column is');
$both = connect(0, true)->query('SELECT 1; SELECT 2');
$both->nextRowset();
check((int) $both->fetchColumn() === 2, 'several results');
