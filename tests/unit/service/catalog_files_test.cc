#include "agent/service/catalog_files.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {
namespace {

namespace files = std::filesystem;

const std::string kId = "2f1c9a34-0000-4000-8000-000000000001";

void touch(const std::string& path) {
  std::ofstream(path) << "content";
}

}  // namespace

TEST_CASE("what is noted is there after a restart, and not what was forgotten") {
  const test::TemporaryFolder folder;
  CatalogFiles before(folder.file("databases"), folder.path());
  CHECK(before.load().empty());
  CHECK(before.note("shop", kId).ok());
  CHECK(before.note("wrong", kId).ok());
  CHECK(before.forget("wrong").ok());
  CatalogFiles after(folder.file("databases"), folder.path());
  CHECK(after.load() == CatalogFiles::Notes{{"shop", kId}});
}

TEST_CASE("a file that is in the way is neither noted nor touched") {
  const test::TemporaryFolder folder;
  CatalogFiles catalog(folder.path(), folder.path());
  catalog.load();
  touch(catalog.path_of("shop"));
  const Status noted = catalog.note("shop", kId);
  REQUIRE_FALSE(noted.ok());
  CHECK(noted.error().code == ErrorCode::kConflict);
  CHECK(CatalogFiles(folder.path(), folder.path()).load().empty());
  CHECK(files::exists(catalog.path_of("shop")));
}

TEST_CASE("files of a dropped database are renamed, or deleted, and so is the note") {
  const test::TemporaryFolder folder;
  CatalogFiles catalog(folder.path(), folder.path());
  catalog.load();
  for (const bool deletes : {false, true}) {
    REQUIRE(catalog.note("shop", kId).ok());
    const std::string path = catalog.path_of("shop");
    const std::string away = catalog.away_path_of("shop", kId);
    files::remove(away);
    touch(path);
    touch(path + "-wal");
    CHECK(catalog.put_away("shop", kId, deletes).ok());
    CHECK_FALSE(files::exists(path));
    CHECK_FALSE(files::exists(path + "-wal"));
    CHECK(files::exists(away) != deletes);
    CHECK(CatalogFiles(folder.path(), folder.path()).load().empty());
  }
}

TEST_CASE("files that can't be put away stay noted") {
  const test::TemporaryFolder folder;
  CatalogFiles catalog(folder.path(), folder.path());
  catalog.load();
  REQUIRE(catalog.note("shop", kId).ok());
  touch(catalog.path_of("shop"));
  files::create_directories(catalog.away_path_of("shop", kId) + "/in the way");
  CHECK_FALSE(catalog.put_away("shop", kId, false).ok());
  CHECK(CatalogFiles(folder.path(), folder.path()).load() == CatalogFiles::Notes{{"shop", kId}});
}

}  // namespace murmel::service
