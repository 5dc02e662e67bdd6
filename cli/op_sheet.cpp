#include "op_sheet.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "augment/batch_mix.hpp"
#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "base/random.hpp"
#include "op_examples.hpp"

namespace slabring::cli {

namespace {

constexpr Size cell{180, 240};
using Cell = std::vector<std::byte>;

/// Runs pipelines on one image, each as if for the first sample of the first epoch.
class Studio {
 public:
  Studio(const ImageView& image, std::uint64_t seed) : image_(image), seed_(seed) {}

  Cell shot(const Program& program) {
    program.plan(image_.width, image_.height, {epoch_key(seed_, 0, RandomPurpose::augment), SampleId{0}}, plan_);
    const Rect& region = plan_.region();
    const ImageView part{image_.row(region.y) + std::ptrdiff_t{region.x} * image_.channels, region.width, region.height,
                         image_.channels, image_.stride};
    Cell row(program.row_shape().bytes());
    program.run(plan_, part, row.data(), scratch_);
    return row;
  }
  Cell shot(std::vector<Transform> transforms, DType dtype = DType::u8) {
    return shot(Program(Pipeline(std::move(transforms)), dtype, Layout::nhwc));
  }
  MixDraw mix_of(const Program& program) const {
    return program.batch_mix()->draw(epoch_key(seed_, 0, RandomPurpose::mix), 0, program.row_shape());
  }

 private:
  const ImageView& image_;
  std::uint64_t seed_;
  SamplePlan plan_;
  AugmentScratch scratch_;
};

bool works_on_rows(const Transform& transform) {
  return std::holds_alternative<Normalize>(transform) || std::holds_alternative<Standardize>(transform) ||
         std::holds_alternative<RandomErasing>(transform);
}

bool works_on_batches(const Transform& transform) {
  return std::holds_alternative<MixUp>(transform) || std::holds_alternative<CutMix>(transform);
}

/// 0 is grey, two deviations are black and white.
Cell visible(const Cell& floats) {
  Cell bytes(floats.size() / sizeof(float));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    float value = 0;
    std::memcpy(&value, floats.data() + i * sizeof value, sizeof value);
    bytes[i] = static_cast<std::byte>(std::clamp(static_cast<int>(std::lround(127.5F + value * 63.75F)), 0, 255));
  }
  return bytes;
}

Cell mixed(Studio& studio, const Transform& transform) {
  const Program program(Pipeline{Resize(cell), transform}, DType::u8, Layout::nhwc);
  const Cell own = studio.shot({Resize(cell)});
  const Cell partner = studio.shot({Resize(cell), RandomHorizontalFlip(1.0)});
  Cell row(own.size());
  mix_rows(studio.mix_of(program), program.row_shape(), own.data(), partner.data(), row.data());
  return row;
}

Cell drawn(Studio& studio, const Transform& transform) {
  if (works_on_batches(transform)) return mixed(studio, transform);
  const bool fractions = std::holds_alternative<Normalize>(transform) || std::holds_alternative<Standardize>(transform);
  if (fractions) return visible(studio.shot({Resize(cell), transform}, DType::f32));
  if (works_on_rows(transform)) return studio.shot({Resize(cell), transform});
  return studio.shot({Resize(cell), transform, CenterCrop(cell)});
}

void place(ContactSheet& sheet, int position, const Cell& pixels, const std::string& caption) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(pixels.data());
  sheet.place(position, {bytes, cell.width, cell.height, 3, std::ptrdiff_t{3} * cell.width}, caption);
}

}  // namespace

ContactSheet draw_op_sheet(const ImageView& image, std::uint64_t seed) {
  const std::vector<OpExample> examples = op_examples();
  ContactSheet sheet(static_cast<int>(examples.size()) + 1, cell.width, cell.height);
  Studio studio(image, seed);
  place(sheet, 0, studio.shot({Resize(cell)}), "the image");
  for (std::size_t i = 0; i < examples.size(); ++i) {
    place(sheet, static_cast<int>(i) + 1, drawn(studio, examples[i].transform), examples[i].caption);
  }
  return sheet;
}

}  // namespace slabring::cli
