// Drizzle over mysql2, whose kit makes the schema and then finds nothing to change; Kysely, which reads the schema
// back; and the `mariadb` connector: batches, prepared statements, streams.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const { ports, database, check, arrives, error_of, run } = require('./scene');

const modules = process.env.NODE_PATH;
const SCHEMA = `
const { mysqlTable, int, bigint, varchar, decimal, json, mysqlEnum, boolean, timestamp, serial, date, datetime, index, check,
  mysqlView, unique } = require('drizzle-orm/mysql-core');
const { relations, sql, eq } = require('drizzle-orm');
const users = mysqlTable('users', {
  id: serial('id').primaryKey(), name: varchar('name', { length: 60 }).notNull(), email: varchar('email', { length: 90 }).notNull().unique(),
  kind: mysqlEnum('kind', ['a', 'b']).default('a'), active: boolean('active').default(true),
  money: decimal('money', { precision: 10, scale: 2 }).default('0.00'), facts: json('facts'), born: date('born', { mode: 'string' }),
  made: timestamp('made').notNull().defaultNow(), changed: datetime('changed', { fsp: 3 }),
  size: int('size').generatedAlwaysAs(sql\`char_length(name)\`, { mode: 'stored' }),
}, (t) => [index('by_name').on(t.name, t.kind), check('not_in_debt', sql\`\${t.money} >= 0\`)]);
const posts = mysqlTable('posts', {
  id: int('id').autoincrement().primaryKey(), title: varchar('title', { length: 190 }).notNull(),
  author: bigint('author', { mode: 'number', unsigned: true }).references(() => users.id, { onDelete: 'cascade' }),
}, (t) => [unique('titles').on(t.title, t.author)]);
const active = mysqlView('active').as((q) => q.select({ id: users.id, name: users.name }).from(users).where(eq(users.active, true)));
module.exports = { users, posts, active, of_users: relations(users, ({ many }) => ({ posts: many(posts) })),
  of_posts: relations(posts, ({ one }) => ({ author: one(users, { fields: [posts.author], references: [users.id] }) })) };
`;

// drizzle-kit, in a folder of its own; what it said.
function kit(folder, ...words) {
  const program = path.join(modules, 'drizzle-kit', 'bin.cjs');
  return execFileSync(process.execPath, [program, ...words], { cwd: folder, encoding: 'utf8', timeout: 60000 });
}

