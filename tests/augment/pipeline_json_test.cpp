#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slabring/error.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::SizeIs;
using ::testing::StartsWith;

template <class Op>
Op only_op(std::string_view json) {
  const Pipeline pipeline = Pipeline::from_json(json);
  EXPECT_EQ(pipeline.transforms().size(), 1U);
  return std::get<Op>(pipeline.transforms().at(0));
}

// ---- what is read ----

TEST(PipelineJson, ReadsEveryOpWithItsDefaults) {
  EXPECT_EQ(only_op<Resize>(R"({"transforms": [{"op": "Resize", "size": 256}]})"), Resize(256));
  EXPECT_EQ(only_op<Resize>(R"({"transforms": [{"op": "Resize", "size": [20, 30]}]})"), Resize(Size(20, 30)));
  EXPECT_EQ(only_op<CenterCrop>(R"({"transforms": [{"op": "CenterCrop", "size": 224}]})"), CenterCrop(224));
  EXPECT_EQ(only_op<RandomResizedCrop>(R"({"transforms": [{"op": "RandomResizedCrop", "size": 8}]})"),
            RandomResizedCrop(8));
  EXPECT_EQ(only_op<RandomHorizontalFlip>(R"({"transforms": [{"op": "RandomHorizontalFlip"}]})"),
            RandomHorizontalFlip(0.5));
  EXPECT_EQ(only_op<Normalize>(R"({"transforms": [{"op": "Normalize", "mean": [0.5], "std": [2]}]})"),
            Normalize({0.5}, {2.0}));
}

TEST(PipelineJson, DescribesEveryOpWithTypesAndDefaults) {
  const std::string text = describe_transforms();
  EXPECT_THAT(text, HasSubstr(R"({"op":"RandomResizedCrop","parameters":[{"name":"size","type":"size"},)"
                              R"({"name":"scale","type":"numbers","default":[0.08,1.0]},)"));
  EXPECT_THAT(text, HasSubstr(R"({"op":"Resize","parameters":[{"name":"size","type":"size"},)"
                              R"({"name":"max_size","type":"integer","default":null},)"
                              R"({"name":"interpolation","type":"interpolation","default":"bilinear"}]})"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"degrees","type":"range"})"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"transforms","type":"transforms"})"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"value","type":"any","default":[0.0]})"));
}

TEST(PipelineJson, ReadsEveryParameter) {
  EXPECT_EQ(only_op<Resize>(
                R"({"transforms": [{"op": "Resize", "size": 256, "max_size": 400, "interpolation": "lanczos"}]})"),
            Resize(256, Interpolation::lanczos, 400));
  EXPECT_EQ(only_op<RandomResizedCrop>(R"({"transforms": [{"op": "RandomResizedCrop", "size": [8, 9],
                "scale": [0.1, 0.5], "ratio": [1, 2], "interpolation": "bicubic"}]})"),
            RandomResizedCrop(Size(8, 9), {0.1, 0.5}, {1.0, 2.0}, Interpolation::bicubic));
  EXPECT_EQ(only_op<RandomHorizontalFlip>(R"({"transforms": [{"op": "RandomHorizontalFlip", "p": 1}]})"),
            RandomHorizontalFlip(1.0));
}

TEST(PipelineJson, ReadsColoursWithTheDefaultsOfTorchvision) {
  EXPECT_EQ(only_op<ColorJitter>(R"({"transforms": [{"op": "ColorJitter"}]})"), ColorJitter());
  EXPECT_EQ(only_op<Grayscale>(R"({"transforms": [{"op": "Grayscale"}]})"), Grayscale(1));
  EXPECT_EQ(only_op<RandomGrayscale>(R"({"transforms": [{"op": "RandomGrayscale"}]})"), RandomGrayscale(0.1));
  EXPECT_EQ(
      only_op<RandomAdjustSharpness>(R"({"transforms": [{"op": "RandomAdjustSharpness", "sharpness_factor": 2}]})"),
      RandomAdjustSharpness(2.0, 0.5));
  EXPECT_EQ(only_op<RandomPosterize>(R"({"transforms": [{"op": "RandomPosterize", "bits": 3}]})"),
            RandomPosterize(3, 0.5));
  EXPECT_EQ(only_op<RandomSolarize>(R"({"transforms": [{"op": "RandomSolarize", "threshold": 128, "p": 0.2}]})"),
            RandomSolarize(128, 0.2));
}

