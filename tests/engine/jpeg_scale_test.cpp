// `fast` against `exact`, from the encoded file to the row: nothing is shifted, whatever the crop and the orientation,
// and where nothing may be left out the bytes are the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/row_engine.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::encode_jpeg;
using test::RgbImage;
using test::Sampling;

/// One file as all its samples.
class FileDataset : public Dataset {
 public:
  explicit FileDataset(Bytes file) : file_(std::move(file)) {}
  std::uint64_t size() const override { return 1000; }
  void load(SampleId, Sample& sample) const override { sample.from_encoded(file_); }

 private:
  Bytes file_;
};

/// Rises by 1 every few pixels in both directions, so that a shift by a pixel shows in the mean.
RgbImage slopes(int width, int height) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int level : {x * 255 / width, y * 255 / height, (x + y) * 255 / (width + height)}) {
        image.pixels.push_back(static_cast<std::uint8_t>(level));
      }
    }
  }
  return image;
}

std::vector<std::byte> row_of(const Bytes& file, const Pipeline& pipeline, SampleId id, JpegScale scale) {
  const FileDataset dataset(file);
  const Program program(pipeline, DType::u8, Layout::nhwc);
  RowEngine engine(dataset, program, {.seed = 5, .jpeg_scale = scale});
  std::vector<std::byte> row(program.row_shape().bytes());
  std::atomic<ring::Stage> stage{};
  const auto outcome = engine.fill({id}, 0, {row}, stage);
  EXPECT_EQ(outcome.status, SampleStatus::ok) << outcome.message;
  return row;
}

struct Difference {
  double mean = 0;      ///< of all samples, with their signs: other than 0 where something is shifted
  double absolute = 0;  ///< mean of the absolute differences
};

Difference difference(const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
  Difference sum;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int d = std::to_integer<int>(a[i]) - std::to_integer<int>(b[i]);
    sum.mean += d;
    sum.absolute += std::abs(d);
  }
  return {sum.mean / static_cast<double>(a.size()), sum.absolute / static_cast<double>(a.size())};
}

Difference difference(const Bytes& file, const Pipeline& pipeline, std::uint64_t id = 0) {
  return difference(row_of(file, pipeline, SampleId{id}, JpegScale::fast),
                    row_of(file, pipeline, SampleId{id}, JpegScale::exact));
}

TEST(JpegScale, SlopesStayWhereTheyAreInEveryOrientation) {
  // Sides that no block divides, so that turned images begin with an incomplete pixel.
  const RgbImage image = slopes(451, 333);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes file = encode_jpeg(image, {.quality = 98, .luma = {2, 2}, .exif_orientation = orientation});
    for (const int side : {15, 40, 80}) {  // 1/8, 1/4, 1/2
      const Difference whole = difference(file, Pipeline{Resize(Size(side, side))});
      EXPECT_LT(std::abs(whole.mean), 0.12) << "orientation " << orientation << ", " << side;
      EXPECT_LT(whole.absolute, 0.6) << "orientation " << orientation << ", " << side;
    }
  }
}

TEST(JpegScale, SlopesStayWhereTheyAreInEveryCrop) {
  for (const Sampling luma : {Sampling{1, 1}, Sampling{2, 1}, Sampling{2, 2}, Sampling{4, 1}}) {
    const Bytes file = encode_jpeg(slopes(451, 333), {.quality = 98, .luma = luma, .exif_orientation = 7});
    for (std::uint64_t id = 0; id < 30; ++id) {
      const Difference crop = difference(file, Pipeline{RandomResizedCrop{20}, RandomHorizontalFlip{}}, id);
      EXPECT_LT(std::abs(crop.mean), 0.25) << "sample " << id;
      EXPECT_LT(crop.absolute, 0.6) << "sample " << id;
    }
  }
}

TEST(JpegScale, EveryKindOfJpegComesOutAlike) {
  const test::JpegOptions kinds[] = {{},
                                     {.luma = {2, 2}, .progressive = true},
                                     {.luma = {2, 2}, .arithmetic = true},
                                     {.colour = test::JpegColour::grey},
                                     {.colour = test::JpegColour::cmyk},
                                     {.colour = test::JpegColour::ycck, .luma = {2, 2}},
                                     {.luma = {4, 2}},
                                     {.separate_scans = true}};
  for (const test::JpegOptions& options : kinds) {
    const Bytes file = encode_jpeg(slopes(451, 333), options);
    EXPECT_LT(difference(file, Pipeline{Resize(Size(40, 40))}).absolute, 1.0);
  }
}

TEST(JpegScale, LargeReductionIsNoLongerTheSameBytes) {
  const Bytes file = encode_jpeg(400, 300);
  EXPECT_GT(difference(file, Pipeline{Resize(Size(40, 40))}).absolute, 0.0);
}

TEST(JpegScale, BytesAreTheSameWhereTwiceThePixelsWouldNotBeLeft) {
  const Bytes file = encode_jpeg(400, 300);
  // Half of 300 is not twice 76.
  EXPECT_EQ(difference(file, Pipeline{Resize(Size(76, 90))}).absolute, 0.0);
  EXPECT_GT(difference(file, Pipeline{Resize(Size(75, 90))}).absolute, 0.0);
  EXPECT_EQ(difference(file, Pipeline{Resize(Size(20, 101))}).absolute, 0.0);
}

TEST(JpegScale, BytesAreTheSameWhereSinglePixelsAreAskedFor) {
  const Bytes file = encode_jpeg(400, 300);
  EXPECT_EQ(difference(file, Pipeline{Resize(Size(20, 20), Interpolation::nearest)}).absolute, 0.0);
  EXPECT_EQ(difference(file, Pipeline{CenterCrop(50)}).absolute, 0.0);
  EXPECT_EQ(difference(file, Pipeline{RandomRotation(30), Resize(Size(20, 20))}).absolute, 0.0);
}

TEST(JpegScale, OtherFormatsAreTheSame) {
  EXPECT_EQ(difference(test::encode_png(test::photo(400, 300)), Pipeline{Resize(Size(20, 20))}).absolute, 0.0);
}

}  // namespace
}  // namespace slabring
