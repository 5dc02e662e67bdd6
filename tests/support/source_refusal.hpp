#pragma once

#include <string>

#include "slabring/sources.hpp"
#include "support/refusal.hpp"

namespace slabring::test {

/// Why `source` is not opened, which has to be the data's fault.
inline std::string refusal_of(const std::string& source) {
  return refusal_of([&] { open_source(source); });
}

}  // namespace slabring::test