TEST(PipelineJson, ReadsAJitterAsOneNumberOrAsARange) {
  const ColorJitter jitter = only_op<ColorJitter>(
      R"({"transforms": [{"op": "ColorJitter", "brightness": 0.25, "contrast": 1.5, "saturation": [0.1, 3],
                          "hue": 0.125}]})");
  EXPECT_EQ(jitter, ColorJitter({0.75, 1.25}, {0.0, 2.5}, {0.1, 3.0}, {-0.125, 0.125}));
  EXPECT_EQ(only_op<ColorJitter>(Pipeline{jitter}.to_json()), jitter);
}

RandomAffine every_affine() {
  RandomAffine op({-5.0, 10.0});
  op.translate = {0.1, 0.2};
  op.scale = {0.5, 1.5};
  op.shear = {-1.0, 2.0, -3.0, 4.0};
  op.interpolation = Interpolation::bilinear;
  op.fill = {1, 2, 3};
  op.center = {3.5, -4.0};
  return op;
}

RandomRotation every_rotation() {
  RandomRotation op(30.0, Interpolation::bicubic);
  op.expand = true;
  op.center = {1.0, 2.0};
  op.fill = 7;
  return op;
}

TEST(PipelineJson, ReadsGeometryWithTheDefaultsOfTorchvision) {
  EXPECT_EQ(only_op<Pad>(R"({"transforms": [{"op": "Pad", "padding": 3}]})"), Pad(3));
  EXPECT_EQ(only_op<RandomCrop>(R"({"transforms": [{"op": "RandomCrop", "size": 32}]})"), RandomCrop(32));
  EXPECT_EQ(only_op<RandomShortestSize>(R"({"transforms": [{"op": "RandomShortestSize", "min_size": [8, 9]}]})"),
            RandomShortestSize({8, 9}));
  EXPECT_EQ(only_op<RandomRotation>(R"({"transforms": [{"op": "RandomRotation", "degrees": 30}]})"),
            RandomRotation({-30.0, 30.0}, Interpolation::nearest));
  EXPECT_EQ(only_op<RandomAffine>(R"({"transforms": [{"op": "RandomAffine", "degrees": [0, 10]}]})"),
            RandomAffine({0.0, 10.0}));
  EXPECT_EQ(only_op<RandomPerspective>(R"({"transforms": [{"op": "RandomPerspective"}]})"),
            RandomPerspective(0.5, 0.5, Interpolation::bilinear));
}

TEST(PipelineJson, ReadsPaddingFillAndShearAsTorchvisionHasThem) {
  EXPECT_EQ(only_op<Pad>(R"({"transforms": [{"op": "Pad", "padding": [1, 2], "fill": [3, 4, 5],
                "padding_mode": "edge"}]})"),
            Pad(Padding(1, 2, 1, 2), {3, 4, 5}, PaddingMode::edge));
  EXPECT_EQ(only_op<Pad>(R"({"transforms": [{"op": "Pad", "padding": [1, 2, 3, 4], "fill": 9}]})"),
            Pad(Padding(1, 2, 3, 4), 9));
  EXPECT_EQ(only_op<RandomAffine>(R"({"transforms": [{"op": "RandomAffine", "degrees": 0, "shear": 5}]})").shear,
            (std::vector<double>{-5.0, 5.0}));
}

