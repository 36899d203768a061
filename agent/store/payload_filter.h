// Leaves filtered tables out of a payload on its way to other nodes. The record keeps its place: one of which
// nothing remains is sent empty.
#pragma once

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/store/table_filter.h"

namespace murmel::store {

Result<SharedBytes> filter_payload(const SharedBytes& payload, const TableFilter& filter);

}  // namespace murmel::store
