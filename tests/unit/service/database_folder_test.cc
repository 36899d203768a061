#include "agent/service/database_folder.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "agent/service/database_news.h"
#include "tests/unit/service/temporary_folder.h"

namespace murmel::service {

TEST_CASE("a peer's file goes where a glob of this node would find it") {
  test::TemporaryFolder folder;
  const std::string here = std::filesystem::canonical(folder.path()).string();
  CHECK_EQ(place_for({folder.file("*.db")}, "shop.db"), here + "/shop.db");
  CHECK_EQ(place_for({folder.file("t-*.sqlite"), folder.file("*.db")}, "shop.db"), here + "/shop.db");
  CHECK_EQ(place_for({folder.file("t-*.sqlite")}, "t-1.sqlite"), here + "/t-1.sqlite");
  CHECK_EQ(place_for({folder.file("*.db")}, "shop.sqlite"), std::nullopt);
  CHECK_EQ(place_for({folder.file("t-*.db")}, "shop.db"), std::nullopt);
  CHECK_EQ(place_for({}, "shop.db"), std::nullopt);
}

TEST_CASE("no name of a peer leads out of the folder") {
  test::TemporaryFolder folder;
  const std::vector<std::string> globs = {folder.file("*")};
  CHECK(place_for(globs, "a") != std::nullopt);
  for (const std::string name :
       {"", ".", "..", "../a.db", "/etc/a.db", "sub/a.db", "a/../../b.db", ".hidden.db", "a\nb.db", "a b.db",
        "a\\b.db", "\xc3\xa4.db", "a.db-wal", "a.db-shm", "a.db-journal", "*", "a*.db"}) {
    CAPTURE(name);
    CHECK_EQ(place_for(globs, name), std::nullopt);
  }
  CHECK_EQ(place_for(globs, std::string("a\0.db", 5)), std::nullopt);
  CHECK_EQ(place_for(globs, std::string(200, 'a')), std::nullopt);
  CHECK_EQ(place_for(globs, std::string(65, 'a') + ".db"), std::nullopt);
}

TEST_CASE("what is there already is left alone, also a link that leads elsewhere") {
  test::TemporaryFolder folder;
  const std::vector<std::string> globs = {folder.file("*.db")};
  std::ofstream(folder.file("file.db")) << "x";
  std::filesystem::create_directory(folder.file("folder.db"));
  std::filesystem::create_symlink("/tmp/murmel-not-there", folder.file("link.db"));
  CHECK_EQ(place_for(globs, "file.db"), std::nullopt);
  CHECK_EQ(place_for(globs, "folder.db"), std::nullopt);
  CHECK_EQ(place_for(globs, "link.db"), std::nullopt);
}

TEST_CASE("a glob whose folder is not one certain folder makes nothing") {
  test::TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("tenant1"));
  CHECK_EQ(place_for({folder.file("*/app.db")}, "app.db"), std::nullopt);
  CHECK_EQ(place_for({folder.file("tenant[12]/*.db")}, "app.db"), std::nullopt);
  CHECK_EQ(place_for({folder.file("missing/*.db")}, "app.db"), std::nullopt);
}

TEST_CASE("a message of names is a list of strings, not too many, or nothing") {
  CHECK(parse_database_files(R"(["a.db","b.db"])") == std::vector<std::string>{"a.db", "b.db"});
  for (const char* body : {"", "{", "{}", "[1]", R"(["a",null])", "\"a\""}) {
    CAPTURE(body);
    CHECK(parse_database_files(body).empty());
  }
  std::string many = "[\"a\"";
  for (std::size_t i = 0; i < kDatabasesTold; ++i) many += ",\"a\"";
  CHECK(parse_database_files(many + "]").empty());
}

}  // namespace murmel::service