// Every op with parameters that are not its defaults; a new one belongs here too.
const std::vector<Transform>& one_of_each() {
  static const std::vector<Transform> ops{Resize(256, Interpolation::box, 300),
                                          CenterCrop(Size(9, 8)),
                                          RandomResizedCrop(224, {0.1, 1.0 / 3.0}, {0.2, 5.0}, Interpolation::nearest),
                                          RandomHorizontalFlip(0.1),
                                          RandomVerticalFlip(0.2),
                                          Pad({1, 2, 3, 4}, {5, 6, 7}, PaddingMode::symmetric),
                                          RandomCrop({8, 9}, {1, 2}, true, 3, PaddingMode::reflect),
                                          RandomShortestSize({8, 9}, 20, Interpolation::lanczos),
                                          every_rotation(),
                                          every_affine(),
                                          RandomPerspective(0.25, 0.75, Interpolation::bicubic, 9),
                                          ColorJitter(0.1, 0.2, 0.3, 0.4),
                                          Grayscale(3),
                                          RandomGrayscale(0.7),
                                          RandomAdjustSharpness(1.5, 0.2),
                                          RandomAutocontrast(0.3),
                                          RandomEqualize(0.4),
                                          RandomPosterize(4, 0.6),
                                          RandomSolarize(99.5, 0.7),
                                          RandomInvert(0.8),
                                          GaussianBlur({3, 5}, {0.5, 1.5}),
                                          JPEG({40, 60}),
                                          AutoAugment(AutoAugmentPolicy::svhn, Interpolation::bilinear, 9),
                                          RandAugment(3, 5, 11, Interpolation::bicubic, {1, 2, 3}),
                                          TrivialAugmentWide(12, Interpolation::bilinear, 7),
                                          AugMix(4, 2, 1, 0.5, false, Interpolation::nearest, 8),
                                          RandomApply({RandomInvert(0.25), RandomChoice({Pad(2)})}, 0.75),
                                          RandomChoice({RandomInvert(), Grayscale(3)}, {1.0, 2.5}),
                                          RandomOrder({RandomInvert(), RandomOrder({RandomEqualize()})}),
                                          RandomErasing(0.25, {0.1, 0.2}, {0.5, 2.0}, {1.0, 2.0, 3.0}),
                                          MixUp(10, 0.25),
                                          CutMix(11, 0.5),
                                          Normalize::imagenet(),
                                          Standardize(1e-5),
                                          Plugin("/lib/mine.so", "Mine", "much")};
  return ops;
}

TEST(PipelineJson, WritesEveryOpSoThatItIsReadBackAsItWas) {
  std::set<std::size_t> seen;
  for (const Transform& op : one_of_each()) {
    const Pipeline again = Pipeline::from_json(Pipeline(std::vector{op}).to_json());
    ASSERT_EQ(again.transforms().at(0).index(), op.index());
    EXPECT_EQ(again.to_json(), Pipeline(std::vector{op}).to_json());
    seen.insert(op.index());
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<Transform::variant> - 1) << "all but Lambda";
}

TEST(PipelineJson, ReadsDTypeAndLayoutOnlyWhereTheyAreGiven) {
  const Pipeline given = Pipeline::from_json(R"({"transforms": [], "dtype": "f16", "layout": "nhwc"})");
  EXPECT_EQ(given.dtype, DType::f16);
  EXPECT_EQ(given.layout, Layout::nhwc);
  const Pipeline left_out = Pipeline::from_json(R"({"transforms": []})");
  EXPECT_FALSE(left_out.dtype.has_value());
  EXPECT_FALSE(left_out.layout.has_value());
}

// ---- what is written ----