async function drizzle_scene() {
  const folder = fs.mkdtempSync(path.join(process.cwd(), 'drizzle-'));
  fs.symlinkSync(modules, path.join(folder, 'node_modules'));
  fs.writeFileSync(path.join(folder, 'schema.js'), SCHEMA);
  fs.writeFileSync(path.join(folder, 'drizzle.config.js'), `module.exports = ${JSON.stringify({ dialect: 'mysql', schema: './schema.js',
    out: './out', verbose: true, strict: false, dbCredentials: { url: `mysql://root@127.0.0.1:${ports[0]}/${database}` } })}`);
  check(/CREATE TABLE `users`[^]*CREATE INDEX `by_name`[^]*VIEW `active`[^]*Changes applied/.test(kit(folder, 'push', '--force')),
    'drizzle-kit makes the schema');
  check(!/TABLE|INDEX/.test(kit(folder, 'push', '--force')), 'and finds no table to change');
  kit(folder, 'pull');
  const pulled = fs.readFileSync(path.join(folder, 'out', 'schema.ts'), 'utf8');
  check(/decimal\({ precision: 10, scale: 2 }\)/.test(pulled) && /mysqlEnum\(\['a','b'\]\)/.test(pulled) && /references\(\(\) => users.id/.test(pulled)
    && /check\("not_in_debt"/.test(pulled) && /mysqlView\("active"/.test(pulled) && /primaryKey\({ columns: \[table.id\]/.test(pulled),
    'and reads it back: types, keys, checks, views');

  const { drizzle } = require('drizzle-orm/mysql2');
  const { eq, sql, desc, count, gt } = require('drizzle-orm');
  const mysql = require('mysql2/promise');
  const s = require(path.join(folder, 'schema.js'));
  const [one, two] = await Promise.all([0, 1].map(async (node) => drizzle(
    await mysql.createConnection({ host: '127.0.0.1', port: ports[node], user: 'root', database }), { schema: s, mode: 'default' })));
  const ids = await one.insert(s.users).values([{ name: 'Änne 😀', email: 'a@x', money: '1.50', facts: { a: [1, null] } }, { name: 'b', email: 'b@x' }])
    .$returningId();
  await one.insert(s.posts).values(['s', 't', 'u'].map((title) => ({ title, author: ids[0].id })));
  await arrives(async () => (await two.select().from(s.posts)).length === 3, 'the other node has all');
  const [first] = await two.query.users.findMany({ with: { posts: { limit: 2, orderBy: (p) => desc(p.title), with: { author: true } } },
    where: (u, { like }) => like(u.name, 'Ä%') });
  check(first.id === ids[0].id && first.money === '1.50' && first.facts.a[1] === null && first.made instanceof Date && first.size === 6
    && first.posts.map((p) => p.title).join() === 'u,t' && first.posts[0].author.name === first.name, 'a query with relations (LATERAL, JSON_ARRAYAGG)');
  const counted = await two.select({ name: s.users.name, n: count(s.posts.id) }).from(s.users).leftJoin(s.posts, eq(s.posts.author, s.users.id))
    .groupBy(s.users.id).orderBy(desc(s.users.name));
  check(counted.map((row) => row.n).join() === '0,3', 'a join with counts');
  await two.insert(s.users).values({ name: 'c', email: 'b@x' }).onDuplicateKeyUpdate({ set: { name: sql`values(${s.users.name})` } });
  const some = two.$with('some').as(two.select().from(s.users).where(gt(s.users.id, 0)));
  check((await two.with(some).select().from(some)).some((row) => row.name === 'c') && (await two.select().from(s.active)).length === 2,
    'onDuplicateKeyUpdate, WITH, a view');
  await two.transaction(async (tx) => {
    await tx.update(s.users).set({ name: 'd' }).where(eq(s.users.id, ids[1].id));
    await tx.transaction(async (inner) => {
      await inner.delete(s.users);
      inner.rollback();
    }).catch(() => 0);
  }, { isolationLevel: 'read committed' });
  check((await two.select().from(s.users)).map((row) => row.name).sort().join() === 'd,Änne 😀', 'a transaction within a transaction');
  const refused = await two.insert(s.users).values({ name: 'e', email: 'a@x' }).catch((error) => error.cause.errno);
  const indebted = await two.update(s.users).set({ money: '-1' }).catch((error) => error.cause.errno);
  check(refused === 1062 && indebted === 3819, '1062 and 3819');
}

async function kysely_scene() {
  const { Kysely, MysqlDialect } = require('kysely');
  const { jsonArrayFrom, jsonObjectFrom } = require('kysely/helpers/mysql');
  const pool = require('mysql2').createPool({ host: '127.0.0.1', port: ports[1], user: 'root', database });
  const db = new Kysely({ dialect: new MysqlDialect({ pool }) });
  const tables = await db.introspection.getTables();
  const users = tables.find((table) => table.name === 'users').columns;
  check((await db.introspection.getSchemas()).some((schema) => schema.name === database) && tables.find((table) => table.name === 'active').isView
    && users.find((column) => column.name === 'id').isAutoIncrementing && users.find((column) => column.name === 'facts').isNullable,
    'Kysely finds schemas, tables, views and columns');
  const rows = await db.selectFrom('users').select((e) => ['name',
    jsonArrayFrom(e.selectFrom('posts').select(['posts.title']).whereRef('posts.author', '=', 'users.id').orderBy('posts.title')).as('posts'),
    jsonObjectFrom(e.selectFrom('posts').select(['posts.title']).whereRef('posts.author', '=', 'users.id').limit(1)).as('one')]).orderBy('name').execute();
  check(rows.some((row) => row.posts.map((post) => post.title).join() === 's,t,u' && row.one.title !== undefined), 'rows as JSON of rows');
  await db.insertInto('users').values({ name: 'k', email: 'k@x' }).execute();
  const ignored = await db.insertInto('users').ignore().values({ name: 'k', email: 'k@x' }).executeTakeFirst();
  check(ignored.numInsertedOrUpdatedRows === 0n && ignored.insertId === undefined, 'INSERT IGNORE of what is there has no number');
  const ranked = await db.selectFrom('users').select((e) => ['email', e.fn.agg('rank').over((o) => o.orderBy('email', 'desc')).as('rank')])
    .orderBy('email').execute();
  check(ranked.map((row) => row.rank).join() === '3,2,1', 'a window function');
  await db.destroy();
}

async function mariadb_scene() {
  const connection = await require('mariadb').createConnection({ host: '127.0.0.1', port: ports[2], user: 'root', database, multipleStatements: true,
    compress: true });
  await connection.query('CREATE TABLE things (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE, price DECIMAL(12,3), facts JSON, bit BIT(1))');
  await connection.batch('INSERT INTO things (name, price, facts, bit) VALUES (?, ?, ?, ?)',
    [...Array(20).keys()].map((n) => [`n${n}`, `${n}.125`, { a: [n] }, true]));
  const row = (await connection.execute('SELECT *, ? AS x FROM things WHERE price > ? ORDER BY id LIMIT 1', ['q', 3]))[0];
  check(row.name === 'n3' && row.price === '3.125' && row.facts.a[0] === 3 && row.bit === true && row.x === 'q', 'the mariadb connector: each value comes back');
  let streamed = 0;
  for await (const each of connection.queryStream('SELECT * FROM things')) streamed += each.name.length > 0;
  const several = await connection.query('SELECT 1 AS a; UPDATE things SET price = 0 WHERE name = ?; SELECT 2 AS b', ['n1']);
  check(streamed === 20 && several[0][0].a === 1 && several[1].affectedRows === 1 && several[2][0].b === 2, 'a stream, and several statements in one text');
  check(await error_of(connection.batch('INSERT INTO things (name) VALUES (?)', [['x'], ['n1']])) === 1062, '1062 in a batch');
  await connection.end();
}

run(async () => {
  await drizzle_scene();
  await kysely_scene();
  await mariadb_scene();
});
