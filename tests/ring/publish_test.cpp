#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

std::vector<Claim> claim_all(const TestRing& ring) {
  std::vector<Claim> claims;
  for (std::uint32_t slot = 0;; slot = (slot + 1) % 4) {
    const auto claim = ring.worker(slot).try_claim();
    if (!claim) return claims;
    claims.push_back(*claim);
  }
}

class Publishing : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, Publishing, testing::ValuesIn(telling_batch_sizes),
                         testing::PrintToStringParamName());

TEST_P(Publishing, CompletesABatchWithItsLastRowInWhateverOrder) {
  std::mt19937 random(GetParam());
  for (int round = 0; round < 10; ++round) {
    const TestRing ring(GetParam());
    ring.arm(0, 0);
    auto claims = claim_all(ring);
    std::shuffle(claims.begin(), claims.end(), random);
    for (const Claim& claim : claims) {
      ASSERT_FALSE(ring.trainer().complete(0));
      ring.worker(0).publish(claim);
    }
    ASSERT_TRUE(ring.trainer().complete(0));
  }
}

TEST_P(Publishing, CompletesAPartialBatchWithItsOwnRows) {
  const std::uint32_t rows = (GetParam() + 1) / 2;
  const TestRing ring(GetParam());
  ring.arm(0, 0, rows);
  const auto claims = claim_all(ring);
  ASSERT_EQ(claims.size(), rows);
  for (const Claim& claim : claims) {
    EXPECT_FALSE(ring.trainer().complete(0));
    ring.worker(1).publish(claim);
  }
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST_P(Publishing, WakesTheTrainerForACompleteBatchOnly) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  auto claims = claim_all(ring);
  Bell& ready = ring.ring().ready;
  ready.prepare();
  const Claim last = claims.back();
  claims.pop_back();
  for (const Claim& claim : claims) ring.worker(0).publish(claim);
  EXPECT_TRUE(ready.has_sleepers());
  ring.worker(0).publish(last);
  EXPECT_FALSE(ready.has_sleepers());
}

TEST_P(Publishing, LeavesOtherBatchesAlone) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.arm(1, 1);
  for (const Claim& claim : claim_all(ring)) {
    if (claim.batch == 1) ring.worker(0).publish(claim);
  }
  EXPECT_FALSE(ring.trainer().complete(0));
  EXPECT_TRUE(ring.trainer().complete(1)) << "the newer batch is complete before the older one";
}

TEST(Publish, TwiceIsTheSameAsOnce) {
  const TestRing ring(2);
  ring.arm(0, 0);
  const auto claim = ring.worker(0).try_claim();
  ASSERT_TRUE(claim);
  ring.worker(0).publish(*claim);
  ring.worker(0).publish(*claim);
  EXPECT_EQ(ring.view().done(0, 0).load(), 1u);
}

TEST(Publish, ANeverArmedSlabIsNotComplete) {
  const TestRing ring(2);
  EXPECT_FALSE(ring.trainer().complete(0));
}

}  // namespace
}  // namespace slabring::ring
