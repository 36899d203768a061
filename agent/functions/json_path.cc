#include "agent/functions/json_path.h"

#include <algorithm>

namespace murmel::functions {
namespace {

bool is_identifier(char c, bool first) {
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
                static_cast<unsigned char>(c) >= 0x80;
  return letter || (!first && c >= '0' && c <= '9');
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<JsonPath> parse(size_t* error) {
    JsonPath path;
    skip_blanks();
    bool good = take('$');
    if (!good) ++at_;
    for (skip_blanks(); good && at_ < text_.size(); skip_blanks()) {
      JsonStep step;
      good = read_step(&step);
      path.steps.push_back(std::move(step));
    }
    // Two stars need something to look for.
    if (good && (path.steps.empty() || path.steps.back().kind != JsonStep::Kind::kDeep)) return path;
    *error = std::min(at_, text_.size());
    return std::nullopt;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool read_step(JsonStep* step) {
    if (take('.')) {
      skip_blanks();
      return read_member(step);
    }
    if (take('[')) return read_cells(step);
    if (!take_word("**")) return false;
    step->kind = JsonStep::Kind::kDeep;
    return true;
  }

  bool read_member(JsonStep* step) {
    if (take('*')) {
      step->kind = JsonStep::Kind::kAnyMember;
      return true;
    }
    size_t begin = at_;
    if (take('"')) {
      while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
      if (!take('"')) return false;
      auto key = parse_json(text_.substr(begin, at_ - begin));
      if (!key || !key->is_string()) return false;
      step->key = key->get<std::string>();
      return true;
    }
    while (at_ < text_.size() && is_identifier(text_[at_], at_ == begin)) ++at_;
    step->key = std::string(text_.substr(begin, at_ - begin));
    return at_ > begin;
  }

  bool read_number(size_t* number) {
    skip_blanks();
    size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      *number = *number * 10 + static_cast<size_t>(text_[at_] - '0');
      if (*number > UINT32_MAX) return false;
    }
    return at_ > begin;
  }

  bool read_index(JsonStep::Index* index) {
    if (!take_word("last")) return read_number(&index->number);
    index->from_last = true;
    skip_blanks();
    return !take('-') || read_number(&index->number);
  }

  bool read_cells(JsonStep* step) {
    step->kind = JsonStep::Kind::kAnyCell;
    skip_blanks();
    if (!take('*')) {
      step->kind = JsonStep::Kind::kCells;
      if (!read_index(&step->first)) return false;
      step->last = step->first;
      if (take_word("to ")) {
        step->range = true;
        step->last = {};
        if (!read_index(&step->last)) return false;
      }
    }
    skip_blanks();
    return take(']');
  }

  std::string_view text_;
  size_t at_ = 0;
};

void find_from(const Json& value, const JsonPath& path, size_t step_number, std::vector<const Json*>* found);

void find_cells(const Json& value, const JsonPath& path, size_t step_number,
                std::vector<const Json*>* found) {
  const JsonStep& step = path.steps[step_number];
  // What is no array counts as one of a single element.
  size_t size = value.is_array() ? value.size() : 1;
  auto first = step.first.in(size), last = step.last.in(size);
  if (!last || size == 0) return;
  if (!first && !step.range) return;
  for (size_t i = first.value_or(0); i <= *last && i < size; ++i) {
    find_from(value.is_array() ? value[i] : value, path, step_number + 1, found);
  }
}

void find_from(const Json& value, const JsonPath& path, size_t step_number, std::vector<const Json*>* found) {
  if (step_number == path.steps.size()) {
    if (std::find(found->begin(), found->end(), &value) == found->end()) found->push_back(&value);
    return;
  }
  const JsonStep& step = path.steps[step_number];
  switch (step.kind) {
    case JsonStep::Kind::kMember:
      if (value.is_object()) {
        if (auto it = value.find(step.key); it != value.end()) find_from(*it, path, step_number + 1, found);
      }
      return;
    case JsonStep::Kind::kAnyMember:
    case JsonStep::Kind::kAnyCell:
      if (step.kind == JsonStep::Kind::kAnyMember ? value.is_object() : value.is_array()) {
        for (const Json& child : value) find_from(child, path, step_number + 1, found);
      }
      return;
    case JsonStep::Kind::kCells: return find_cells(value, path, step_number, found);
    case JsonStep::Kind::kDeep:
      find_from(value, path, step_number + 1, found);
      if (value.is_structured()) {
        for (const Json& child : value) find_from(child, path, step_number, found);
      }
      return;
  }
}

}  // namespace

std::optional<size_t> JsonStep::Index::in(size_t size) const {
  if (!from_last) return number;
  if (number + 1 > size) return std::nullopt;
  return size - 1 - number;
}

bool JsonPath::wild() const {
  return std::any_of(steps.begin(), steps.end(), [](const JsonStep& step) {
    return step.range || (step.kind != JsonStep::Kind::kMember && step.kind != JsonStep::Kind::kCells);
  });
}

std::optional<JsonPath> parse_json_path(std::string_view text, size_t* error) {
  return Parser(text).parse(error);
}

std::optional<JsonPath> json_path_of(const Call& call, int index, bool single) {
  size_t error;
  auto path = parse_json_path(call.text(index), &error);
  if (!path) {
    call.fail(3143, "Invalid JSON path expression. The error is around character position " +
                        std::to_string(error) + ".");
  } else if (single && path->wild()) {
    call.fail(3149,
              "In this situation, path expressions may not contain the * and ** tokens or an array range.");
    return std::nullopt;
  }
  return path;
}

std::vector<const Json*> json_find(const Json& document, const JsonPath& path) {
  std::vector<const Json*> found;
  find_from(document, path, 0, &found);
  return found;
}

Json* json_at(Json* document, const JsonPath& path, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const JsonStep& step = path.steps[i];
    if (step.kind == JsonStep::Kind::kMember) {
      if (!document->is_object()) return nullptr;
      auto it = document->find(step.key);
      if (it == document->end()) return nullptr;
      document = &*it;
      continue;
    }
    size_t size = document->is_array() ? document->size() : 1;
    auto index = step.first.in(size);
    if (!index || *index >= size) return nullptr;
    if (document->is_array()) document = &(*document)[*index];
  }
  return document;
}

std::string json_path_member(std::string_view key) {
  bool plain = !key.empty();
  for (size_t i = 0; i < key.size(); ++i) plain = plain && is_identifier(key[i], i == 0);
  return "." + (plain ? std::string(key) : json_quoted(key));
}

}  // namespace murmel::functions
