// Whatever a client sends is translated or refused, in every reading of quotes; what was a table reads back.
#include <string_view>

#include "agent/sql/stored_table.h"
#include "agent/sql/translator.h"
#include "tests/fuzz/target.h"

namespace {

using namespace murmel::sql;

class OneTable : public Catalog {
 public:
  OneTable() {
    table_ = *read_stored_table(
        "CREATE TABLE \"t\" (/*mysql ENGINE=InnoDB*/ \"id\" /*mysql int NOT NULL AUTO_INCREMENT*/ INTEGER "
        "NOT NULL, "
        "\"name\" /*mysql varchar(20) DEFAULT NULL*/ TEXT, \"price\" /*mysql decimal(10,2) DEFAULT NULL*/ "
        "TEXT, "
        "\"at\" /*mysql timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP*/ TEXT, "
        "PRIMARY KEY (\"id\"))");
  }
  const TableInfo* table(std::string_view, std::string_view table) const override {
    return table.size() == 1 && (table[0] | 0x20) >= 't' && (table[0] | 0x20) <= 'v' ? &table_ : nullptr;
  }

 private:
  TableInfo table_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const OneTable kCatalog;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool other : {false, true}) {
    Settings settings;
    settings.database = "app";
    settings.mode.ansi_quotes = other;
    settings.mode.no_backslash_escapes = other;
    settings.mode.pipes_as_concat = other;
    const auto statements = translate(text, settings, kCatalog);
    must(!statements.empty());
    for (const Statement& statement : statements) {
      must(statement.has_error == (statement.error.number != 0));
      for (const Step& step : statement.steps) {
        must(!step.sql.empty());
        if (step.sql.starts_with("CREATE TABLE \"")) must(read_stored_table(step.sql).has_value());
      }
    }
  }
  read_stored_table(text);
  read_stored_index("i", "t", text);
  return 0;
}
