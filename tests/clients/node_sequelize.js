// Sequelize 6 over mysql2: sync with alter, models, relations, transactions, queryInterface.
'use strict';
const { Sequelize, DataTypes, Op } = require('sequelize');
const { ports, database, check, arrives, error_of, run } = require('./scene');

const on = (node) => new Sequelize(database, 'root', '', { host: '127.0.0.1', port: ports[node], dialect: 'mysql', logging: false });

function models(sequelize, more = {}) {
  const User = sequelize.define('User', {
    name: { type: DataTypes.STRING(60), allowNull: false, unique: true },
    money: { type: DataTypes.DECIMAL(12, 2), defaultValue: '0.00' },
    active: { type: DataTypes.BOOLEAN, defaultValue: true },
    kind: DataTypes.ENUM('one', 'two'),
    facts: DataTypes.JSON,
    token: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4 },
    photo: DataTypes.BLOB('long'),
    note: DataTypes.TEXT,
    ...more,
  }, { indexes: [{ fields: ['kind', 'active'] }], paranoid: true });
  const Post = sequelize.define('Post', { title: DataTypes.STRING, read: { type: DataTypes.INTEGER.UNSIGNED, defaultValue: 0 } });
  const Tag = sequelize.define('Tag', { label: { type: DataTypes.STRING(30), unique: true } }, { timestamps: false });
  User.hasMany(Post, { onDelete: 'CASCADE' });
  Post.belongsTo(User);
  Post.belongsToMany(Tag, { through: 'PostTags' });
  Tag.belongsToMany(Post, { through: 'PostTags' });
  return { User, Post, Tag };
}

run(async () => {
  const [one, two] = [on(0), on(1)];
  const { User, Post, Tag } = models(one);
  await one.sync();
  await one.sync();
  const anna = await User.create({ name: 'Anna Żółć 😀', money: '10.50', kind: 'two', facts: { likes: 'tea', n: { a: 5 } }, photo: Buffer.from([0, 255]),
    note: 'n'.repeat(60000), Posts: [{ title: 'first', Tags: [{ label: 'x' }, { label: 'y' }] }, { title: 'second' }] },
  { include: [{ model: Post, include: [Tag] }] });
  check(anna.id > 0 && anna.Posts.every((post) => post.id > 0), 'a user with posts and tags');
  await User.bulkCreate([...Array(20).keys()].map((n) => ({ name: `u${n}`, money: n })));
  const there = models(two);
  await arrives(async () => await there.User.count() === 21, 'the other node has all');
  const found = await there.User.findOne({ where: { name: { [Op.like]: 'Anna%' }, facts: { likes: 'tea', n: { a: 5 } } },
    include: [{ model: there.Post, include: [there.Tag], separate: false }], order: [[there.Post, 'title', 'ASC']] });
  check(found.Posts.length === 2 && found.Posts[0].Tags.length === 2 && found.money === '10.50' && found.active === true
    && found.photo.equals(Buffer.from([0, 255])) && found.createdAt instanceof Date, 'and finds it with all that belongs to it');
  const page = await there.User.findAndCountAll({ where: { money: { [Op.between]: [5, 9] } }, order: [['money', 'DESC']], limit: 2, offset: 1 });
  check(page.count === 5 && page.rows[0].name === 'u8', 'a page');
  const sums = await there.User.findAll({ attributes: ['kind', [two.fn('SUM', two.col('money')), 'total']], group: ['kind'], raw: true });
  check(sums.length === 2 && sums.some((row) => row.total === '190.00'), 'sums by group');
  check(await error_of(there.User.create({ name: 'u1' })) === 1062, '1062');
  await two.transaction(async (transaction) => {
    await there.User.increment({ money: 5 }, { where: { name: 'u1' }, transaction });
    await there.Post.update({ read: 7 }, { where: {}, transaction });
  });
  await error_of(two.transaction(async (transaction) => {
    await there.User.update({ money: 0 }, { where: {}, transaction });
    throw new Error('no');
  }));
  check((await there.User.findOne({ where: { name: 'u1' } })).money === '6.00', 'a transaction that is committed, one that is not');
  await there.User.upsert({ name: 'u2', money: 99 });
  check((await there.User.findOne({ where: { name: 'u2' } })).money === '99.00', 'upsert');
  const [first, made] = await there.Tag.findOrCreate({ where: { label: 'z' } });
  check(made && first.label === 'z', 'findOrCreate');
  await there.User.destroy({ where: { name: 'u3' } });
  check(await there.User.count() === 20 && await there.User.count({ paranoid: false }) === 21, 'what is destroyed is marked');

  const described = await two.getQueryInterface().describeTable('Users');
  check(described.money.type === 'DECIMAL(12,2)' && described.id.primaryKey && described.id.autoIncrement && !described.name.allowNull
    && described.kind.type.startsWith('ENUM'), 'a table is described');
  const indexes = await two.getQueryInterface().showIndex('Users');
  check(indexes.length === 3 && indexes.find((index) => index.primary), 'its indexes');
  const keys = await two.getQueryInterface().getForeignKeyReferencesForTable('Posts');
  check(keys.length === 1 && keys[0].referencedTableName === 'Users', 'foreign keys');
  await two.getQueryInterface().addColumn('Users', 'age', { type: DataTypes.INTEGER, defaultValue: 3 });
  await two.getQueryInterface().changeColumn('Users', 'note', { type: DataTypes.STRING(200) }).catch(() => 0);
  await two.getQueryInterface().renameColumn('Tags', 'label', 'word');
  await two.getQueryInterface().removeColumn('Users', 'age');
  const Plain = two.define('Plain', { name: DataTypes.STRING(20) });
  await Plain.sync();
  two.define('Plain', { name: { type: DataTypes.STRING(40), allowNull: false, defaultValue: 'x' }, nick: DataTypes.TEXT });
  await two.models.Plain.sync({ alter: true });
  const plain = await two.getQueryInterface().describeTable('Plains');
  check(plain.nick.type === 'TEXT' && plain.name.type === 'VARCHAR(40)' && plain.name.defaultValue === 'x', 'sync with alter changes columns');
  check((await two.getQueryInterface().showAllTables()).length === 5, 'all tables');
});
