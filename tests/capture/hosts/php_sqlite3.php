<?php
// Host test: PHP's SQLite3 class (php.ini: sqlite3.extension_dir). Arguments: database, extension's file name, workload.
[, $path, $extension, $workload] = $argv;
$db = new SQLite3($path);
$db->enableExceptions(true);
$db->loadExtension($extension);
$db->querySingle('SELECT murmel_enable()');
$errors = 0;
foreach (file($workload, FILE_IGNORE_NEW_LINES) as $statement) {
    try {
        str_starts_with($statement, 'SELECT') ? $db->querySingle($statement) : $db->exec($statement);
    } catch (Exception) {
        $errors++;
    }
}
$status = json_decode($db->querySingle('SELECT murmel_status()'));
$db->close();
echo json_encode(['errors' => $errors, 'status' => $status]), "\n";
