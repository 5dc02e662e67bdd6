#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slabring {

/// The names that a pattern stands for, in order: {000..123} counts, with as many digits as the first number has;
/// {a,b} is one or the other; several of them multiply, the last one fastest. A pattern that exists as a whole is a
/// name. Throws Error(invalid_argument): an open brace, numbers that go backwards, more than a million names.
std::vector<std::string> shard_names(std::string_view pattern);

}  // namespace slabring