TEST(PipelineJson, WritesWhatItReads) {
  Pipeline pipeline{Resize(256, Interpolation::box, 300),
                    Resize(Size(20, 31), Interpolation::hamming),
                    CenterCrop(Size(9, 8)),
                    RandomResizedCrop(224, {0.1, 1.0 / 3.0}, {0.2, 5.0}, Interpolation::nearest),
                    RandomHorizontalFlip(0.1),
                    Normalize::imagenet()};
  pipeline.dtype = DType::f32;
  pipeline.layout = Layout::nchw;
  const Pipeline again = Pipeline::from_json(pipeline.to_json());
  const auto& written = pipeline.transforms();
  const auto& read = again.transforms();
  ASSERT_EQ(read.size(), written.size());
  EXPECT_EQ(std::get<Resize>(read[0]), std::get<Resize>(written[0]));
  EXPECT_EQ(std::get<Resize>(read[1]), std::get<Resize>(written[1]));
  EXPECT_EQ(std::get<CenterCrop>(read[2]), std::get<CenterCrop>(written[2]));
  EXPECT_EQ(std::get<RandomResizedCrop>(read[3]), std::get<RandomResizedCrop>(written[3]));
  EXPECT_EQ(std::get<RandomHorizontalFlip>(read[4]), std::get<RandomHorizontalFlip>(written[4]));
  EXPECT_EQ(std::get<Normalize>(read[5]), std::get<Normalize>(written[5]));
  EXPECT_EQ(again.dtype, DType::f32);
  EXPECT_EQ(again.layout, Layout::nchw);
}

TEST(PipelineJson, IsTheFormOfTheManual) {
  EXPECT_EQ(Pipeline({Resize(256), RandomHorizontalFlip()}).to_json(),
            R"({"transforms":[{"op":"Resize","size":256,"interpolation":"bilinear"},)"
            R"({"op":"RandomHorizontalFlip","p":0.5}]})");
}

TEST(PipelineJson, RefusesToWriteWhatCouldNotBeRead) {
  const auto refusal = [](const Pipeline& pipeline) {
    try {
      return pipeline.to_json();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::pipeline);
      return std::string(error.what());
    }
  };
  const Lambda lambda([](const MutableImageView&, RandomStream&) {});
  EXPECT_EQ(refusal({CenterCrop(8), lambda}),
            "transform 1, Lambda: a function of this program cannot be written into a pipeline file");
  EXPECT_THAT(refusal({RandomHorizontalFlip(2.0)}), HasSubstr("p 2 is no probability"));
}

TEST(Pipeline, IsPortableWithoutLambdas) {
  EXPECT_TRUE(Pipeline::train().portable());
  EXPECT_TRUE(Pipeline().portable());
  EXPECT_FALSE(Pipeline({Lambda([](const MutableImageView&, RandomStream&) {})}).portable());
}

TEST(Pipeline, TrainAndValAreThoseOfTheCommandLine) {
  EXPECT_EQ(Pipeline::train(192).to_json(),
            Pipeline({RandomResizedCrop(192), RandomHorizontalFlip(), Normalize::imagenet()}).to_json());
  EXPECT_EQ(Pipeline::train(192, false).to_json(),
            Pipeline({RandomResizedCrop(192), RandomHorizontalFlip()}).to_json());
  EXPECT_EQ(Pipeline::val().to_json(), Pipeline({Resize(256), CenterCrop(224), Normalize::imagenet()}).to_json());
  EXPECT_EQ(Pipeline::val(112, false).to_json(), Pipeline({Resize(128), CenterCrop(112)}).to_json());
}

// ---- what is refused ----

std::string refusal(std::string_view json) {
  try {
    Pipeline::from_json(json);
    return "nothing refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::pipeline);
    return error.what();
  }
}

std::string refusal_of_ops(const std::string& ops) { return refusal("{\"transforms\": [" + ops + "]}"); }

