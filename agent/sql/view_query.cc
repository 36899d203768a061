#include "agent/sql/view_query.h"

#include <string>
#include <utility>

#include "agent/sql/parser.h"

namespace murmel::sql {
namespace {

constexpr int kViewsMax = 16;  // views of views
constexpr std::uint32_t kQuery = 2;

}  // namespace

const Node* view_query(const TableInfo& view, std::string_view database, Context& context) {
  if (view.view_text.empty() || context.views == kViewsMax) return nullptr;
  if (!database.empty() && database != context.settings.database) return nullptr;
  // It is kept in MySQL's own words, whatever sql_mode says.
  Parser parser(context.arena.copy("CREATE VIEW v " + view.view_text), SqlMode{}, context.arena);
  const auto parsed = parser.next();
  if (!parsed || parsed->error || parsed->tree->kind != Kind::kCreateView) return nullptr;
  Context inner{context.arena, context.settings, context.catalog, {}, {}};
  inner.views = context.views + 1;
  Resolver(inner).query(parsed->tree->kid(kQuery), nullptr);
  if (inner.error) return nullptr;
  context.scopes.merge(inner.scopes);
  return parsed->tree;
}

}  // namespace murmel::sql
