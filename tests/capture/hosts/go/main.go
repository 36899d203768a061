// Host test: Go's mattn/go-sqlite3. Arguments: database, extension, workload.
package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattn/go-sqlite3"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	path, extension, workload := os.Args[1], os.Args[2], os.Args[3]
	sql.Register("sqlite3_murmel", &sqlite3.SQLiteDriver{Extensions: []string{extension}})
	db, err := sql.Open("sqlite3_murmel", path)
	fail(err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec("SELECT murmel_enable()")
	fail(err)
	file, err := os.Open(workload)
	fail(err)
	errors := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if _, err := db.Exec(lines.Text()); err != nil {
			errors++
		}
	}
	var text string
	fail(db.QueryRow("SELECT murmel_status()").Scan(&text))
	fail(db.Close())
	var status any
	fail(json.Unmarshal([]byte(text), &status))
	fail(json.NewEncoder(os.Stdout).Encode(map[string]any{"errors": errors, "status": status}))
}
