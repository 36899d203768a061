// Node's mysql2: text and binary protocol, pool, transactions, errors, streams.
'use strict';
const crypto = require('crypto');
const mysql = require('mysql2/promise');
const { ports, database, check, arrives, error_of, run } = require('./scene');

const pool = (node) => mysql.createPool({ host: '127.0.0.1', port: ports[node], user: 'root', database, supportBigNumbers: true,
  bigNumberStrings: true, timezone: 'Z', connectionLimit: 5 });

run(async () => {
  const [one, two] = [pool(0), pool(1)];
  await one.query(`CREATE TABLE goods (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL UNIQUE,
    price DECIMAL(12,3), made DATETIME(3), day DATE, data LONGBLOB, facts JSON, big BIGINT UNSIGNED, ratio DOUBLE)`);
  const data = crypto.randomBytes(200000);
  const made = new Date('2024-02-29T23:59:58.123Z');
  for (const way of ['query', 'execute']) {
    const [done] = await one[way]('INSERT INTO goods (name, price, made, day, data, facts, big, ratio) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [`żółć 😀 ${way}`, '12345.678', made, '2024-02-29', data, JSON.stringify({ a: [1, null] }), '18446744073709551615', 0.1]);
    check(done.affectedRows === 1 && done.insertId > 0, `INSERT by ${way}`);
    const [[row]] = await one[way]('SELECT * FROM goods WHERE name = ?', [`żółć 😀 ${way}`]);
    check(row.price === '12345.678' && +row.made === +made && row.data.equals(data) && row.facts.a[0] === 1 && row.big === '18446744073709551615'
      && row.ratio === 0.1 && row.day.toISOString() === '2024-02-29T00:00:00.000Z', `each value comes back by ${way}`);
    check(await error_of(one[way]('INSERT INTO goods (name) VALUES (?)', [`żółć 😀 ${way}`])) === 1062, `1062 by ${way}`);
    check(await error_of(one[way]('SELECT * FROM gone')) === 1146 && await error_of(one[way]('SELEC')) === 1064, `1146 and 1064 by ${way}`);
  }
  await arrives(async () => (await two.query('SELECT COUNT(*) n FROM goods'))[0][0].n === '2', 'the other node has both');
  const connection = await two.getConnection();
  await connection.beginTransaction();
  await connection.query('INSERT INTO goods (name, price) VALUES ?', [[['a', 1], ['b', 2]]]);
  await connection.rollback();
  await connection.beginTransaction();
  const [changed] = await connection.execute('UPDATE goods SET price = price + ? WHERE ratio < ?', [1, 5]);
  check(changed.affectedRows === 2 && changed.changedRows === 2, 'UPDATE tells what it changed');
  await connection.commit();
  connection.release();
  const [rows, fields] = await two.execute({ sql: 'SELECT SUM(price) total FROM goods', rowsAsArray: true });
  check(rows[0][0] === '24693.356' && fields[0].name === 'total', 'transactions');
  const several = await mysql.createConnection({ host: '127.0.0.1', port: ports[2], user: 'root', database, multipleStatements: true });
  const [results] = await several.query('SELECT 1 a; SET @x = 2; SELECT @x b');
  check(results[0][0].a === 1 && results[2][0].b === 2, 'several statements at once');
  await Promise.all([...Array(30).keys()].map((n) => one.execute('INSERT INTO goods (name, price) VALUES (?, ?)', [`n${n}`, n])));
  let count = 0;
  for await (const _ of one.pool.query('SELECT * FROM goods').stream()) count++;
  check(count === 32, 'thirty INSERTs in five connections, and a stream of all rows');
  const { Readable } = require('stream');
  await several.query('SET GLOBAL local_infile = ON');
  const [loaded] = await several.query({ sql: "LOAD DATA LOCAL INFILE 'stream' INTO TABLE goods FIELDS TERMINATED BY ';' (name, price)",
    infileStreamFactory: () => Readable.from([...Array(500).keys()].map((n) => Buffer.from(`from a stream ${n};${n}\n`))) });
  check(loaded.affectedRows === 500 && loaded.info.startsWith('Records: 500'), 'a stream of the client becomes rows');
  await several.ping();
  await several.changeUser({ database });
  await several.end();
  check(await error_of(mysql.createConnection({ host: '127.0.0.1', port: ports[0], user: 'nobody' })) === 1045, '1045 for nobody');
});
