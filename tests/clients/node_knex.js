// Knex over mysql2: schema builder, migrations, queries, transactions.
'use strict';
const knex = require('knex');
const { ports, database, check, arrives, error_of, run } = require('./scene');

const on = (node) => knex({ client: 'mysql2', connection: { host: '127.0.0.1', port: ports[node], user: 'root', database },
  migrations: { migrationSource: {
    getMigrations: async () => ['one', 'two'],
    getMigrationName: (name) => name,
    getMigration: async (name) => ({ up: steps[name], down: async (db) => db.schema.dropTable('orders') }),
  } } });

const steps = {
  async one(db) {
    await db.schema.createTable('people', (table) => {
      table.increments('id');
      table.string('name', 60).notNullable().unique();
      table.decimal('money', 12, 2).defaultTo(0);
      table.boolean('active').defaultTo(true);
      table.json('facts');
      table.enum('kind', ['one', 'two']);
      table.binary('photo');
      table.timestamps(true, true);
      table.index(['kind', 'active']);
    });
  },
  async two(db) {
    await db.schema.createTable('orders', (table) => {
      table.bigIncrements('id');
      table.integer('person').unsigned().notNullable().references('id').inTable('people').onDelete('CASCADE');
      table.float('weight');
      table.date('day');
    });
    await db.schema.alterTable('people', (table) => {
      table.text('note');
      table.renameColumn('active', 'is_active');
    });
  },
};

run(async () => {
  const [one, two] = [on(0), on(1)];
  const [, names] = await one.migrate.latest();
  check(names.length === 2, 'migrations run');
  const [id] = await one('people').insert({ name: 'Anna Żółć 😀', money: 10.5, kind: 'two', facts: JSON.stringify({ a: 1 }), photo: Buffer.from([0, 255]) });
  await one.batchInsert('orders', [...Array(25).keys()].map((n) => ({ person: id, weight: n / 4, day: '2024-02-29' })), 10);
  await arrives(async () => (await two('orders').count({ n: '*' }))[0].n === 25, 'the other node has all');
  const row = await two('people').where('name', 'like', 'Anna%').first();
  check(row.money === '10.50' && row.facts.a === 1 && row.is_active === 1 && row.photo.equals(Buffer.from([0, 255])) && row.created_at instanceof Date,
    'each value comes back');
  const sums = await two('people as p').leftJoin('orders as o', 'o.person', 'p.id').groupBy('p.id', 'p.name').select('p.name')
    .sum({ weight: 'o.weight' }).having('weight', '>', 5).orderBy('weight', 'desc');
  check(sums.length === 1 && sums[0].weight === 75, 'a join with sums');
  const nested = await two.with('heavy', two('orders').where('weight', '>', 3)).from('heavy').whereIn('person', two('people').select('id'))
    .whereBetween('weight', [4, 5]).limit(3).offset(1).orderBy('id').pluck('weight');
  check(nested.join() === '4.25,4.5,4.75', 'WITH, IN, LIMIT');
  check(await error_of(two('people').insert({ name: 'Anna Żółć 😀' })) === 1062, '1062');
  check(await error_of(two('gone')) === 1146 && await error_of(two.raw('SELEC')) === 1064, '1146 and 1064');
  check(await error_of(two('orders').insert({ person: 9999 })) === 1452, '1452');
  await two.transaction(async (trx) => {
    await trx('people').where({ id }).increment('money', 5);
    await trx.transaction(async (inner) => {
      await inner('people').update({ money: 0 });
      await inner.rollback();
    }).catch(() => 0);
  });
  check((await two('people').where({ id }).first('money')).money === '15.50', 'a transaction within a transaction');
  await two('people').insert({ name: 'Anna Żółć 😀', money: 1 }).onConflict('name').merge({ money: 77 });
  check((await two('people').first('money')).money === '77.00', 'onConflict().merge()');
  check(await two('people').where({ id }).del() === 1 && (await two('orders').count({ n: '*' }))[0].n === 0, 'a delete that cascades');
  const info = await two('people').columnInfo();
  check(info.name.type === 'varchar' && info.name.maxLength === 60 && info.name.nullable === false && info.is_active.type === 'tinyint', 'columnInfo');
  check(await two.schema.hasTable('orders') && !(await two.schema.hasTable('gone')) && await two.schema.hasColumn('people', 'note'), 'hasTable, hasColumn');
  await two.migrate.down();
  check(!(await two.schema.hasTable('orders')), 'a migration is undone');
});