TEST(PipelineJsonRefuses, UnknownOpsKeysAndWordsWithThePlaceAndWhatIsAllowed) {
  EXPECT_EQ(
      refusal_of_ops(R"({"op": "CenterCrop", "size": 8}, {"op": "Resize", "size": 8, "interpolation": "bilinar"})"),
      "pipeline: transforms[1].interpolation: \"bilinar\" is not one of nearest, box, bilinear, hamming, bicubic, "
      "lanczos");
  EXPECT_EQ(
      refusal_of_ops(R"({"op": "Rotate"})"),
      "pipeline: transforms[0].op: \"Rotate\" is not one of Resize, CenterCrop, RandomResizedCrop, "
      "RandomHorizontalFlip, RandomVerticalFlip, Pad, RandomCrop, RandomShortestSize, RandomRotation, RandomAffine, "
      "RandomPerspective, ColorJitter, Grayscale, RandomGrayscale, RandomAdjustSharpness, "
      "RandomAutocontrast, RandomEqualize, RandomPosterize, RandomSolarize, RandomInvert, GaussianBlur, JPEG, "
      "AutoAugment, RandAugment, TrivialAugmentWide, AugMix, RandomApply, RandomChoice, RandomOrder, Normalize, "
      "Standardize, "
      "RandomErasing, MixUp, CutMix, Plugin");
  EXPECT_EQ(refusal_of_ops(R"({"op": "CenterCrop", "size": 8, "padding": 2})"),
            "pipeline: transforms[0]: unknown key \"padding\"; allowed are op, size");
  EXPECT_EQ(refusal(R"({"transform": []})"),
            "pipeline: unknown key \"transform\"; allowed are transforms, dtype, layout");
  EXPECT_EQ(refusal(R"({"transforms": [], "dtype": "float32"})"),
            "pipeline: dtype: \"float32\" is not one of u8, f16, f32, bf16, f64, i8, i16, i32, i64, u16, u32, u64");
  EXPECT_EQ(refusal(R"({"transforms": [], "layout": 3})"), "pipeline: layout: 3 is no string");
}

TEST(PipelineJsonRefuses, MissingKeys) {
  EXPECT_EQ(refusal("{}"), "pipeline: transforms: is missing");
  EXPECT_EQ(refusal_of_ops("{}"), "pipeline: transforms[0].op: is missing");
  EXPECT_EQ(refusal_of_ops(R"({"op": "Resize"})"), "pipeline: transforms[0].size: is missing");
  EXPECT_EQ(refusal_of_ops(R"({"op": "Normalize", "mean": [1]})"), "pipeline: transforms[0].std: is missing");
}

TEST(PipelineJsonRefuses, ValuesOfTheWrongKind) {
  EXPECT_EQ(refusal("[]"), "pipeline: [] is no object");
  EXPECT_EQ(refusal(R"({"transforms": {}})"), "pipeline: transforms: {} is no list");
  EXPECT_EQ(refusal_of_ops("7"), "pipeline: transforms[0]: 7 is no object");
  EXPECT_EQ(refusal_of_ops(R"({"op": 7})"), "pipeline: transforms[0].op: 7 is no string");
  for (const std::string size : {"\"8\"", "8.5", "[8]", "[8, 9, 10]", "null", "true", "{}"}) {
    EXPECT_EQ(refusal_of_ops(R"({"op": "Resize", "size": )" + size + "}"),
              "pipeline: transforms[0].size: " + (size == "[8, 9, 10]" ? "[8,9,10]" : size) +
                  " is no size; must be a whole number or [height, width]");
  }
  EXPECT_EQ(refusal_of_ops(R"({"op": "Resize", "size": [8, 9.5]})"),
            "pipeline: transforms[0].size.width: 9.5 is no whole number of 32 bits");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomResizedCrop", "size": 8, "scale": [0.1]})"),
            "pipeline: transforms[0].scale: [0.1] is no pair; must be [low, high]");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomResizedCrop", "size": 8, "scale": [0.1, "1"]})"),
            "pipeline: transforms[0].scale: [0.1,\"1\"] is no list of numbers");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomHorizontalFlip", "p": "half"})"),
            "pipeline: transforms[0].p: \"half\" is no number");
}

