#include "agent/sql/view_query.h"

#include <string>
#include <utility>

#include "agent/sql/made_column.h"
#include "agent/sql/parser.h"

namespace murmel::sql {
namespace {

constexpr int kViewsMax = 16;  // views of views
constexpr std::uint32_t kQuery = 2;

}  // namespace

const Node* view_query(const TableInfo& view, std::string_view database, Context& context,
                       std::vector<ScopeColumn>* columns) {
  if (view.view_text.empty() || context.views == kViewsMax) return nullptr;
  if (!database.empty() && database != context.settings.database) return nullptr;
  // It is kept in MySQL's own words, whatever sql_mode says.
  Parser parser(context.arena.copy("CREATE VIEW v " + view.view_text), SqlMode{}, context.arena);
  const auto parsed = parser.next();
  if (!parsed || parsed->error || parsed->tree->kind != Kind::kCreateView) return nullptr;
  Context inner{context.arena, context.settings, context.catalog, {}, {}};
  inner.views = context.views + 1;
  std::vector<ScopeColumn> found = Resolver(inner).query(parsed->tree->kid(kQuery), nullptr);
  if (inner.error) return nullptr;
  context.scopes.merge(inner.scopes);
  if (columns != nullptr) *columns = std::move(found);
  return parsed->tree;
}

std::vector<Type> view_types(const TableInfo& view, const Catalog& catalog) {
  Arena arena;
  Settings settings;
  settings.database = "main";  // any: the catalog has one only
  Context context{arena, settings, catalog, {}, {}};
  std::vector<ScopeColumn> columns;
  const Node* const tree = view_query(view, {}, context, &columns);
  if (tree == nullptr) return {};
  MadeColumns made(context);
  const auto exact = made.query(tree->kid(kQuery));
  std::vector<Type> types;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto column = exact && i < exact->size() ? made.column((*exact)[i].made, settings.collation)
                                                   : std::optional<ColumnInfo>();
    types.push_back(column ? column->type : columns[i].type != nullptr ? *columns[i].type : Type());
  }
  return types;
}

}  // namespace murmel::sql
