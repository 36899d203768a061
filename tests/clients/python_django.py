"""Django 5.2 over PyMySQL: migrations of every kind, the ORM's queries, transactions, JSON, inspectdb and the admin's pages."""
import datetime
import decimal
import io

import django
import pymysql
from django.conf import settings
from scene import arrives, check, place, quietly

PORTS, DATABASE = place()
pymysql.version_info = (2, 2, 1, "final", 0)  # Django asks for mysqlclient's version
pymysql.install_as_MySQLdb()


def node(number, isolation):
    return {"ENGINE": "django.db.backends.mysql", "NAME": DATABASE, "USER": "root", "HOST": "127.0.0.1", "PORT": PORTS[number],
            "OPTIONS": {"charset": "utf8mb4", "isolation_level": isolation}, "TEST": {"NAME": DATABASE}}


settings.configure(
    DATABASES={"default": node(0, "read committed"), "other": node(1, "repeatable read")}, SECRET_KEY="x", USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib." + app for app in ("admin", "auth", "contenttypes", "sessions", "messages")],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                                                   "django.contrib.messages.context_processors.messages"]}}])
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, IntegrityError, connection, connections, migrations, models, transaction  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402
from django.db.models import Avg, Count, Exists, F, Max, OuterRef, Q, Subquery, Sum, Value, Window  # noqa: E402
from django.db.models.functions import Cast, Coalesce, ExtractYear, Rank, TruncDate, TruncMonth, Upper  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]
STATE = ProjectState()


def migrate(*operations):
    """As `manage.py migrate` does with a migration of these operations."""
    for operation in operations:
        before = STATE.clone()
        operation.state_forwards("shop", STATE)
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("shop", editor, before, STATE)


def names_of_tables():
    return connection.introspection.table_names()


def constraints_of(table):
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, table)


# --- migrations -------------------------------------------------------------------------------------------

call_command("migrate", verbosity=0)
call_command("migrate", verbosity=0)
check({"auth_user", "django_session", "django_admin_log"} <= set(names_of_tables()), "Django's own migrations, twice")
ID = ("id", models.BigAutoField(primary_key=True))
migrate(
    migrations.CreateModel("Author", [ID, ("name", models.CharField(max_length=60, unique=True)), ("born", models.DateField(null=True))]),
    migrations.CreateModel("Tag", [("code", models.SlugField(primary_key=True))]),
    migrations.CreateModel("Novel", [
        ID, ("title", models.CharField(max_length=90, db_comment="on the cover")),
        ("writer", models.ForeignKey("shop.Author", models.CASCADE, related_name="books")),
        ("translator", models.ForeignKey("shop.Author", models.SET_NULL, null=True, related_name="+", to_field="name")),
        ("price", models.DecimalField(max_digits=10, decimal_places=2, default=0)), ("facts", models.JSONField(null=True)),
        ("sold", models.PositiveIntegerField(default=0)), ("tags", models.ManyToManyField("shop.Tag"))],
        options={"indexes": [models.Index(fields=["title", "-price"], name="by_title")]}),
    migrations.AddField("Novel", "published", models.DateTimeField(default=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc))),
    migrations.AddField("Novel", "length", models.DurationField(null=True)),
    migrations.AddField("Novel", "shelf", models.CharField(max_length=5, db_default="A")),
    migrations.AlterField("Novel", "title", models.CharField(max_length=200, db_index=True)),
    migrations.RenameField("Novel", "writer", "author"),
    migrations.RenameModel("Novel", "Book"),
    migrations.AlterUniqueTogether("Book", {("author", "title")}),
    migrations.AddConstraint("Book", models.CheckConstraint(condition=Q(price__gte=0), name="not_negative")),
    migrations.AddConstraint("Book", models.UniqueConstraint(fields=["shelf", "title"], name="one_on_shelf")),
    migrations.AddIndex("Book", models.Index(fields=["published"], name="by_date")),
    migrations.RenameIndex("Book", new_name="by_day", old_name="by_date"),
    migrations.AlterModelTable("Tag", "labels"),
    migrations.AlterField("Author", "name", models.CharField(max_length=80, unique=True, db_collation="utf8mb4_bin")),
    migrations.AlterField("Author", "name", models.CharField(max_length=80, unique=True)),
    migrations.RemoveIndex("Book", "by_title"),
    migrations.AddField("Book", "extra", models.TextField(default="")),
    migrations.RemoveField("Book", "extra"),
    migrations.RunSQL("INSERT INTO labels (code) VALUES ('sql')", migrations.RunSQL.noop),
)
Author, Book, Tag = (STATE.apps.get_model("shop", name) for name in ("Author", "Book", "Tag"))
keys = constraints_of("shop_book")
check({"not_negative", "one_on_shelf", "by_day"} <= set(keys) and keys["not_negative"]["check"] and "by_title" not in keys
      and sum(key["foreign_key"] is not None for key in keys.values()) == 2, "tables, columns, keys and checks are made, changed and renamed")
