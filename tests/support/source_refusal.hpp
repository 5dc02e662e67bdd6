#pragma once

#include <gtest/gtest.h>

#include <string>

#include "slabring/error.hpp"
#include "slabring/sources.hpp"

namespace slabring::test {

/// Why `source` is not opened, which has to be the data's fault.
inline std::string refusal_of(const std::string& source) {
  try {
    open_source(source);
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::dataset);
    return error.what();
  }
}

}  // namespace slabring::test
