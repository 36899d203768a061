<?php
// What the PHP clients share; scene.py in PHP.
$ports = array_map('intval', explode(' ', getenv('MURMEL_PORTS')));
$database = getenv('MURMEL_DATABASE');

const GOODS = "CREATE TABLE goods (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(60) NOT NULL,
  price DECIMAL(12,3) NOT NULL DEFAULT 0,
  made DATETIME(6) NULL,
  picture LONGBLOB NULL,
  facts JSON NULL,
  big BIGINT UNSIGNED NULL,
  kind ENUM('a','b','c') NULL,
  UNIQUE KEY by_name (name),
  KEY by_made (made, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

function check(bool $good, string $what): void {
    echo $good ? "ok $what\n" : "FAIL $what\n";
    if (!$good) {
        exit(1);
    }
}

// Until another node has it: writes at ONE arrive a moment later.
function arrives(callable $condition, string $what): void {
    $end = microtime(true) + 20;
    while (!$condition()) {
        if (microtime(true) > $end) {
            check(false, $what);
        }
        usleep(50000);
    }
    check(true, $what);
}

// The answer, or null while there is an error such as a table that is not there yet.
function quietly(callable $question): mixed {
    try {
        return $question();
    } catch (mysqli_sql_exception | PDOException) {
        return null;
    }
}
