# Ruby's mysql2: text and prepared statements, casts, transactions, errors, results that stream.
require 'mysql2'

PORTS = ENV.fetch('MURMEL_PORTS').split.map(&:to_i)
DATABASE = ENV.fetch('MURMEL_DATABASE')

def check(good, what)
  puts(good ? "ok #{what}" : "FAIL #{what}")
  exit 1 unless good
end

def arrives(what)
  400.times do
    return check(true, what) if yield
    sleep 0.05
  end
  check(false, what)
end

def client(node, **options)
  Mysql2::Client.new(host: '127.0.0.1', port: PORTS[node], username: 'root', database: DATABASE, encoding: 'utf8mb4', **options)
end

def error_of(client, sql)
  client.query(sql)
  0
rescue Mysql2::Error => e
  e.error_number
end

one, two = client(0), client(1)
one.query('CREATE TABLE goods (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL UNIQUE, price DECIMAL(12,3),
  made DATETIME(6), day DATE, data LONGBLOB, big BIGINT UNSIGNED, yes TINYINT(1), ratio DOUBLE)')
data = Random.new.bytes(200_000)
made = Time.local(2024, 2, 29, 23, 59, 58, 123_456)
insert = one.prepare('INSERT INTO goods (name, price, made, day, data, big, yes, ratio) VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
insert.execute('żółć 😀', BigDecimal('12345.678'), made, Date.new(2024, 2, 29), data, 2**63, true, 0.1)
check(insert.affected_rows == 1 && insert.last_id.positive?, 'a prepared INSERT')
expected = ['żółć 😀', BigDecimal('12345.678'), made, Date.new(2024, 2, 29), data, 2**63, true, 0.1]
columns = 'name, price, made, day, data, big, yes, ratio'
row = one.query("SELECT #{columns} FROM goods", cast_booleans: true).first.values
check(row == expected, 'each value comes back from a text')
row = one.prepare("SELECT #{columns} FROM goods WHERE id > ?").execute(0, cast_booleans: true).first.values
check(row == expected, 'and from a prepared statement')
arrives('the other node has it') do
  two.query('SELECT name FROM goods').first&.fetch('name') == 'żółć 😀'
rescue Mysql2::Error
  false
end
two.query('BEGIN')
two.query("INSERT INTO goods (name, price) VALUES ('a', 1), ('b', 2)")
check(two.affected_rows == 2 && two.last_id > 1, 'two rows')
two.query('ROLLBACK')
two.query('BEGIN')
two.query("UPDATE goods SET ratio = ratio * 2")
two.query('COMMIT')
check(two.query('SELECT COUNT(*) n, MAX(ratio) r FROM goods').first == { 'n' => 1, 'r' => 0.2 }, 'transactions')
check(error_of(two, "INSERT INTO goods (name) VALUES ('żółć 😀')") == 1062, '1062')
check(error_of(two, 'SELECT * FROM gone') == 1146, '1146')
check(error_of(two, 'SELEC') == 1064, '1064')
500.times.each_slice(100) { |part| one.query("INSERT INTO goods (name) VALUES #{part.map { |n| "('n#{n}')" }.join(', ')}") }
count = 0
one.query('SELECT id FROM goods', stream: true, cache_rows: false).each { count += 1 }
check(count == 501, 'a result that streams')
check(one.query('SELECT 1 a', as: :array, symbolize_keys: true).to_a == [[1]] && one.ping, 'rows as arrays')
many = client(0, flags: Mysql2::Client::MULTI_STATEMENTS)
first = many.query('SELECT 1 a; SELECT 2 b').to_a
many.next_result
check(first == [{ 'a' => 1 }] && many.store_result.to_a == [{ 'b' => 2 }], 'several statements at once')
check(one.escape("it's") == "it\\'s" && one.server_info[:version].start_with?('8.0.'), 'escape, and the version')
