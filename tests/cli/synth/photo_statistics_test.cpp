#include "synth/photo_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace slabring::cli {
namespace {

class PhotoStatistics : public testing::Test {
 protected:
  static constexpr std::size_t photos = 5000;

  void SetUp() override {
    for (std::uint64_t i = 0; i < photos; ++i) {
      RandomStream random(1, SampleId{i}, 0);
      forms_.push_back(draw_photo_form(random));
    }
  }

  double share(const std::function<bool(const PhotoForm&)>& predicate) const {
    return static_cast<double>(std::count_if(forms_.begin(), forms_.end(), predicate)) / photos;
  }

  double quantile(double at, const std::function<double(const PhotoForm&)>& value) const {
    std::vector<double> values;
    for (const PhotoForm& form : forms_) values.push_back(value(form));
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(at * photos)];
  }

  std::vector<PhotoForm> forms_;
};

TEST_F(PhotoStatistics, SubsamplingIsSharedOutAsInImageNet) {
  EXPECT_NEAR(share([](const auto& form) { return form.subsampling == Subsampling::s444; }), 0.76, 0.02);
  EXPECT_NEAR(share([](const auto& form) { return form.subsampling == Subsampling::s420; }), 0.20, 0.02);
  EXPECT_NEAR(share([](const auto& form) { return form.subsampling == Subsampling::s422; }), 0.02, 0.01);
  EXPECT_NEAR(share([](const auto& form) { return form.subsampling == Subsampling::grey; }), 0.02, 0.01);
}

TEST_F(PhotoStatistics, MedianSizeIs500By375) {
  EXPECT_EQ(quantile(0.5, [](const auto& form) { return form.width; }), 500);
  EXPECT_EQ(quantile(0.5, [](const auto& form) { return form.height; }), 375);
  EXPECT_NEAR(quantile(0.5, [](const auto& form) { return static_cast<double>(form.width) * form.height; }), 187'500,
              20'000);
}

TEST_F(PhotoStatistics, SizesHaveTailsOnBothSides) {
  const auto longer = [](const PhotoForm& form) { return static_cast<double>(std::max(form.width, form.height)); };
  EXPECT_LT(quantile(0.05, longer), 400);
  EXPECT_GT(quantile(0.95, longer), 650);
  EXPECT_GE(quantile(0, [](const auto& form) { return std::min(form.width, form.height); }), 32);
  EXPECT_LE(quantile(0.9999, longer), 1600);
}

TEST_F(PhotoStatistics, AboutAQuarterStandsUpright) {
  EXPECT_NEAR(share([](const auto& form) { return form.width < form.height; }), 0.23, 0.03);
}

TEST_F(PhotoStatistics, QualityIsMostly96AndAlwaysLegal) {
  EXPECT_NEAR(share([](const auto& form) { return form.quality == 96; }), 0.69, 0.03);
  EXPECT_GE(quantile(0, [](const auto& form) { return form.quality; }), 60);
  EXPECT_LE(quantile(0.9999, [](const auto& form) { return form.quality; }), 96);
}

}  // namespace
}  // namespace slabring::cli