said = io.StringIO()
call_command("inspectdb", "shop_book", "labels", stdout=said)
check("models.ForeignKey('ShopAuthor', models.DO_NOTHING" in said.getvalue() and "unique_together = ((" in said.getvalue()
      and "facts = models.JSONField(" in said.getvalue(), "inspectdb reads them")

# --- rows and queries -------------------------------------------------------------------------------------

authors = Author.objects.bulk_create([Author(name=name, born=datetime.date(1900 + 10 * n, 5, 1))
                                      for n, name in enumerate(("Żółć", "Bo", "Cy"))])
anna, bo, cy = Author.objects.order_by("born")
utc = datetime.timezone.utc
Book.objects.bulk_create([Book(author=author, title=f"{author.name} {n}", price=decimal.Decimal("10.50") + n, sold=n, shelf=f"s{n}",
                               published=datetime.datetime(2024, 1 + n, 28, 23, 30, tzinfo=utc), length=datetime.timedelta(hours=n),
                               facts={"kind": "ab"[n % 2], "n": n, "deep": [{"x": None}, "ü"]})
                          for author in (anna, bo) for n in range(4)], batch_size=3)
check(Book.objects.count() == 8 and Book.objects.get(title="Bo 2").facts["deep"] == [{"x": None}, "ü"]
      and Book.objects.get(title="Bo 2").length == datetime.timedelta(hours=2), "rows come back as they went")
found = Author.objects.annotate(n=Count("books"), most=Max("books__price"), mean=Avg("books__sold")).order_by("-n", "name")
check([(a.name, a.n, a.most, a.mean) for a in found] == [("Bo", 4, decimal.Decimal("13.50"), 1.5), ("Żółć", 4, decimal.Decimal("13.50"), 1.5),
                                                        ("Cy", 0, None, None)], "aggregates of a relation")
check(Book.objects.filter(Q(sold__gt=F("price") - 11) & ~Q(author__name="Bo")).count() == 4, "F and Q")
best = Book.objects.filter(author=OuterRef("pk")).order_by("-price").values("title")[:1]
check(list(Author.objects.annotate(best=Subquery(best)).filter(Exists(Book.objects.filter(author=OuterRef("pk")))).order_by("pk")
           .values_list("best", flat=True)) == ["Żółć 3", "Bo 3"], "Subquery and Exists")
check(Author.objects.annotate(y=ExtractYear("born")).annotate(far=Subquery(
    Book.objects.annotate(far=OuterRef("y") - F("sold")).order_by("-far").values("far")[:1])).get(pk=bo.pk).far == 1910,
    "a subquery in the order of the row around it")
ranks = Book.objects.annotate(place=Window(Rank(), partition_by="author", order_by=F("price").desc()),
                              total=Window(Sum("sold"), partition_by="facts__kind")).order_by("title").values_list("place", "total")
check(list(ranks[:4]) == [(4, 4), (3, 8), (2, 4), (1, 8)], "windows over columns and over JSON")
months = Book.objects.annotate(month=TruncMonth("published")).values("month").annotate(n=Count("id")).order_by("month")
check([(row["month"].month, row["n"]) for row in months] == [(1, 2), (2, 2), (3, 2), (4, 2)], "months in UTC")
day = Book.objects.annotate(day=Coalesce(TruncDate("published"), Cast(Value("2000-01-01"), models.DateField()))).order_by("day").first().day
check(day == datetime.date(2024, 1, 28), "a day that is computed is a date")
later = Book.objects.annotate(end=F("published") + F("length")).order_by("-end").first().end
check(later == datetime.datetime(2024, 4, 29, 2, 30, tzinfo=utc), "a time and a duration")
check(list(Book.objects.filter(facts__deep__1="ü", facts__n__gte=2, facts__deep__0__has_key="x").order_by("pk").values_list("facts__n", flat=True))
      == [2, 3, 2, 3] and Book.objects.filter(facts__contains={"kind": "a"}).count() == 4, "lookups in JSON")
