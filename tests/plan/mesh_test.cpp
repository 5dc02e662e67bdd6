#include "plan/mesh.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "slabring/error.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;
using Mesh = std::vector<MeshAxis>;

std::vector<int> shares(const Mesh& mesh, int world) {
  std::vector<int> of_ranks;
  for (int rank = 0; rank < world; ++rank) of_ranks.push_back(share_of(rank, world, mesh).share);
  return of_ranks;
}

std::string complaint(const Mesh& mesh, int world) {
  try {
    share_of(0, world, mesh);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Mesh, RanksThatDifferInOtherAxesShareTheirBatches) {
  EXPECT_EQ(shares({{"data", 4}, {"model", 2}}, 8), (std::vector<int>{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(shares({{"model", 2}, {"data", 4}}, 8), (std::vector<int>{0, 1, 2, 3, 0, 1, 2, 3}));
  EXPECT_EQ(shares({{"pipe", 2}, {"data", 2}, {"model", 2}}, 8), (std::vector<int>{0, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(share_of(5, 8, Mesh{{"data", 4}, {"model", 2}}).shares, 4);
}

TEST(Mesh, WithoutOneEachRankHasAShareOfItsOwn) { EXPECT_EQ(shares({}, 3), (std::vector<int>{0, 1, 2})); }

TEST(Mesh, ThatMakesNoSenseIsRefused) {
  EXPECT_THAT(complaint({{"data", 4}, {"model", 2}}, 6),
              HasSubstr("option mesh is data=4,model=2; its sizes must multiply to the world, which is 6"));
  EXPECT_THAT(complaint({{"data", 0}}, 6), HasSubstr("axis data needs at least 1"));
  EXPECT_THAT(complaint({{"batch", 6}}, 6), HasSubstr("exactly one axis must be called data"));
  EXPECT_THAT(complaint({{"data", 2}, {"data", 3}}, 6), HasSubstr("exactly one axis"));
  EXPECT_THAT(complaint({{"data", 2147483647}, {"a", 2147483647}, {"b", 2147483647}}, 6), HasSubstr("multiply"));
}

}  // namespace
}  // namespace slabring
