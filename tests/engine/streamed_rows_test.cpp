// JPEGs that are resampled while they are decoded, against the same by libjpeg-turbo, which decodes first: whatever the
// pipeline does with the rows, and when the file turns out to be damaged in the middle.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "engine/row_engine.hpp"
#include "support/damage.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::encode_jpeg;

class OneFile : public Dataset {
 public:
  explicit OneFile(const Bytes& file) : file_(file) {}
  std::uint64_t size() const override { return 1000; }
  void load(SampleId, Sample& sample) const override { sample.from_encoded(file_); }

 private:
  const Bytes& file_;
};

struct Filled {
  SampleStatus status{};
  std::string message;
  std::vector<std::byte> row;
  std::uint64_t natively = 0;
};

Filled fill(const Bytes& file, const Program& program, SampleId id, JpegDecoding decoding, JpegScale scale = {}) {
  const OneFile dataset(file);
  RowEngine engine(dataset, program, {.seed = 5, .jpeg_decoder = decoding, .jpeg_scale = scale});
  Filled filled;
  filled.row.resize(program.row_shape().bytes());
  std::atomic<ring::Stage> stage{};
  const auto outcome = engine.fill({id}, 0, {filled.row}, stage);
  filled.status = outcome.status;
  filled.message = outcome.message;
  filled.natively = engine.decoder().decoded_native();
  if (outcome.status != SampleStatus::ok) filled.row.clear();
  return filled;
}

void expect_equal(const Bytes& file, const Program& program, SampleId id, JpegScale scale, const std::string& where) {
  const Filled expected = fill(file, program, id, JpegDecoding::libjpeg, scale);
  const Filled found = fill(file, program, id, JpegDecoding::native, scale);
  ASSERT_EQ(found.status, expected.status) << where;
  ASSERT_EQ(found.message, expected.message) << where;
  ASSERT_EQ(found.row, expected.row) << where;
}

const Pipeline pipelines[] = {
    {RandomResizedCrop{24}, RandomHorizontalFlip{}},
    {Resize(Size(300, 200), Interpolation::bicubic)},
    {Resize(Size(31, 700), Interpolation::nearest)},
    {Resize(40), CenterCrop(33)},
    {CenterCrop(64)},         // rows as they are
    {CenterCrop(400)},        // and beside the image
    {Resize(Size(20, 310))},  // of the first size below: downwards alone
    {Resize(Size(230, 17))},  // and sideways
    {RandomVerticalFlip{1.0}, RandomResizedCrop{50}},
    {RandomRotation(30), Resize(Size(20, 20))},  // needs all of it
    {Resize(Size(90, 90)), ColorJitter{0.4, 0.4, 0.4, 0.1}, RandomCrop(64)},
};

TEST(StreamedRows, EqualThoseDecodedFirst) {
  for (const auto& [width, height] : {std::pair{310, 230}, std::pair{1, 1}, std::pair{9, 400}, std::pair{1200, 900}}) {
    for (const test::JpegOptions& options :
         {test::JpegOptions{.luma = {2, 2}}, test::JpegOptions{.luma = {2, 1}, .restart_interval = 5},
          test::JpegOptions{.colour = test::JpegColour::grey}, test::JpegOptions{.exif_orientation = 6}}) {
      const Bytes file = encode_jpeg(width, height, options);
      for (std::size_t i = 0; i < std::size(pipelines); ++i) {
        const Program program(pipelines[i], DType::u8, Layout::nchw);
        const auto where = fmt::format("{}x{}, pipeline {}", width, height, i);
        ASSERT_NO_FATAL_FAILURE(expect_equal(file, program, SampleId{i}, JpegScale::exact, where));
        ASSERT_NO_FATAL_FAILURE(expect_equal(file, program, SampleId{i}, JpegScale::fast, where));
      }
    }
  }
}

TEST(StreamedRows, AreThoseOfTheNativeDecoder) {
  const Program program(pipelines[0], DType::u8, Layout::nchw);
  EXPECT_EQ(fill(encode_jpeg(1200, 900), program, SampleId{1}, JpegDecoding::native).natively, 1U);
}

TEST(StreamedRows, OfDamagedFilesAreJudgedByLibjpegAlone) {
  const Program program(Pipeline{RandomResizedCrop{24}}, DType::f32, Layout::nhwc);
  test::Damage damage;
  int refused = 0;
  // Large enough that rows have been used when the damage shows.
  const Bytes sound = encode_jpeg(800, 600, {.luma = {2, 2}, .restart_interval = 50});
  for (std::uint64_t i = 0; i < 100; ++i) {
    Bytes file = sound;
    damage.inflict(file);
    ASSERT_NO_FATAL_FAILURE(expect_equal(file, program, SampleId{i}, JpegScale::exact, fmt::format("blow {}", i)));
    refused += fill(file, program, SampleId{i}, JpegDecoding::native).natively == 0 ? 1 : 0;
  }
  EXPECT_GT(refused, 25);
}

}  // namespace
}  // namespace slabring
