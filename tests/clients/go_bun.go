// Bun and sqlx over go-sql-driver, and goose's migrations: types of columns, relations, upserts, values as a table (VALUES ROW()),
// named parameters, a trigger between `-- +goose StatementBegin` and `StatementEnd`.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
)

type Thing struct {
	ID    int64           `db:"id"`
	Name  string          `db:"name"`
	Price sql.NullFloat64 `db:"price"`
	Made  time.Time       `db:"made"`
}

type Author struct {
	bun.BaseModel `bun:"table:author,alias:a"`
	ID            int64          `bun:",pk,autoincrement"`
	Name          string         `bun:",notnull,unique"`
	Facts         map[string]any `bun:"type:json"`
	Made          time.Time      `bun:",nullzero,notnull,default:current_timestamp"`
	Stories       []*Story       `bun:"rel:has-many,join:id=author_id"`
	Photo         []byte
}

type Story struct {
	bun.BaseModel `bun:"table:story,alias:s"`
	ID            int64 `bun:",pk,autoincrement"`
	Title         string
	AuthorID      int64
	Author        *Author `bun:"rel:belongs-to,join:author_id=id"`
}

func check(good bool, what string) {
	if !good {
		fmt.Println("FAIL", what)
		os.Exit(1)
	}
	fmt.Println("ok", what)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func done(err error) {
	if err != nil {
		panic(err)
	}
}

func number(err error) uint16 {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		return refused.Number
	}
	return 0
}

func connect(node int) *sqlx.DB {
	port := strings.Fields(os.Getenv("MURMEL_PORTS"))[node]
	return sqlx.MustConnect("mysql", "root@tcp(127.0.0.1:"+port+")/"+os.Getenv("MURMEL_DATABASE")+"?parseTime=true&multiStatements=true")
}

// Until another node has it: writes at ONE arrive a moment later.
func arrives(condition func() bool, what string) {
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			check(false, what)
		}
	}
	check(true, what)
}

func withSqlx(one, two *sqlx.DB) {
	one.MustExec("CREATE TABLE thing (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), price DECIMAL(10,2), made DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6))")
	must(one.NamedExec("INSERT INTO thing (name, price) VALUES (:name, :price)",
		[]Thing{{Name: "a", Price: sql.NullFloat64{Float64: 1.5, Valid: true}}, {Name: "b"}}))
	var things []Thing
	arrives(func() bool { return two.Select(&things, "SELECT * FROM thing ORDER BY id") == nil && len(things) == 2 }, "another node has the rows")
	check(things[0].Price.Float64 == 1.5 && !things[1].Price.Valid && !things[1].Made.IsZero(), "sqlx reads them into structs")
	query, arguments, _ := sqlx.In("SELECT COUNT(*) FROM thing WHERE name IN (?)", []string{"a", "b", "c"})
	count := 0
	done(two.Get(&count, query, arguments...))
	rows := must(two.NamedQuery("SELECT name FROM thing WHERE price > :price", map[string]any{"price": "1.49"}))
	found := rows.Next()
	done(rows.Close())
	check(count == 2 && found, "IN, and named parameters")
	described := must(two.Query("SELECT id, name, price, made FROM thing"))
	types := must(described.ColumnTypes())
	done(described.Close())
	precision, scale, known := types[2].DecimalSize()
	check(types[0].DatabaseTypeName() == "BIGINT" && types[1].DatabaseTypeName() == "VARCHAR" && known && precision == 10 && scale == 2 &&
		types[3].ScanType().String() == "sql.NullTime", "types of columns")
	transaction := must(two.BeginTxx(context.Background(), &sql.TxOptions{Isolation: sql.LevelReadCommitted, ReadOnly: true}))
	_, err := transaction.Exec("DELETE FROM thing")
	done(transaction.Rollback())
	check(number(err) == 1792, "1792 in a transaction that only reads")
}

