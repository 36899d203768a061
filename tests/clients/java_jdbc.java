// MySQL Connector/J and MariaDB Connector/J: metadata as tools ask for it, each type both ways under each way of sending
// statements, batches and their keys, streams, cursors, transactions, limits of rows and time, LOAD DATA.

import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class JavaJdbc {
  static final String[] PORTS = System.getenv("MURMEL_PORTS").split(" ");
  static final String DATABASE = System.getenv("MURMEL_DATABASE");
  static final LocalDateTime MOMENT = LocalDateTime.of(2024, 2, 29, 23, 59, 58, 123456000);
  static final Instant INSTANT = Instant.parse("2024-07-01T10:11:12.654321Z");
  static final byte[] BYTES = {0, 1, '\'', '\\', (byte) 255};

  static void check(boolean good, String what) {
    if (!good) {
      System.out.println("FAIL " + what);
      System.exit(1);
    }
    System.out.println("ok " + what);
  }

  interface Act {
    void run() throws SQLException;
  }

  static int errorOf(Act act) {
    try {
      act.run();
      return 0;
    } catch (SQLException error) {
      return error.getErrorCode();
    }
  }

  static Connection connect(String driver, int node, String options) throws SQLException {
    return DriverManager.getConnection("jdbc:" + driver + "://127.0.0.1:" + PORTS[node] + "/" + DATABASE + "?user=root&allowLoadLocalInfile=true&"
        + options);
  }

  static List<String> read(ResultSet rows, String... columns) throws SQLException {
    List<String> found = new ArrayList<>();
    while (rows.next()) {
      StringBuilder row = new StringBuilder();
      for (String column : columns) row.append(row.length() == 0 ? "" : " ").append(rows.getString(column));
      found.add(row.toString());
    }
    return found;
  }

  static void metadata(Connection connection) throws SQLException {
    Statement statement = connection.createStatement();
    for (String sql : List.of("DROP TABLE IF EXISTS child, parent",
        "CREATE TABLE parent (a INT NOT NULL PRIMARY KEY, b VARCHAR(20) NOT NULL COMMENT 'bee', UNIQUE KEY ub (b), KEY ab (b, a))",
        "CREATE TABLE child (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, pa INT, pb VARCHAR(20), CONSTRAINT fa FOREIGN KEY (pa)"
            + " REFERENCES parent (a) ON DELETE CASCADE, CONSTRAINT fb FOREIGN KEY (pb) REFERENCES parent (b))",
        "CREATE OR REPLACE VIEW seen AS SELECT a FROM parent")) {
      statement.execute(sql);
    }
    DatabaseMetaData about = connection.getMetaData();
    check(read(about.getTables(DATABASE, null, "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE")
        .containsAll(List.of("child TABLE", "parent TABLE", "seen VIEW")), "tables and views");
    check(read(about.getColumns(DATABASE, null, "parent", "%"), "COLUMN_NAME", "DATA_TYPE", "COLUMN_SIZE", "NULLABLE", "REMARKS")
        .equals(List.of("a 4 10 0 ", "b 12 20 0 bee")), "columns");
    check(read(about.getPrimaryKeys(DATABASE, null, "child"), "COLUMN_NAME", "KEY_SEQ").equals(List.of("id 1")), "the primary key");
    check(read(about.getImportedKeys(DATABASE, null, "child"), "PKCOLUMN_NAME", "FKCOLUMN_NAME", "FK_NAME").equals(List.of("a pa fa", "b pb fb")),
        "foreign keys");
    check(read(about.getIndexInfo(DATABASE, null, "parent", true, false), "INDEX_NAME", "COLUMN_NAME").equals(List.of("PRIMARY a", "ub b")),
        "unique indexes");
    check(read(about.getProcedures(DATABASE, null, "%"), "PROCEDURE_NAME").isEmpty() && about.getTypeInfo().next()
        && read(about.getCatalogs(), "TABLE_CAT").contains(DATABASE), "procedures, types and catalogs");
  }

  static void write(PreparedStatement insert, int number) throws SQLException {
    insert.setInt(1, number);
    insert.setBigDecimal(2, new BigDecimal("18446744073709551615"));
    insert.setDouble(3, 0.1);
    insert.setBigDecimal(4, new BigDecimal("12345.6789"));
    insert.setBoolean(5, true);
    insert.setString(6, "żółć 😀 '\\\" " + number);
    insert.setString(7, "x".repeat(70000));
    insert.setBinaryStream(8, new ByteArrayInputStream(BYTES));
    insert.setObject(9, LocalDate.of(2024, 2, 29));
    insert.setObject(10, LocalTime.of(13, 14, 15, 250000000));
    insert.setObject(11, MOMENT);
    insert.setTimestamp(12, Timestamp.from(INSTANT));
    insert.setString(13, "{\"a\": [1, 2]}");
  }

  static boolean same(ResultSet row, int number) throws SQLException {
    return row.getInt("i") == number && row.getObject("b", BigInteger.class).equals(new BigInteger("18446744073709551615"))
        && row.getDouble("d") == 0.1 && row.getBigDecimal("e").equals(new BigDecimal("12345.6789")) && row.getBoolean("t")
        && row.getString("v").equals("żółć 😀 '\\\" " + number) && row.getString("x").length() == 70000
        && Arrays.equals(row.getBytes("y"), BYTES) && row.getObject("da", LocalDate.class).equals(LocalDate.of(2024, 2, 29))
        && row.getObject("tm", LocalTime.class).equals(LocalTime.of(13, 14, 15, 250000000))
        && row.getObject("dt", LocalDateTime.class).equals(MOMENT) && row.getTimestamp("ts").toInstant().equals(INSTANT)
        && row.getString("j").equals("{\"a\": [1, 2]}");
  }

  static void types(Connection connection) throws SQLException {
    Statement statement = connection.createStatement();
    statement.execute("DROP TABLE IF EXISTS types");
    statement.execute("CREATE TABLE types (id BIGINT AUTO_INCREMENT PRIMARY KEY, i INT, b BIGINT UNSIGNED, d DOUBLE, e DECIMAL(12,4), t TINYINT(1),"
        + " v VARCHAR(60), x LONGTEXT, y LONGBLOB, da DATE, tm TIME(3), dt DATETIME(6), ts TIMESTAMP(6) NULL, j JSON)");
    PreparedStatement insert = connection.prepareStatement("INSERT INTO types (i, b, d, e, t, v, x, y, da, tm, dt, ts, j)"
        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", Statement.RETURN_GENERATED_KEYS);
    for (int number = 0; number < 12; ++number) {
      write(insert, number);
      insert.addBatch();
    }
    check(insert.executeBatch().length == 12, "a batch");
    List<String> keys = new ArrayList<>();
    for (ResultSet given = insert.getGeneratedKeys(); given.next();) keys.add(given.getString(1));
    check(keys.equals(read(statement.executeQuery("SELECT id FROM types ORDER BY i"), "id")), "the keys of its rows");
    PreparedStatement select = connection.prepareStatement("SELECT * FROM types WHERE i >= ? ORDER BY i");
    select.setInt(1, 0);
    ResultSet rows = select.executeQuery();
    boolean good = true;
    int count = 0;
    for (; rows.next(); ++count) good = good && same(rows, count);
    check(good && count == 12, "each type comes back as it went");
    PreparedStatement nulls = connection.prepareStatement("INSERT INTO types (i, v, dt) VALUES (?, ?, ?)");
    nulls.setNull(1, Types.INTEGER);
    nulls.setNull(2, Types.VARCHAR);
    nulls.setObject(3, null);
    check(nulls.executeUpdate() == 1, "a row of NULLs");
    statement.setMaxRows(3);
    check(read(statement.executeQuery("SELECT i FROM types"), "i").size() == 3, "at most three rows");
    statement.setMaxRows(0);
    check(read(statement.executeQuery("SELECT i FROM types"), "i").size() == 13, "all rows");
  }

  static void streams(Connection connection, String driver) throws SQLException {
    Statement stream = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
    stream.setFetchSize(driver.equals("mysql") ? Integer.MIN_VALUE : 2);
    ResultSet rows = stream.executeQuery("SELECT a.id FROM types a, types b, types c");
    int count = 0;
    while (rows.next()) ++count;
    rows.close();
    check(count == 13 * 13 * 13, "rows one by one");
    Statement late = connection.createStatement();
    late.setQueryTimeout(1);
    long begun = System.nanoTime();
    int error = errorOf(() -> late.executeQuery("SELECT SLEEP(20) FROM types"));
    check(error != 0 || System.nanoTime() - begun < 15_000_000_000L, "a statement that takes too long");
    check(connection.isValid(5), "the connection lives");
  }

  static void transactions(Connection connection) throws SQLException {
    Statement statement = connection.createStatement();
    connection.setAutoCommit(false);
    for (int isolation : new int[] {Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ}) {
      connection.setTransactionIsolation(isolation);
      statement.executeUpdate("UPDATE types SET i = 100 WHERE i = 1");
      Savepoint point = connection.setSavepoint("a point");
      statement.executeUpdate("DELETE FROM types");
      connection.rollback(point);
      check(connection.getTransactionIsolation() == isolation
          && read(statement.executeQuery("SELECT i FROM types WHERE i = 100"), "i").size() == 1, "a savepoint");
      connection.rollback();
    }
    connection.setAutoCommit(true);
    check(errorOf(() -> statement.executeUpdate("INSERT INTO types (id) SELECT id FROM types LIMIT 1")) == 1062, "1062");
    check(errorOf(() -> statement.executeQuery("SELECT * FROM gone")) == 1146, "1146");
    PreparedStatement upsert = connection.prepareStatement("INSERT INTO types (id, i) VALUES (?, ?) ON DUPLICATE KEY UPDATE i = VALUES(i), id = LAST_INSERT_ID(id)",
        Statement.RETURN_GENERATED_KEYS);
    String id = read(statement.executeQuery("SELECT id FROM types WHERE i = 5"), "id").get(0);
    upsert.setString(1, id);
    upsert.setInt(2, 55);
    upsert.executeUpdate();
    ResultSet given = upsert.getGeneratedKeys();
    check(given.next() && given.getString(1).equals(id), "the key of a row that was there");
  }

  static void load(Connection connection) throws Exception {
    Statement statement = connection.createStatement();
    Path file = Files.createTempFile("murmel", ".tsv");
    Files.writeString(file, "5000\tone\n5001\ttwo\n");
    check(statement.executeUpdate("LOAD DATA LOCAL INFILE '" + file + "' INTO TABLE types (i, v)") == 2, "LOAD DATA");
    Files.delete(file);
  }

  public static void main(String[] arguments) throws Exception {
    try (Connection root = connect("mysql", 0, "")) {
      root.createStatement().execute("SET GLOBAL local_infile = 1");
    }
    for (String driver : List.of("mysql", "mariadb")) {
      for (String options : List.of("", "useServerPrepStmts=true", "rewriteBatchedStatements=true",
          "useServerPrepStmts=true&rewriteBatchedStatements=true&useCompression=true", "useCursorFetch=true&defaultFetchSize=3",
          "connectionTimeZone=Asia/Tokyo&forceConnectionTimeZoneToSession=true", "sslMode=" + (driver.equals("mysql") ? "REQUIRED" : "trust"))) {
        System.out.println("# " + driver + " " + options);
        try (Connection connection = connect(driver, 0, options)) {
          metadata(connection);
          types(connection);
          streams(connection, driver);
          transactions(connection);
          // MariaDB's driver numbers the packets of a file wrongly in frames that are compressed.
          if (!driver.equals("mariadb") || !options.contains("useCompression")) load(connection);
        }
      }
    }
    try (Connection other = connect("mysql", 1, ""); Connection root = connect("mysql", 0, "")) {
      for (long end = System.nanoTime() + 20_000_000_000L; System.nanoTime() < end; Thread.sleep(50)) {
        if (read(other.createStatement().executeQuery("SELECT v FROM types WHERE i >= 5000 ORDER BY i"), "v").equals(List.of("one", "two"))) break;
      }
      check(read(other.createStatement().executeQuery("SELECT v FROM types WHERE i >= 5000 ORDER BY i"), "v").equals(List.of("one", "two")),
          "the other node has what was loaded");
      root.createStatement().execute("SET GLOBAL local_infile = DEFAULT");
    }
    System.exit(0); // drivers keep threads for a while
  }
}