TEST(PipelineJsonRefuses, ValuesOutOfRange) {
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomResizedCrop", "size": 224, "scale": [0.5, 0.1]})"),
            "pipeline: transforms[0].scale: [0.5, 0.1] is no range of positive numbers; must be 0 < low <= high");
  EXPECT_EQ(refusal_of_ops(R"({"op": "CenterCrop", "size": 0})"),
            "pipeline: transforms[0].size: [0, 0] (height, width) is out of range; must be 1 to 65500 each");
  for (const std::string size : {"2147483648", "-2147483649", "18446744073709551615", "9223372036854775808"}) {
    EXPECT_EQ(refusal_of_ops(R"({"op": "Resize", "size": )" + size + "}"),
              "pipeline: transforms[0].size: " + size + " is no whole number of 32 bits");
  }
}

TEST(PipelineJsonRefuses, ColoursThatCannotBe) {
  EXPECT_EQ(refusal_of_ops(R"({"op": "ColorJitter", "hue": 0.6})"),
            "pipeline: transforms[0].hue: [-0.6, 0.6] is no range of hues; must be -0.5 <= low <= high <= 0.5");
  EXPECT_EQ(refusal_of_ops(R"({"op": "ColorJitter", "contrast": -1})"),
            "pipeline: transforms[0].contrast: -1 is negative; must be 0 or more, or [low, high]");
  EXPECT_EQ(refusal_of_ops(R"({"op": "ColorJitter", "brightness": [1.5, 1]})"),
            "pipeline: transforms[0].brightness: [1.5, 1] is no range of factors; must be 0 <= low <= high <= 1000000");
  EXPECT_EQ(refusal_of_ops(R"({"op": "Grayscale", "num_output_channels": 2})"),
            "pipeline: transforms[0].num_output_channels: 2 is not possible; must be 1 or 3");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomPosterize", "bits": 9})"),
            "pipeline: transforms[0].bits: 9 is out of range; must be 0 to 8");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomAdjustSharpness", "sharpness_factor": -0.5})"),
            "pipeline: transforms[0].sharpness_factor: -0.5 is no factor; must be 0 to 1000000");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomInvert", "p": 2})"),
            "pipeline: transforms[0].p: 2 is no probability; must be 0 to 1");
}

TEST(PipelineJsonRefuses, GeometryThatCannotBe) {
  EXPECT_EQ(refusal_of_ops(R"({"op": "Pad", "padding": [1, 2, 3]})"),
            "pipeline: transforms[0].padding: [1,2,3] is no padding; must be a whole number, [left and right, top and "
            "bottom], or [left, top, right, bottom]");
  EXPECT_EQ(
      refusal_of_ops(R"({"op": "Pad", "padding": -1})"),
      "pipeline: transforms[0].padding: [-1, -1, -1, -1] (left, top, right, bottom) is out of range; must be 0 to "
      "65500 each");
  EXPECT_EQ(refusal_of_ops(R"({"op": "Pad", "padding": 1, "fill": [1, 256]})"),
            "pipeline: transforms[0].fill: [1, 256] is no colour; must be 0 to 255, one value or one for each channel");
  EXPECT_EQ(refusal_of_ops(R"({"op": "Pad", "padding": 1, "padding_mode": "wrap"})"),
            "pipeline: transforms[0].padding_mode: \"wrap\" is not one of constant, edge, reflect, symmetric");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomCrop", "size": 8, "pad_if_needed": 1})"),
            "pipeline: transforms[0].pad_if_needed: 1 is neither true nor false");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomRotation", "degrees": 30, "interpolation": "lanczos"})"),
            "pipeline: transforms[0].interpolation: lanczos is not possible here; must be one of nearest, bilinear, "
            "bicubic");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomRotation", "degrees": [9, 8]})"),
            "pipeline: transforms[0].degrees: [9, 8] is no range of degrees; must be -3600 <= low <= high <= 3600");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomAffine", "degrees": 0, "translate": [0.5, 2]})"),
            "pipeline: transforms[0].translate: [0.5, 2] (of width, of height) has a value that is no share; must be 0 "
            "to 1 each");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomAffine", "degrees": 0, "scale": [0, 2]})"),
            "pipeline: transforms[0].scale: [0, 2] is no range of scales; must be 0.001 <= low <= high <= 1000");
  EXPECT_EQ(
      refusal_of_ops(R"({"op": "RandomAffine", "degrees": 0, "shear": [1, 2, 3]})"),
      "pipeline: transforms[0].shear: [1, 2, 3] is no shear; must be [low, high] for x, or the same for x and y in "
      "one list, -89 to 89 degrees");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomShortestSize", "min_size": []})"),
            "pipeline: transforms[0].min_size: is empty; must have a size at least");
}