func withGoose(db *sql.DB) {
	folder := must(os.MkdirTemp("", "goose"))
	defer os.RemoveAll(folder)
	done(os.WriteFile(folder+"/00001_a.sql", []byte("-- +goose Up\nCREATE TABLE kept (a INT PRIMARY KEY, t TIMESTAMP DEFAULT NOW());\n"+
		"INSERT INTO kept (a) VALUES (1);\n-- +goose Down\nDROP TABLE kept;\n"), 0o644))
	done(os.WriteFile(folder+"/00002_b.sql", []byte("-- +goose Up\n-- +goose StatementBegin\nCREATE TRIGGER up BEFORE INSERT ON kept FOR EACH ROW "+
		"BEGIN SET NEW.a = NEW.a + 1; END;\n-- +goose StatementEnd\nINSERT INTO kept (a) VALUES (1);\n-- +goose Down\nDROP TRIGGER up;\n"), 0o644))
	goose.SetLogger(goose.NopLogger())
	done(goose.SetDialect("mysql"))
	done(goose.Up(db, folder))
	sum := 0
	done(db.QueryRow("SELECT SUM(a) FROM kept").Scan(&sum))
	check(must(goose.GetDBVersion(db)) == 2 && sum == 3, "goose migrates, with a trigger")
	done(goose.Down(db, folder))
	done(goose.Reset(db, folder))
	check(must(goose.GetDBVersion(db)) == 0, "and back")
}

func withBun(db *bun.DB) {
	ctx := context.Background()
	done(db.ResetModel(ctx, (*Author)(nil), (*Story)(nil)))
	authors := []*Author{{Name: "x", Facts: map[string]any{"a": 1.5}, Photo: []byte{0, 255}}, {Name: "y"}}
	must(db.NewInsert().Model(&authors).Exec(ctx))
	must(db.NewInsert().Model(&[]*Story{{Title: "s", AuthorID: authors[0].ID}, {Title: "t", AuthorID: authors[0].ID}}).Exec(ctx))
	var found []Author
	done(db.NewSelect().Model(&found).Relation("Stories").Where("? LIKE ?", bun.Ident("name"), "%").OrderExpr("a.id").Scan(ctx))
	check(len(found) == 2 && len(found[0].Stories) == 2 && found[0].Facts["a"] == 1.5 && found[0].Photo[1] == 255 && found[1].ID == authors[1].ID,
		"Bun: the numbers of rows that were inserted together, and relations")
	var stories []Story
	done(db.NewSelect().Model(&stories).Relation("Author").Where("s.title = ?", "t").Scan(ctx))
	check(stories[0].Author.Name == "x", "a join")
	must(db.NewInsert().Model(&Author{Name: "y", Photo: []byte("p")}).On("DUPLICATE KEY UPDATE").Set("photo = VALUES(photo)").Exec(ctx))
	values := db.NewValues(&[]*Author{{ID: authors[0].ID, Name: "bulk"}, {ID: authors[1].ID, Name: "more"}})
	must(db.NewUpdate().With("_data", values).Model((*Author)(nil)).TableExpr("_data").Set("a.name = _data.name").Where("a.id = _data.id").Exec(ctx))
	var photo []byte
	done(db.NewSelect().Model((*Author)(nil)).Column("photo").Where("name = ?", "more").Scan(ctx, &photo))
	check(string(photo) == "p", "an upsert, and values as a table")
	_, err := db.NewInsert().Model(&Author{Name: "more"}).Exec(ctx)
	check(number(err) == 1062, "1062")
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		must(tx.NewDelete().Model((*Story)(nil)).Where("TRUE").Exec(ctx))
		return errors.New("undone")
	})
	check(err != nil && must(db.NewSelect().Model((*Story)(nil)).Count(ctx)) == 2, "a transaction that is undone")
}

func main() {
	one, two := connect(0), connect(1)
	withSqlx(one, two)
	withGoose(two.DB)
	withBun(bun.NewDB(one.DB, mysqldialect.New()))
}
