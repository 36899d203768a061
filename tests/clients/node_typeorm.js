// TypeORM over mysql2: synchronize twice (what it reads back is what it made), repositories, relations, query builder.
'use strict';
const { DataSource, EntitySchema } = require('typeorm');
const { ports, database, check, arrives, error_of, run } = require('./scene');

const Person = new EntitySchema({
  name: 'Person',
  columns: {
    id: { type: 'int', unsigned: true, primary: true, generated: true },
    name: { type: 'varchar', length: 60, unique: true },
    money: { type: 'decimal', precision: 12, scale: 2, default: 0 },
    kind: { type: 'enum', enum: ['one', 'two'], default: 'one' },
    facts: { type: 'json', nullable: true },
    big: { type: 'bigint', unsigned: true, nullable: true },
    active: { type: 'boolean', default: true },
    photo: { type: 'longblob', nullable: true },
    made: { type: 'datetime', precision: 6, createDate: true },
    changed: { type: 'datetime', precision: 6, updateDate: true },
    version: { type: 'int', version: true },
  },
  indices: [{ name: 'by_kind', columns: ['kind', 'active'] }],
  relations: { letters: { type: 'one-to-many', target: 'Letter', inverseSide: 'person', cascade: true } },
});
const Letter = new EntitySchema({
  name: 'Letter',
  columns: { id: { type: 'bigint', primary: true, generated: true }, text: { type: 'text' }, token: { type: 'varchar', length: 36, generated: 'uuid' } },
  relations: {
    person: { type: 'many-to-one', target: 'Person', inverseSide: 'letters', onDelete: 'CASCADE', joinColumn: true, nullable: false },
    tags: { type: 'many-to-many', target: 'Tag', joinTable: true, cascade: true },
  },
});
const Tag = new EntitySchema({
  name: 'Tag',
  columns: { id: { type: 'int', primary: true, generated: true }, label: { type: 'varchar', length: 30 } },
});

const on = (node, synchronize) => new DataSource({ type: 'mysql', connectorPackage: 'mysql2', host: '127.0.0.1', port: ports[node],
  username: 'root', database, entities: [Person, Letter, Tag], synchronize, charset: 'utf8mb4' }).initialize();

run(async () => {
  const one = await on(0, true);
  const again = await one.driver.createSchemaBuilder().log();
  check(again.upQueries.length === 0, `what it made needs no change: ${again.upQueries.map((query) => query.query).join('; ')}`);
  const people = one.getRepository('Person');
  const anna = await people.save({ name: 'Anna Żółć 😀', money: '10.50', kind: 'two', facts: { likes: ['tea'] }, big: '18446744073709551615',
    photo: Buffer.from([0, 255]), letters: [{ text: 'one', tags: [{ label: 'x' }, { label: 'y' }] }, { text: 'two' }] });
  check(anna.id > 0 && anna.made instanceof Date && anna.version === 1, 'a person with letters and tags');
  await people.insert([...Array(20).keys()].map((n) => ({ name: `u${n}`, money: n })));
  const two = await on(1, false);
  const there = two.getRepository('Person');
  await arrives(async () => await there.count() === 21, 'the other node has all');
  const found = await there.findOne({ where: { name: 'Anna Żółć 😀' }, relations: { letters: { tags: true } }, order: { letters: { text: 'ASC' } } });
  check(found.letters.length === 2 && found.letters[0].tags.length === 2 && found.money === '10.50' && found.facts.likes[0] === 'tea'
    && found.big === '18446744073709551615' && found.photo.equals(Buffer.from([0, 255])), 'and finds it with all that belongs to it');
  const [page, count] = await there.createQueryBuilder('p').leftJoinAndSelect('p.letters', 'l').where('p.money > :money', { money: 3 })
    .orderBy('p.money', 'DESC').skip(1).take(3).getManyAndCount();
  check(count === 17 && page.map((person) => person.name).join() === 'u18,u17,u16', 'a page of a join');
  check(await error_of(there.insert({ name: 'u1' })) === 1062, '1062');
  await two.transaction(async (manager) => {
    const locked = await manager.findOne('Person', { where: { name: 'u1' }, lock: { mode: 'pessimistic_write' } });
    locked.money = '50.25';
    await manager.save('Person', locked);
  });
  await error_of(two.transaction(async (manager) => {
    await manager.delete('Person', { name: 'u1' });
    throw new Error('no');
  }));
  const changed = await there.findOneBy({ name: 'u1' });
  check(changed.money === '50.25' && changed.version === 2, 'a transaction with FOR UPDATE that is committed, one that is not');
  await there.upsert({ name: 'u2', money: '99.00' }, ['name']);
  check((await there.findOneBy({ name: 'u2' })).money === '99.00', 'upsert');
  await there.delete({ name: 'Anna Żółć 😀' });
  check(await two.getRepository('Letter').count() === 0, 'a delete that cascades');
});