TEST(PipelineJson, ReadsListsInLists) {
  const auto apply = only_op<RandomApply>(R"({"transforms": [{"op": "RandomApply", "p": 0.25, "transforms":
      [{"op": "RandomChoice", "transforms": [{"op": "RandomInvert", "p": 1}, {"op": "Pad", "padding": 3}]}]}]})");
  EXPECT_EQ(apply.p, 0.25);
  const auto& choice = std::get<RandomChoice>(apply.transforms.items().at(0));
  EXPECT_EQ(std::get<RandomInvert>(choice.transforms.items().at(0)), RandomInvert(1.0));
  EXPECT_EQ(std::get<Pad>(choice.transforms.items().at(1)), Pad(3));
}

TEST(PipelineJson, ReadsAnErasingValueAsANumberAListOrRandom) {
  const auto value = [](const std::string& text) {
    return only_op<RandomErasing>(R"({"transforms": [{"op": "RandomErasing", "value": )" + text + "}]}").value;
  };
  EXPECT_EQ(value("3"), std::vector<double>{3.0});
  EXPECT_EQ(value("[1, 2, 3]"), (std::vector<double>{1.0, 2.0, 3.0}));
  EXPECT_EQ(value("\"random\""), std::vector<double>{});
  EXPECT_EQ(only_op<RandomErasing>(Pipeline({RandomErasing(1, {0, 1}, {1, 1}, {})}).to_json()).value,
            std::vector<double>{});
}

TEST(PipelineJson, WritesListsAsDeepAsItReadsThem) {
  Transform nested = RandomInvert();
  for (int depth = 0; depth < 6; ++depth) nested = RandomOrder({nested});
  const Pipeline deepest(std::vector{nested});
  EXPECT_EQ(Pipeline::from_json(deepest.to_json()).to_json(), deepest.to_json());
  const Pipeline deeper(std::vector<Transform>{RandomOrder({nested})});
  EXPECT_THROW(deeper.to_json(), Error);
}

TEST(Pipeline, IsNotPortableWithALambdaInAList) {
  const Lambda lambda([](const MutableImageView&, RandomStream&) {});
  EXPECT_FALSE(Pipeline({RandomApply({RandomOrder({lambda})})}).portable());
  EXPECT_TRUE(Pipeline({RandomApply({RandomOrder({RandomInvert()})})}).portable());
  try {
    Pipeline({RandomInvert(), RandomApply({lambda})}).to_json();
    FAIL() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "transform 1.0, Lambda: a function of this program cannot be written into a pipeline file");
  }
}