check({row["facts__kind"]: row["n"] for row in Book.objects.values("facts__kind").annotate(n=Count("id"))} == {"a": 4, "b": 4}, "groups of JSON")
Author.objects.bulk_create([Author(name="Bo", born=datetime.date(1999, 9, 9)), Author(name="Dee")], update_conflicts=True, update_fields=["born"])
Author.objects.bulk_create([Author(name="Bo"), Author(name="Ed")], ignore_conflicts=True)
check(Author.objects.get(name="Bo").born.year == 1999 and Author.objects.count() == 5, "bulk_create with conflicts")
Book.objects.filter(author=bo).update(sold=F("sold") + 10, title=Upper("title"))
check(sum(book.sold for book in Book.objects.filter(author=bo).iterator(chunk_size=2)) == 46, "update and iterator")
book = Book.objects.first()
book.tags.add(Tag.objects.create(code="new"), Tag.objects.get(code="sql"))
check(Tag.objects.filter(book=book).count() == 2 and Book.objects.prefetch_related("tags").first().tags.count() == 2, "many to many")
check(list(Book.objects.values_list("author_id").union(Author.objects.values_list("id")).order_by("author_id"))[:1] == [(anna.pk,)], "UNION")

# --- transactions -----------------------------------------------------------------------------------------

with transaction.atomic():
    locked = Book.objects.select_for_update().get(pk=book.pk)
    try:
        with transaction.atomic():
            Book.objects.create(author=anna, title=book.title)
    except IntegrityError as error:
        check(error.args[0] == 1062, "1062 ends the inner transaction only")
    with transaction.atomic():
        locked.sold = 99
        locked.save()
    check(Book.objects.using("other").filter(pk=book.pk, sold=99).count() == 0, "others do not see it yet")
arrives(lambda: Book.objects.using("other").filter(pk=book.pk, sold=99).exists(), "the other node has what was committed")
try:
    with transaction.atomic():
        Book.objects.filter(author=anna).delete()
        raise DatabaseError("no")
except DatabaseError:
    check(Book.objects.filter(author=anna).count() == 4, "a transaction that is rolled back")
mine = connection.copy()
with transaction.atomic(), mine.cursor() as cursor:
    Author.objects.select_for_update().get(pk=cy.pk)
    mine.set_autocommit(False)
    try:
        cursor.execute("SELECT id FROM shop_author WHERE id = %s FOR UPDATE NOWAIT", [cy.pk])
        check(False, "a locked row is given")
    except DatabaseError as error:
        check(error.args[0] == 3572, "NOWAIT finds it locked")
    cursor.execute("SELECT COUNT(*) FROM (SELECT id FROM shop_author FOR UPDATE SKIP LOCKED) AS free")
    mine.rollback()
mine.close()
with transaction.atomic(using="other"):
    with connections["other"].constraint_checks_disabled():
        Book.objects.using("other").create(author_id=5, title="before its author", shelf="z")
    Author.objects.using("other").create(id=5, name="late")
    connections["other"].check_constraints(["shop_book"])
arrives(lambda: Book.objects.filter(author__name="late").exists(), "a fixture whose rows come in any order")
for broken, number in ((lambda: Book.objects.create(author_id=12345, title="?"), 1452),
                       (lambda: Book.objects.create(author=anna, title="cheap", price=-1), 3819)):
    try:
        broken()
        check(False, f"{number} is missed")
    except (IntegrityError, DatabaseError) as error:
        check(error.args[0] == number, f"{number}")
anna.delete()
check(Book.objects.count() == 5, "CASCADE")

# --- the admin's pages ------------------------------------------------------------------------------------

User.objects.create_superuser("root", "r@example.org", "secret")
browser = Client()
check(browser.post("/admin/login/?next=/admin/", {"username": "root", "password": "secret"}).status_code == 302
      and b"Site administration" in browser.get("/admin/").content, "the admin lets root in")
browser.post("/admin/auth/group/add/", {"name": "Editors"})
check(b"Editors" in browser.get("/admin/auth/group/?q=Edit").content and b"Added" in browser.get("/admin/").content, "a group is made, and logged")
arrives(lambda: quietly(lambda: User.objects.using("other").get(username="root").check_password("secret"), DatabaseError), "the other node knows root")
migrate(migrations.DeleteModel("Book"), migrations.DeleteModel("Author"))
check("shop_book" not in names_of_tables() and "shop_book_tags" not in names_of_tables(), "and all is dropped again")
