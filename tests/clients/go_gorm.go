// GORM over go-sql-driver: migrations that find no differences, numbers of batches, associations, upserts, locks;
// of the driver LOAD DATA, several answers and contexts that end.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	driver "gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

type Person struct {
	ID      uint
	Name    string         `gorm:"size:60;uniqueIndex;not null"`
	Money   float64        `gorm:"type:decimal(12,2);default:0.00;not null"`
	Kind    string         `gorm:"type:enum('one','two');default:'one';index:by_kind,priority:1"`
	Active  bool           `gorm:"default:true;index:by_kind,priority:2"`
	Photo   []byte         `gorm:"type:longblob"`
	Born    *time.Time     `gorm:"type:date"`
	Score   int8           `gorm:"check:not_low,score > -5;comment:of the game"`
	Changed time.Time      `gorm:"autoUpdateTime;precision:6"`
	Gone    gorm.DeletedAt `gorm:"index"`
	Letters []Letter       `gorm:"constraint:OnDelete:CASCADE"`
	Groups  []*Group       `gorm:"many2many:in_group;constraint:OnDelete:CASCADE"`
	Note    sql.NullString `gorm:"type:text"`
}

type Letter struct {
	ID       uint64
	PersonID uint
	Text     string
}

type Group struct {
	ID    int64
	Title string `gorm:"size:30"`
}

// What a migration would do is kept, and nothing is done.
type changes struct {
	logger.Interface
	said *[]string
}

func (c changes) Trace(_ context.Context, _ time.Time, statement func() (string, int64), _ error) {
	text, _ := statement()
	if strings.HasPrefix(text, "ALTER") || strings.HasPrefix(text, "CREATE") {
		*c.said = append(*c.said, text)
	}
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

func number(err error) uint16 {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		return refused.Number
	}
	return 0
}

func arrives(condition func() bool, what string) {
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(50 * time.Millisecond) {
		check(time.Now().Before(end), what)
	}
	fmt.Println("ok", what)
}

func address(node int, options string) string {
	return fmt.Sprintf("root@tcp(127.0.0.1:%s)/%s?charset=utf8mb4&parseTime=true&loc=UTC%s", strings.Fields(os.Getenv("MURMEL_PORTS"))[node],
		os.Getenv("MURMEL_DATABASE"), options)
}

func open(node int, options string) *gorm.DB {
	return must(gorm.Open(driver.Open(address(node, options)), &gorm.Config{Logger: logger.Discard}))
}

