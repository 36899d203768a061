#include "agent/sql/ast.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace murmel::sql {

void* Arena::allocate(std::size_t bytes) {
  constexpr std::size_t kBlock = 16 * 1024;
  bytes = (bytes + 15) / 16 * 16;
  if (blocks_.empty() || used_ + bytes > capacity_) {
    capacity_ = std::max(kBlock, bytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(capacity_));
    used_ = 0;
  }
  void* const at = blocks_.back().get() + used_;
  used_ += bytes;
  return at;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* const to = static_cast<char*>(allocate(text.size()));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

Type* Arena::type(Type value) {
  types_.push_back(std::make_unique<Type>(std::move(value)));
  return types_.back().get();
}

ColumnInfo* Arena::column(const ColumnInfo& value) {
  columns_.push_back(std::make_unique<ColumnInfo>(value));
  return columns_.back().get();
}

Node* new_node(Arena& arena, Kind kind, std::initializer_list<Node*> kids, std::string_view text) {
  Node* const node = new (arena.allocate(sizeof(Node))) Node{kind};
  node->text = text;
  if (kids.size() != 0) {
    node->capacity = node->count = static_cast<std::uint32_t>(kids.size());
    node->kids = static_cast<Node**>(arena.allocate(kids.size() * sizeof(void*)));
    std::copy(kids.begin(), kids.end(), node->kids);
    for (const Node* const kid : kids)
      node->depth = std::max(node->depth, kid != nullptr ? kid->depth + 1 : 1);
  }
  return node;
}

void append(Arena& arena, Node* parent, Node* kid) {
  if (parent->count == parent->capacity) {
    parent->capacity = std::max(4U, parent->capacity * 2);
    Node** const kids = static_cast<Node**>(arena.allocate(parent->capacity * sizeof(void*)));
    std::copy(parent->kids, parent->kids + parent->count, kids);
    parent->kids = kids;
  }
  parent->kids[parent->count++] = kid;
  if (kid != nullptr) parent->depth = std::max(parent->depth, kid->depth + 1);
}

Node* clone(Arena& arena, const Node* node) {
  if (node == nullptr) return nullptr;
  Node* const copy = new (arena.allocate(sizeof(Node))) Node(*node);
  copy->kids = static_cast<Node**>(arena.allocate(node->count * sizeof(void*) + 1));
  copy->capacity = node->count;
  for (std::uint32_t i = 0; i < node->count; ++i) copy->kids[i] = clone(arena, node->kids[i]);
  return copy;
}

bool same_tree(const Node* a, const Node* b) {
  if (a == nullptr || b == nullptr) return a == b;
  if (a->kind != b->kind || a->op != b->op || a->flags != b->flags || a->number != b->number ||
      a->text != b->text || a->qualifier != b->qualifier || a->count != b->count)
    return false;
  for (std::uint32_t i = 0; i < a->count; ++i) {
    if (!same_tree(a->kids[i], b->kids[i])) return false;
  }
  return true;
}

bool has_query(const Node* node) {
  if (node == nullptr) return false;
  return node->kind == Kind::kQuery || std::any_of(node->kids, node->kids + node->count, has_query);
}

}  // namespace murmel::sql
