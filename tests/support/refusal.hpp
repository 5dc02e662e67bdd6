#pragma once

#include <gtest/gtest.h>

#include <concepts>
#include <string>
#include <utility>

#include "slabring/error.hpp"

namespace slabring::test {

/// The sentence of the Error that `work` throws, which has to be of this code.
template <std::invocable Work>
std::string refusal_of(Work&& work, ErrorCode code = ErrorCode::dataset) {
  try {
    std::forward<Work>(work)();
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
}

}  // namespace slabring::test
