#include "loader/loader_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "slabring/error.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

LoaderState a_state() {
  return {
      3, 120, {1000, "0123456789abcdef", "fedcba9876543210", 7, "random", false, "pad", false, "f32", "nchw", "exact"}};
}

std::string complaint(const std::string& text) {
  try {
    LoaderState::from_json(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::state);
    return error.what();
  }
  return "accepted";
}

/// The text of a_state() with the first `what` replaced.
std::string with(const std::string& what, const std::string& by) {
  std::string text = a_state().to_json();
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(LoaderState, WhatIsWrittenIsReadBack) {
  const std::string text = a_state().to_json();
  EXPECT_EQ(LoaderState::from_json(text).to_json(), text);
  EXPECT_EQ(LoaderState::from_json(text).position, 120U);
}

TEST(LoaderState, IsUnderOneKilobyteAtItsLargest) {
  LoaderState state = a_state();
  state.epoch = state.position = state.run.samples = state.run.seed = most;
  EXPECT_LT(state.to_json().size(), 1000U);
  EXPECT_EQ(LoaderState::from_json(state.to_json()).epoch, most);
}

TEST(LoaderState, DamagedTextIsRefusedWithAReason) {
  EXPECT_THAT(complaint(""), HasSubstr("no JSON"));
  EXPECT_THAT(complaint("{"), HasSubstr("no JSON"));
  EXPECT_THAT(complaint("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(complaint("{}"), HasSubstr("'slabring_state'"));
  EXPECT_THAT(complaint(std::string(100'000, ' ')), HasSubstr("100000 bytes"));
  EXPECT_THAT(complaint(std::string(2000, '[') + std::string(2000, ']')), HasSubstr("no JSON object"));
}

TEST(LoaderState, WrongEntriesAreRefusedByName) {
  EXPECT_THAT(complaint(with("\"slabring_state\":2", "\"slabring_state\":1")), HasSubstr("form 1"));
  EXPECT_THAT(complaint(with("\"epoch\":3", "\"epoch\":-3")), HasSubstr("'epoch' is -3"));
  EXPECT_THAT(complaint(with("\"epoch\":3", "\"epoch\":3.5")), HasSubstr("'epoch' is 3.5"));
  EXPECT_THAT(complaint(with("\"position\":120", "\"position\":\"120\"")), HasSubstr("'position' is \"120\""));
  EXPECT_THAT(complaint(with("\"drop_last\":false", "\"drop_last\":0")), HasSubstr("'drop_last' is 0"));
  EXPECT_THAT(complaint(with("\"seed\":7,", "")), HasSubstr("no 'seed'"));
  EXPECT_THAT(complaint(with("\"seed\":7", "\"seed\":7,\"rank\":1")), HasSubstr("15 entries"));
  EXPECT_THAT(complaint(with("\"dataset\":\"0123456789abcdef\"", "\"dataset\":{\"a\":1}")), HasSubstr("'dataset'"));
}

TEST(LoaderState, OtherRunIsRefusedWithWhatDiffers) {
  const RunIdentity present = a_state().run;
  EXPECT_NO_THROW(refuse_other_run(a_state().run, present));
  RunIdentity other = present;
  other.seed = 8;
  try {
    refuse_other_run(other, present);
    FAIL() << "another seed was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("its seed is 8, that of this loader 7"));
  }
}

}  // namespace
}  // namespace slabring