TEST(PipelineJsonRefuses, ListsAndPoliciesThatCannotBe) {
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomApply", "transforms": []})"),
            "pipeline: transforms[0].transforms: is empty; must have a transform at least");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomApply", "transforms": [{"op": "RandomInvert", "p": 2}]})"),
            "pipeline: transforms[0].transforms[0].p: 2 is no probability; must be 0 to 1");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomChoice", "transforms": [{"op": "RandomInvert"}], "p": [1, 2]})"),
            "pipeline: transforms[0].p: has 2 weights for 1 transforms; must have as many");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomChoice", "transforms": [{"op": "RandomInvert"}], "p": [0]})"),
            "pipeline: transforms[0].p: [0] are no weights; must be 0 to 1e9 each, not all 0");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandAugment", "magnitude": 31})"),
            "pipeline: transforms[0].magnitude: 31 is none of the 31 bins; must be 0 to 30");
  EXPECT_EQ(refusal_of_ops(R"({"op": "AutoAugment", "policy": "mnist"})"),
            "pipeline: transforms[0].policy: \"mnist\" is not one of imagenet, cifar10, svhn");
  EXPECT_EQ(refusal_of_ops(R"({"op": "AugMix", "severity": 11})"),
            "pipeline: transforms[0].severity: 11 is out of range; must be 1 to 10");
  EXPECT_EQ(refusal_of_ops(R"({"op": "GaussianBlur", "kernel_size": 4})"),
            "pipeline: transforms[0].kernel_size: [4, 4] (x, y) is no kernel; must be odd, 1 to 255 each");
  EXPECT_EQ(refusal_of_ops(R"({"op": "MixUp"})"), "pipeline: transforms[0].num_classes: is missing");
  EXPECT_EQ(refusal_of_ops(R"({"op": "CutMix", "num_classes": 0})"),
            "pipeline: transforms[0].num_classes: 0 is out of range; must be 1 to 1000000");
  EXPECT_EQ(refusal_of_ops(R"({"op": "JPEG", "quality": 0})"),
            "pipeline: transforms[0].quality: [0, 0] is no range of qualities; must be 1 <= low <= high <= 100");
  EXPECT_EQ(refusal_of_ops(R"({"op": "JPEG", "quality": [1, 2, 3]})"),
            "pipeline: transforms[0].quality: [1,2,3] is no pair; must be a whole number or a list of two");
  EXPECT_EQ(refusal_of_ops(R"({"op": "RandomErasing", "value": "noise"})"),
            "pipeline: transforms[0].value: \"noise\" is not one of random");
}

TEST(PipelineJsonRefuses, BrokenTextWithTheByte) {
  EXPECT_THAT(refusal(R"({"transforms": [}])"),
              AllOf(StartsWith("pipeline: no valid JSON, broken at byte 17: "), HasSubstr("line 1, column 17")));
  EXPECT_THAT(refusal(""), StartsWith("pipeline: no valid JSON, broken at byte 1: "));
  EXPECT_THAT(refusal("{} {}"), StartsWith("pipeline: no valid JSON, broken at byte 4: "));
  EXPECT_THAT(refusal("{\"\xff\": 1}"), StartsWith("pipeline: no valid JSON, broken at byte 3: "));
  EXPECT_THAT(refusal("[1e999]"), StartsWith("pipeline: no valid JSON: "));
  EXPECT_THAT(refusal(std::string_view("\0", 1)), StartsWith("pipeline: no valid JSON, broken at byte 1: "));
}

TEST(PipelineJsonRefuses, AKeyThatComesTwice) {
  EXPECT_EQ(refusal_of_ops(R"({"op": "CenterCrop", "size": 8, "size": 9})"),
            "pipeline: the key \"size\" comes twice in one object");
  EXPECT_EQ(refusal_of_ops(R"({"op": "CenterCrop", "size": 8}, {"op": "CenterCrop", "size": 9})"), "nothing refused");
}

TEST(PipelineJsonRefuses, HostileTextQuicklyAndBriefly) {
  EXPECT_EQ(refusal(std::string(1'000'000, '[')), "pipeline: nested deeper than 16 levels");
  EXPECT_EQ(refusal(std::string(2'000'000, ' ')), "pipeline: 2000000 bytes long; must be at most 1048576");
  EXPECT_THAT(refusal_of_ops("\"" + std::string(100'000, 'x') + "\""), SizeIs(Lt(200U)));
  EXPECT_THAT(refusal("{\"" + std::string(100'000, 'x') + "\": 1}"), SizeIs(Lt(200U)));
  EXPECT_THAT(refusal("{\"" + std::string(100'000, 'x')), SizeIs(Lt(200U)));
}

}  // namespace
}  // namespace slabring
