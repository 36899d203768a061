// The groups of functions, one table each; registry.cc puts them together.
// Thread rule: none; constants.
#pragma once

#include <span>

#include "agent/functions/registry.h"

namespace murmel::functions {

std::span<const Function> comparison_functions();
std::span<const Function> arithmetic_functions();
std::span<const Function> bit_functions();
std::span<const Function> cast_functions();

}  // namespace murmel::functions
