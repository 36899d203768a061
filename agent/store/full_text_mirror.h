// Keeps an external-content full-text index in step with its table, in place of the application's triggers.
// Only indexes that the application keeps by triggers are mirrored: one that it fills by hand would be
// damaged by removing what was never added. Belongs to the applier of one database.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "agent/store/connection.h"
#include "agent/store/full_text.h"
#include "agent/store/table_shape.h"
#include "agent/wire/row_reader.h"

namespace murmel::store {

class FullTextMirror {
 public:
  // `condition` picks a row of the content table; its parameters are bound by `bind_key` of the caller.
  static Result<FullTextMirror> create(Connection& connection, const FullTextTable& index,
                                       const TableShape& content, const std::string& condition);

  Statement& remove() { return remove_; }  // to be run before the row is overwritten or deleted
  Statement& add() { return add_; }        // to be run after it was written

 private:
  FullTextMirror(Statement remove, Statement add) : remove_(std::move(remove)), add_(std::move(add)) {}
  Statement remove_;
  Statement add_;
};

// The mirrors that writes to `content` need.
Result<std::vector<FullTextMirror>> full_text_mirrors(Connection& connection, const TableShape& content,
                                                      const std::string& condition);

}  // namespace murmel::store
