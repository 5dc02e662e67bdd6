#include "dataset/name_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace slabring {
namespace {

std::vector<std::string> sorted(std::initializer_list<std::string_view> names) {
  NameList list;
  for (const auto name : names) list.add(name);
  list.sort();
  std::vector<std::string> result;
  for (std::size_t i = 0; i < list.size(); ++i) result.emplace_back(list[i]);
  return result;
}

TEST(NameList, SortsByCodePoint) {
  EXPECT_THAT(sorted({"b", "a", "B", "a-", "a b", "", "日本", "é", "~", "10", "9"}),
              testing::ElementsAre("", "10", "9", "B", "a", "a b", "a-", "b", "~", "é", "日本"));
}

TEST(NameList, BytesThatAreNotUtf8SortAsPythonsSurrogates) {
  // Python: U+4E2D < U+DC80 < U+DCFF < U+E000 < U+1F600, although the bytes begin with E4, 80, FF, EE, F0.
  EXPECT_THAT(sorted({"\xff", "\xf0\x9f\x98\x80", "\x80", "\xee\x80\x80", "\xe4\xb8\xad"}),
              testing::ElementsAre("\xe4\xb8\xad", "\x80", "\xff", "\xee\x80\x80", "\xf0\x9f\x98\x80"));
}

TEST(NameList, ClearedListForgetsOddNames) {
  NameList list;
  list.add("\xff");
  list.clear();
  EXPECT_TRUE(list.empty());
  list.add("b");
  list.add("a");
  list.sort();
  EXPECT_EQ(list[0], "a");
}

TEST(PythonSortKey, KeepsUtf8AndReplacesTheRest) {
  EXPECT_EQ(python_sort_key("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(python_sort_key("caf\xe9!"), "caf\xed\xb3\xa9!");
  EXPECT_EQ(python_sort_key("\x80\xff"), "\xed\xb2\x80\xed\xb3\xbf");
}

TEST(IsUtf8, RefusesOverlongSurrogateTruncatedAndOutOfRange) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << testing::PrintToString(std::string(good));
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe1\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2q", "\xe1\x80q"})
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(std::string(bad));
}

}  // namespace
}  // namespace slabring