func scene(options string) {
	one, two := open(0, options), open(1, options)
	models := []any{&Group{}, &Person{}, &Letter{}}
	check(one.Migrator().DropTable("in_group", &Letter{}, &Person{}, &Group{}) == nil && one.AutoMigrate(models...) == nil, "tables are made "+options)
	var said []string
	again := one.Session(&gorm.Session{Logger: changes{logger.Discard, &said}})
	check(again.AutoMigrate(models...) == nil && len(said) == 0, "what it made needs no change: "+strings.Join(said, "; "))

	born := time.Date(1990, 5, 1, 0, 0, 0, 0, time.UTC)
	anna := Person{Name: "Anna Żółć 😀", Money: 10.5, Kind: "two", Photo: []byte{0, 255}, Born: &born, Score: 3,
		Letters: []Letter{{Text: "one"}, {Text: "two"}, {Text: "three"}}, Groups: []*Group{{Title: "friends"}, {Title: "tea"}}}
	check(one.Create(&anna).Error == nil, "a person with letters and groups")
	many := make([]Person, 300)
	for i := range many {
		many[i] = Person{Name: fmt.Sprintf("p%d", i), Score: int8(i % 100)}
	}
	check(one.CreateInBatches(&many, 100).Error == nil, "three hundred in batches")
	right := 0
	for _, person := range many { // GORM counts on from the first
		var name string
		one.Raw("SELECT name FROM people WHERE id = ?", person.ID).Scan(&name)
		if name == person.Name {
			right++
		}
	}
	check(right == 300, fmt.Sprintf("each knows its number: %d", right))

	var found Person
	arrives(func() bool {
		found = Person{}
		return two.Preload("Letters").Preload("Groups").First(&found, "name = ?", anna.Name).Error == nil && len(found.Letters) == 3
	}, "the other node has them")
	check(found.Money == 10.5 && found.Kind == "two" && string(found.Photo) == "\x00\xff" && found.Born.Equal(born) && found.Active &&
		len(found.Groups) == 2 && !found.Note.Valid, "with all that belongs to them")
	check(number(two.Create(&Person{Name: "p1"}).Error) == 1062 && number(two.Create(&Person{Name: "low", Score: -7}).Error) == 3819, "1062 and 3819")
	two.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"money"})}).
		Create(&Person{Name: "p1", Money: 7})
	two.Clauses(clause.OnConflict{DoNothing: true}).Create(&Person{Name: "p2", Money: 8})
	var money []float64
	two.Model(&Person{}).Where("name IN ?", []string{"p1", "p2"}).Order("name").Pluck("money", &money)
	check(money[0] == 7 && money[1] == 0, "upserts")
	err := two.Transaction(func(tx *gorm.DB) error {
		var locked Person
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).First(&locked, "name = ?", "p3").Error; err != nil {
			return err
		}
		inner := tx.Transaction(func(nested *gorm.DB) error {
			nested.Delete(&Person{}, "name LIKE ?", "p%")
			return errors.New("no")
		})
		check(inner != nil, "an inner transaction is rolled back")
		locked.Money = 50.25
		return tx.Save(&locked).Error
	})
	var count int64
	two.Model(&Person{}).Where("money = ?", 50.25).Count(&count)
	check(err == nil && count == 1, "a transaction with a lock")
	two.Delete(&Person{}, "name = ?", "p4")
	two.Unscoped().Model(&Person{}).Where("gone IS NOT NULL").Count(&count)
	check(count == 1, "one is marked as gone")
	two.Unscoped().Delete(&anna)
	two.Model(&Letter{}).Count(&count)
	check(count == 0, "a delete that cascades")
}

func plain() {
	db := must(sql.Open("mysql", address(2, "&multiStatements=true")))
	defer db.Close()
	rows := must(db.Query("SELECT 1; SELECT 'two', 3"))
	check(rows.Next() && rows.NextResultSet() && rows.Next(), "two answers")
	rows.Close()
	for _, isolation := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead} {
		tx := must(db.BeginTx(context.Background(), &sql.TxOptions{Isolation: isolation, ReadOnly: true}))
		_, err := tx.Exec("DELETE FROM letters")
		check(number(err) == 1792, "1792 in a transaction that reads")
		tx.Rollback()
	}
	late, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(late, "SELECT SLEEP(20)")
	check(errors.Is(err, context.DeadlineExceeded), "a context that ends")
	must(db.Exec("CREATE TABLE IF NOT EXISTS loaded (id INT PRIMARY KEY, at DATETIME(6), big BIGINT UNSIGNED, t TIME)"))
	mysql.RegisterReaderHandler("rows", func() io.Reader {
		return strings.NewReader("1\t2024-02-29 23:59:58.5\t18446744073709551615\t-101:02:03\n2\t\\N\t\\N\t\\N\n")
	})
	must(db.Exec("SET GLOBAL local_infile = 1"))
	defer db.Exec("SET GLOBAL local_infile = DEFAULT")
	must(db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE loaded"))
	var at sql.NullTime
	var big uint64
	var took string
	for _, query := range []*sql.Row{db.QueryRow("SELECT at, big, t FROM loaded WHERE id = 1"), db.QueryRow("SELECT at, big, t FROM loaded WHERE id = ?", 1)} {
		err := query.Scan(&at, &big, &took)
		check(err == nil && at.Time.Equal(time.Date(2024, 2, 29, 23, 59, 58, 500000000, time.UTC)) && big == 1<<64-1 && took == "-101:02:03", "a loaded row")
	}
}

func main() {
	scene("")
	scene("&interpolateParams=true&collation=utf8mb4_unicode_ci")
	plain()
}
