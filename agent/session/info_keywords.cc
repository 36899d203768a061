// KEYWORDS: MySQL's reserved words (dev.mysql.com, "Keywords and Reserved Words"), and those of the grammar
// that may be names. Drivers ask for them to know what to quote.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "agent/session/info_groups.h"
#include "agent/sql/lexer.h"

namespace murmel::session {
namespace {

// With a blank behind each.
constexpr std::string_view kReserved =
    "ACCESSIBLE ADD ALL ALTER ANALYZE AND AS ASC ASENSITIVE BEFORE BETWEEN BIGINT BINARY BLOB BOTH BY "
    "CALL CASCADE CASE CHANGE CHAR CHARACTER CHECK COLLATE COLUMN CONDITION CONSTRAINT CONTINUE CONVERT "
    "CREATE CROSS CUBE CUME_DIST CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE "
    "DATABASES DAY_HOUR DAY_MICROSECOND DAY_MINUTE DAY_SECOND DEC DECIMAL DECLARE DEFAULT DELAYED DELETE "
    "DENSE_RANK DESC DESCRIBE DETERMINISTIC DISTINCT DISTINCTROW DIV DOUBLE DROP DUAL EACH ELSE ELSEIF "
    "EMPTY ENCLOSED ESCAPED EXCEPT EXISTS EXIT EXPLAIN FALSE FETCH FIRST_VALUE FLOAT FLOAT4 FLOAT8 FOR "
    "FORCE FOREIGN FROM FULLTEXT FUNCTION GENERATED GET GRANT GROUP GROUPING GROUPS HAVING HIGH_PRIORITY "
    "HOUR_MICROSECOND HOUR_MINUTE HOUR_SECOND IF IGNORE IN INDEX INFILE INNER INOUT INSENSITIVE INSERT "
    "INT INT1 INT2 INT3 INT4 INT8 INTEGER INTERSECT INTERVAL INTO IO_AFTER_GTIDS IO_BEFORE_GTIDS IS "
    "ITERATE JOIN JSON_TABLE KEY KEYS KILL LAG LAST_VALUE LATERAL LEAD LEADING LEAVE LEFT LIKE LIMIT "
    "LINEAR LINES LOAD LOCALTIME LOCALTIMESTAMP LOCK LONG LONGBLOB LONGTEXT LOOP LOW_PRIORITY MASTER_BIND "
    "MASTER_SSL_VERIFY_SERVER_CERT MATCH MAXVALUE MEDIUMBLOB MEDIUMINT MEDIUMTEXT MIDDLEINT "
    "MINUTE_MICROSECOND MINUTE_SECOND MOD MODIFIES NATURAL NOT NO_WRITE_TO_BINLOG NTH_VALUE NTILE NULL "
    "NUMERIC OF ON OPTIMIZE OPTIMIZER_COSTS OPTION OPTIONALLY OR ORDER OUT OUTER OUTFILE OVER PARTITION "
    "PERCENT_RANK PRECISION PRIMARY PROCEDURE PURGE RANGE RANK READ READS READ_WRITE REAL RECURSIVE "
    "REFERENCES REGEXP RELEASE RENAME REPEAT REPLACE REQUIRE RESIGNAL RESTRICT RETURN REVOKE RIGHT RLIKE "
    "ROW ROWS ROW_NUMBER SCHEMA SCHEMAS SECOND_MICROSECOND SELECT SENSITIVE SEPARATOR SET SHOW SIGNAL "
    "SMALLINT SPATIAL SPECIFIC SQL SQLEXCEPTION SQLSTATE SQLWARNING SQL_BIG_RESULT SQL_CALC_FOUND_ROWS "
    "SQL_SMALL_RESULT SSL STARTING STORED STRAIGHT_JOIN SYSTEM TABLE TERMINATED THEN TINYBLOB TINYINT "
    "TINYTEXT TO TRAILING TRIGGER TRUE UNDO UNION UNIQUE UNLOCK UNSIGNED UPDATE USAGE USE USING UTC_DATE "
    "UTC_TIME UTC_TIMESTAMP VALUES VARBINARY VARCHAR VARCHARACTER VARYING VIRTUAL WHEN WHERE WHILE WINDOW "
    "WITH WRITE XOR YEAR_MONTH ZEROFILL ";

void keywords(InfoSource&, Rows& rows) {
  std::vector<std::pair<std::string, bool>> words;
  for (std::size_t at = 0; at < kReserved.size(); at = kReserved.find(' ', at) + 1)
    words.emplace_back(kReserved.substr(at, kReserved.find(' ', at) - at), true);
  const std::size_t reserved = words.size();
  for (const std::string_view word : sql::unreserved_words()) {
    const bool known = std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(reserved),
                                   [word](const auto& one) { return one.first == word; });
    if (!known) words.emplace_back(word, false);
  }
  std::sort(words.begin(), words.end());
  for (const auto& [word, is_reserved] : words)
    rows.push_back({Cell(word), Cell(std::int64_t{is_reserved ? 1 : 0})});
}

constexpr InfoColumn kKeywords[] = {{"WORD", "varchar(128)"}, {"RESERVED", "int"}};
constexpr InfoTable kKeywordTables[] = {{"KEYWORDS", kKeywords, keywords}};

}  // namespace

std::span<const InfoTable> keyword_tables() {
  return kKeywordTables;
}

}  // namespace murmel::session
