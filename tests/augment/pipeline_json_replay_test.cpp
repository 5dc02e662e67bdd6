// Runs the fuzzer's entry on pipeline files broken in a way that does not change, so that every build tries some.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "slabring/transform.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

const std::vector<std::string> seeds{
    Pipeline::train().to_json(),
    Pipeline::val(32, false).to_json(),
    Pipeline({Resize(Size(3, 4)), RandomHorizontalFlip(), Resize(9, Interpolation::lanczos, 20), CenterCrop(80)})
        .to_json(),
    Pipeline(
        {CenterCrop(9), ColorJitter(0.4, 0.4, 0.4, 0.1), Grayscale(3), RandomGrayscale(), RandomAdjustSharpness(2.0)})
        .to_json(),
    Pipeline({CenterCrop(9), RandomAutocontrast(), RandomEqualize(), RandomPosterize(4), RandomSolarize(128),
              RandomInvert(), RandomVerticalFlip()})
        .to_json(),
    Pipeline({Pad({1, 2, 3, 4}), RandomCrop(9, 2, true, 7, PaddingMode::reflect), RandomShortestSize({4, 90}, 100),
              CenterCrop(5)})
        .to_json(),
    Pipeline({CenterCrop(9), AutoAugment(), RandAugment(), TrivialAugmentWide(), AugMix(), GaussianBlur(3), JPEG(50)})
        .to_json(),
    Pipeline({CenterCrop(9), RandomApply({RandomChoice({RandomInvert(), RandomOrder({RandomEqualize()})}, {1, 2})}),
              RandomErasing(0.5, {0.1, 0.2}, {1, 2}, {})})
        .to_json(),
    R"({"transforms": [{"op": "RandomRotation", "degrees": 30, "expand": true, "center": [1, 2], "fill": [1, 2, 3]},
        {"op": "RandomAffine", "degrees": 0, "translate": [0.1, 0.2], "scale": [0.5, 2], "shear": [1, 2, 3, 4]},
        {"op": "RandomPerspective"}, {"op": "CenterCrop", "size": 7}], "dtype": "u8"})",
    R"({"transforms": [{"op": "RandomResizedCrop", "size": [7, 9], "scale": [1, 1], "ratio": [100, 1e9]}],
        "dtype": "u8", "layout": "nhwc"})",
};

void replay(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

// Each mutation puts something that JSON knows, or one byte, in the place of a few others.
std::string mutated(std::string text, RandomStream& random) {
  static const std::vector<std::string> pieces{"",         "0",    "-1",      "65500",      "65501", "1e308", "[",
                                               "]",        "{",    "}",       "\"",         ",",     ":",     "null",
                                               "\"size\"", "\xff", "\\u0000", "2147483648", "[1,2]"};
  for (std::uint64_t count = 1 + random.below(4); count > 0; --count) {
    const std::size_t at = random.below(text.size() + 1);
    text.replace(at, random.below(4), pieces[random.below(pieces.size())]);
  }
  return text;
}

TEST(PipelineJsonReplay, EveryPrefixOfAFileIsRefusedOrRead) {
  for (const std::string& seed : seeds) {
    for (std::size_t length = 0; length <= seed.size(); ++length) replay(seed.substr(0, length));
  }
}

TEST(PipelineJsonReplay, EveryMutatedFileIsRefusedOrRead) {
  for (std::uint64_t i = 0; i < 4'000; ++i) {
    RandomStream random(1, SampleId{i}, 0);
    replay(mutated(seeds[i % seeds.size()], random));
  }
}

}  // namespace
}  // namespace slabring
