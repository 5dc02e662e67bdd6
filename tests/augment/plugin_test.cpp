#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string sound = test_plugin_sound;

/// What the loader that has to be made for a pipeline says about it.
std::string refusal(const Transform& transform) {
  const test::PixelDataset dataset(4);
  try {
    const Loader loader(dataset, Pipeline{transform}, {.workers = 0});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::pipeline);
    return error.what();
  }
  return "accepted";
}

TEST(Plugin, ChangesTheImageByItsConfiguration) {
  const test::PixelDataset dataset(8);
  Loader plain(dataset, {}, {.batch_size = 8, .layout = Layout::nhwc, .workers = 0});
  Loader changed(dataset, {Plugin(sound, "Add", "40"), Plugin(sound, "Add", "2")},
                 {.batch_size = 8, .layout = Layout::nhwc, .workers = 0});
  plain.epoch(0);
  changed.epoch(0);
  const Batch before = plain.next();
  const Batch after = changed.next();
  for (std::size_t i = 0; i < 8 * dataset.bytes(); ++i) {
    const auto expected = static_cast<std::uint8_t>(before.images().as<std::uint8_t>()[i] + 42);
    ASSERT_EQ(after.images().as<std::uint8_t>()[i], expected) << i;
  }
}

TEST(Plugin, GivesTheSameBytesWithEveryStartMethodAndInALambdasPlace) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 2, 20);
  const ImageFolder dataset(folder.path());
  const Pipeline pipeline{RandomResizedCrop{16}, RandomApply({Plugin(sound, "Noise")}, 0.5), Plugin(sound, "Add", "7")};
  const auto options = [](StartMethod method, int workers) -> LoaderOptions {
    return {.batch_size = 8, .shuffle = true, .seed = 3, .workers = workers, .start_method = method};
  };
  Loader here(dataset, pipeline, options(StartMethod::forkserver, 0));
  const auto expected = test::stream(here, 2);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    Loader loader(dataset, pipeline, options(method, 2));
    EXPECT_EQ(test::stream(loader, 2), expected) << to_string(method);
  }
  const auto noise = [](const MutableImageView& image, RandomStream& random) {
    for (int y = 0; y < image.height; ++y) {
      for (int i = 0; i < image.width * image.channels; ++i) {
        image.row(y)[i] = static_cast<std::uint8_t>(random.uniform(0, 256));
      }
    }
  };
  const auto add = [](const MutableImageView& image, RandomStream&) {
    for (int y = 0; y < image.height; ++y) {
      for (int i = 0; i < image.width * image.channels; ++i) {
        image.row(y)[i] = static_cast<std::uint8_t>(image.row(y)[i] + 7);
      }
    }
  };
  Loader lambdas(dataset, {RandomResizedCrop{16}, RandomApply({Lambda(noise)}, 0.5), Lambda(add)},
                 options(StartMethod::fork, 0));
  EXPECT_EQ(test::stream(lambdas, 2), expected);
}

TEST(Plugin, WhatItThrowsAndItsCrashAreFaultsOfTheSample) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 1, 1);
  const ImageFolder dataset(folder.path());
  const auto fault = [&](const char* name) {
    Loader loader(dataset, {RandomResizedCrop{16}, Plugin(sound, name)}, {.on_error = OnError::mask, .workers = 1});
    test::stream(loader);
    return loader.faults().at(0);
  };
  EXPECT_EQ(fault("Fail").status, SampleStatus::transform_failed);
  EXPECT_THAT(fault("Fail").message, HasSubstr("transform 1, Plugin: this image is not to its taste"));
  EXPECT_EQ(fault("Crash").status, SampleStatus::quarantined);
}

TEST(Plugin, LibraryThatIsNoneIsRefusedWithTheReason) {
  EXPECT_THAT(refusal(Plugin("/nowhere/lib.so", "Add")),
              AllOf(HasSubstr("transform 0, Plugin: path cannot be loaded"), HasSubstr("/nowhere/lib.so")));
  EXPECT_THAT(refusal(Plugin(test_plugin_none, "Add")), HasSubstr("exports no slabring_plugin()"));
  EXPECT_THAT(refusal(Plugin(test_plugin_other_interface, "Add")), HasSubstr("interface 99, this is 1"));
  EXPECT_THAT(refusal(Plugin(sound, "Subtract")),
              AllOf(HasSubstr("\"Subtract\""), HasSubstr("there are: Add, Noise, Fail, Crash")));
  EXPECT_THAT(refusal(Plugin(sound, "Add", "many")), AllOf(HasSubstr("config is refused by Add"), HasSubstr("stoi")));
  EXPECT_THAT(refusal(Plugin("", "Add")), HasSubstr("path \"\" is not absolute"));
  EXPECT_THAT(refusal(RandomApply({Plugin(sound, "No")})), HasSubstr("transform 0.0, Plugin"));
}

TEST(Plugin, SurvivesTheWayThroughJsonWithItsPathMadeAbsolute) {
  const Pipeline pipeline{Plugin("lib/mine.so", "Add", "quo\"te")};
  const std::string json = pipeline.to_json();
  const Pipeline read = Pipeline::from_json(json);
  EXPECT_EQ(std::get<Plugin>(read.transforms()[0]), std::get<Plugin>(pipeline.transforms()[0]));
  EXPECT_TRUE(std::get<Plugin>(read.transforms()[0]).path.ends_with("/lib/mine.so"));
  EXPECT_EQ(std::get<Plugin>(read.transforms()[0]).path.front(), '/');
  EXPECT_TRUE(read.portable());
}

TEST(Plugin, FileWithARelativePathOrWithoutANameIsRefusedWithThePlace) {
  const auto refused = [](const char* json) {
    try {
      Pipeline::from_json(json);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refused(R"({"transforms": [{"op": "Plugin", "path": "mine.so", "name": "Add"}]})"),
              AllOf(HasSubstr("path"), HasSubstr("must be absolute")));
  EXPECT_THAT(refused(R"({"transforms": [{"op": "Plugin", "path": "/mine.so"}]})"), HasSubstr("name"));
  EXPECT_THAT(refused(R"({"transforms": [{"op": "Plugin", "path": "/mine.so", "name": ""}]})"),
              HasSubstr("is empty; must name one"));
}

}  // namespace
}  // namespace slabring
