"""SQLAlchemy 1.4 over PyMySQL: models, relations, Core queries, reflection of what it made."""
import datetime
import decimal

import sqlalchemy as sa
from scene import arrives, check, place, quietly
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

PORTS, DATABASE = place()
Base = orm.declarative_base()
in_group = sa.Table("in_group", Base.metadata,
                    sa.Column("person", sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
                    sa.Column("grp", sa.ForeignKey("grp.id"), primary_key=True))


class Person(Base):
    __tablename__ = "person"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(50), nullable=False, unique=True)
    born = sa.Column(sa.DateTime)
    money = sa.Column(sa.Numeric(14, 2), nullable=False, server_default="0.00")
    active = sa.Column(sa.Boolean, default=True)
    kind = sa.Column(sa.Enum("one", "two"))
    facts = sa.Column(sa.JSON)
    note = sa.Column(sa.Text)
    photo = sa.Column(sa.LargeBinary)
    big = sa.Column(mysql.BIGINT(unsigned=True))
    letters = orm.relationship("Letter", back_populates="person", cascade="all, delete-orphan")
    groups = orm.relationship("Group", secondary=in_group, back_populates="people")
    __table_args__ = (sa.Index("by_born", "born", "kind"),)


class Group(Base):
    __tablename__ = "grp"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String(30))
    people = orm.relationship("Person", secondary=in_group, back_populates="groups")


class Letter(Base):
    __tablename__ = "letter"
    id = sa.Column(sa.BigInteger, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("person.id"), nullable=False, index=True)
    text = sa.Column(sa.Unicode(200))
    sent = sa.Column(sa.Date, server_default=sa.text("'2024-01-01'"))
    person = orm.relationship("Person", back_populates="letters")


def engine(node):
    return sa.create_engine(f"mysql+pymysql://root@127.0.0.1:{PORTS[node]}/{DATABASE}?charset=utf8mb4")


one, two = engine(0), engine(1)
Base.metadata.create_all(one)
Base.metadata.create_all(one)  # finds all there
check(sorted(sa.inspect(one).get_table_names()) == ["grp", "in_group", "letter", "person"], "four tables are made")
with orm.Session(one) as session:
    friends = Group(title="friends")
    anna = Person(name="Anna Żółć", born=datetime.datetime(1990, 5, 1, 12), money=decimal.Decimal("10.50"), kind="two",
                  facts={"likes": ["tea", None, 1.5]}, note="n" * 60000, photo=b"\0\xff", big=2**63 + 1,
                  groups=[friends], letters=[Letter(text=f"letter {n}") for n in range(3)])
    session.add_all([anna, Person(name="Bo", groups=[friends])])
    session.commit()
    check(anna.id and all(letter.id for letter in anna.letters), "objects have their numbers")
    check(anna.money == decimal.Decimal("10.50") and anna.facts == {"likes": ["tea", None, 1.5]} and anna.big == 2**63 + 1
          and anna.active is True and anna.letters[0].sent == datetime.date(2024, 1, 1), "and their values")


def there():
    with orm.Session(two) as session:
        return quietly(lambda: session.query(Letter).count() == 3 and session.query(in_group).count() == 2, sa.exc.ProgrammingError)


arrives(there, "the other node has the objects")
with orm.Session(two) as session:
    found = session.execute(
        sa.select(Person.name, sa.func.count(Letter.id).label("n")).join(Letter, isouter=True)
        .group_by(Person.id, Person.name).order_by(sa.desc("n")).limit(5)).all()
    check(found == [("Anna Żółć", 3), ("Bo", 0)], "a join with counts")
    check(session.query(Person).filter(Person.groups.any(Group.title == "friends"), Person.letters.any()).one().name == "Anna Żółć",
          "EXISTS over relations")
    check(session.scalar(sa.select(Person.facts["likes"][0].as_string()).where(Person.name.like("Anna%"))) == "tea", "a path in JSON")
    person = session.query(Person).options(orm.selectinload(Person.letters), orm.joinedload(Person.groups)).filter_by(name="Anna Żółć").one()
    person.letters.pop()
    person.money += 1
    session.commit()
    try:
        session.add(Person(name="Bo"))
        session.commit()
        check(False, "a second Bo")
    except sa.exc.IntegrityError as error:
        check(error.orig.args[0] == 1062, "1062 as IntegrityError")
        session.rollback()
    try:
        session.execute(sa.delete(Group))
        session.commit()
        check(False, "groups that have people are deleted")
    except sa.exc.IntegrityError as error:
        check(error.orig.args[0] == 1451, "1451 for a row that others refer to")
        session.rollback()
    statement = mysql.insert(Person).values(name="Bo", money=5)
    session.execute(statement.on_duplicate_key_update(money=statement.inserted.money + 1))
    with session.begin_nested() as nested:
        session.add(Person(name="Cy"))
        session.flush()
        nested.rollback()
    session.commit()
    check(session.query(Person.money).filter_by(name="Bo").scalar() == 6 and session.query(Person).count() == 2,
          "ON DUPLICATE KEY UPDATE, and a savepoint that is rolled back")

inspector = sa.inspect(two)
columns = {column["name"]: column for column in inspector.get_columns("person")}
check(str(columns["money"]["type"]) == "DECIMAL(14, 2)" and columns["money"]["default"] == "'0.00'" and not columns["name"]["nullable"]
      and columns["id"]["autoincrement"] and str(columns["big"]["type"]) == "BIGINT" and columns["big"]["type"].unsigned
      and columns["kind"]["type"].enums == ["one", "two"], "columns are reflected")
check(inspector.get_pk_constraint("person")["constrained_columns"] == ["id"], "the primary key")
check([(i["name"], i["column_names"], i["unique"]) for i in sorted(inspector.get_indexes("person"), key=lambda i: i["name"])]
      == [("by_born", ["born", "kind"], False), ("name", ["name"], True)], "indexes")
keys = {key["constrained_columns"][0]: key for key in inspector.get_foreign_keys("in_group")}
check(keys["person"]["referred_table"] == "person" and keys["person"]["options"] == {"ondelete": "CASCADE"}
      and keys["grp"]["referred_columns"] == ["id"], "foreign keys")
reflected = sa.MetaData()
reflected.reflect(two)
check(set(reflected.tables) == {"grp", "in_group", "letter", "person"}, "a whole schema is reflected")
with two.begin() as connection:
    connection.execute(sa.text("CREATE VIEW rich AS SELECT name FROM person WHERE money > 5"))
check(sa.inspect(two).get_view_names() == ["rich"], "a view")
Base.metadata.create_all(two)
