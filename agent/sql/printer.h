// Writes a lowered tree as SQLite text: every operation in parentheses, names in double quotes, strings with
// their quotes doubled. Collects the order of parameters. Knows nothing of MySQL: what has no SQLite notation
// must have been lowered before. No thread rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/sql/ast.h"

namespace murmel::sql {

class Printer {
 public:
  std::string text;
  std::vector<std::uint32_t> parameters;

  void node(const Node* node);
  void name(std::string_view name);
  void string(std::string_view value);
  void add(std::string_view piece) { text += piece; }
  void list(const Node* list, const char* separator = ", ");

 private:
  bool leaf(const Node* node);
  bool expression(const Node* node);
  void clause(const Node* node);
  void query(const Node* query);
  void body_member(const Node* body);
  void select(const Node* select);
  void table(const Node* table);
  void column(const Node* column);
  void join(const Node* join);
  void call(const Node* call);
  void operation(const Node* node);
  void case_of(const Node* node);
  void window(const Node* window);
  void frame(const Node* frame);
  void blob(std::string_view bytes);
  void order(const char* word, const Node* list);
};

}  // namespace murmel::sql
