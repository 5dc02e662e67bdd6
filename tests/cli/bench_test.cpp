#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "photo_files.hpp"
#include "run_program.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Bench, JsonIsOneObjectWithARunForEachSetting) {
  const Outcome outcome =
      slabring({"bench", photos(), "--sweep", "0,1,2", "--epochs", "2", "--size", "32", "--batch", "16", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  const nlohmann::json report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("batch"), 16);
  EXPECT_EQ(report.at("dtype"), "u8");
  EXPECT_EQ(report.at("width"), 32);
  EXPECT_EQ(report.at("jpeg_decoder"), "native");
  ASSERT_EQ(report.at("runs").size(), 3U);
  for (int workers = 0; workers != 3; ++workers) {
    const nlohmann::json& run = report.at("runs").at(static_cast<std::size_t>(workers));
    EXPECT_EQ(run.at("workers"), workers);
    EXPECT_EQ(run.at("epochs"), 2);
    EXPECT_EQ(run.at("images"), 2 * 60);
    EXPECT_EQ(run.at("faults"), 0);
    // There are JPEGs of both kinds among the photos, and files that are none.
    EXPECT_GT(run.at("decoded_native"), 0);
    EXPECT_GT(run.at("decoded_fallback"), 0);
    EXPECT_LT(run.at("decoded_native").get<int>() + run.at("decoded_fallback").get<int>(), 2 * 60);
    EXPECT_EQ(run.at("decoded_native"), report.at("runs").at(0).at("decoded_native"));
    EXPECT_GT(run.at("images_per_second"), 0);
    EXPECT_GT(run.at("cpu_seconds"), 0);
    EXPECT_GE(run.at("first_batch_ms"), run.at("loader_start_ms"));
    EXPECT_GE(run.at("trainer_wait_fraction"), 0);
    EXPECT_LE(run.at("trainer_wait_fraction"), 1);
    EXPECT_GT(run.at("peak_pss_bytes"), 1 << 20);
  }
}

TEST(Bench, CachesAreCountedAndEachSettingBeginsWithAnEmptyOne) {
  const std::vector<std::string> arguments{"bench",   photos(), "--epochs", "3",   "--size",  "32",
                                           "--batch", "16",     "--sweep",  "0,1", "--cache", "4M"};
  std::vector<std::string> with_json(arguments);
  with_json.emplace_back("--json");
  const Outcome outcome = slabring(with_json);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const nlohmann::json report = nlohmann::json::parse(outcome.out);
  for (const nlohmann::json& run : report.at("runs")) {
    const nlohmann::json& cache = run.at("cache");
    EXPECT_EQ(cache.at("limit_bytes"), 4 << 20);
    EXPECT_EQ(cache.at("samples"), 60);
    EXPECT_EQ(cache.at("misses"), 60);
    EXPECT_EQ(cache.at("hits"), 2 * 60);
    EXPECT_EQ(cache.at("not_kept"), 0);
    EXPECT_GT(cache.at("used_bytes"), 60);
  }
  EXPECT_THAT(slabring(arguments).out, HasSubstr("cache: 60 samples in "));
}

TEST(Bench, TableHasALineForEachSetting) {
  const Outcome outcome = slabring({"bench", photos(), "--sweep", "0,1", "--epochs", "1", "--size", "32"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("images/s"), HasSubstr("\n      0  "), HasSubstr("\n      1  "),
                                 HasSubstr("this process does all the work")));
}

}  // namespace
}  // namespace slabring::test
