#include "dataset/published_images.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/idx_header.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::json;

constexpr std::string_view what = "a set of published images";
constexpr int cifar_side = 32;
constexpr std::size_t cifar_plane = cifar_side * cifar_side;
constexpr std::size_t cifar_pixels = 3 * cifar_plane;

[[noreturn]] void refuse(const DataFile& file, const std::string& why) {
  throw Error(ErrorCode::dataset, fmt::format("{} {}", file.name(), why));
}

IdxHeader idx_of(const DataFile& file, std::size_t axes) {
  try {
    IdxHeader header = read_idx_header(file.bytes());
    if (header.shape.size() == axes) return header;
    refuse(file, fmt::format("has {} axes; {} have {}", header.shape.size(), axes == 3 ? "images" : "labels", axes));
  } catch (const SampleFailure& failure) {
    refuse(file, failure.what());
  }
}

/// CIFAR keeps the colours apart.
void interleave(const std::byte* planes, std::byte* pixels) noexcept {
  for (std::size_t i = 0; i < cifar_plane; ++i) {
    pixels[3 * i] = planes[i];
    pixels[3 * i + 1] = planes[cifar_plane + i];
    pixels[3 * i + 2] = planes[2 * cifar_plane + i];
  }
}

}  // namespace

PublishedImages::PublishedImages(const Choice& choice, std::vector<DataFile> files, std::vector<std::string> classes)
    : choice_(choice), files_(std::move(files)), classes_(std::move(classes)) {
  if (choice_.set == PublishedSet::mnist) {
    add_mnist();
  } else {
    shape_ = {cifar_side, cifar_side, 3};
    for (const DataFile& file : files_) add_cifar(file);
  }
  for (const Run& run : runs_) size_ += run.count;
}

void PublishedImages::add_mnist() {
  const DataFile& images = files_.at(0);
  const DataFile& labels = files_.at(1);
  const IdxHeader header = idx_of(images, 3);
  const IdxHeader label_header = idx_of(labels, 1);
  if (header.shape[0] != label_header.shape[0]) {
    refuse(images,
           fmt::format("has {} images, and {} has {} labels", header.shape[0], labels.name(), label_header.shape[0]));
  }
  constexpr std::int64_t longest = 1 << 15;
  if (header.shape[1] > longest || header.shape[2] > longest) refuse(images, "has images that are too large");
  shape_ = {static_cast<int>(header.shape[1]), static_cast<int>(header.shape[2]), 1};
  runs_.push_back({static_cast<std::uint64_t>(header.shape[0]), images.bytes().data() + header.data_offset,
                   labels.bytes().data() + label_header.data_offset,
                   static_cast<std::size_t>(header.shape[1] * header.shape[2]), 1, &images.name()});
}

void PublishedImages::add_cifar(const DataFile& file) {
  const std::size_t labels = choice_.set == PublishedSet::cifar10 ? 1 : 2;
  const std::size_t record = labels + cifar_pixels;
  const std::size_t bytes = file.bytes().size();
  if (bytes % record != 0) {
    refuse(file, fmt::format("has {} bytes, which are no whole number of records of {} ({} of label and 32x32 pixels); "
                             "it is cut off, or of another version",
                             bytes, record, labels));
  }
  const std::byte* const first = file.bytes().data();
  const bool second_label = labels == 2 && !choice_.coarse;
  runs_.push_back({bytes / record, first + labels, first + (second_label ? 1 : 0), record, record, &file.name()});
}

PublishedImages::Place PublishedImages::place_of(SampleId id) const noexcept {
  std::uint64_t index = to_index(id);
  const Run* run = runs_.data();
  for (; index >= run->count; ++run) index -= run->count;  // CIFAR-10 has five
  return {run, index};
}

void PublishedImages::load(SampleId id, Sample& sample) const {
  const auto [run, index] = place_of(id);
  sample.set_label(std::to_integer<std::int64_t>(run->labels[index * run->label_step]));
  const std::byte* image = run->images + index * run->image_step;
  if (choice_.set != PublishedSet::mnist) {
    sample.buffer().resize(cifar_pixels);
    interleave(image, sample.buffer().data());
    image = sample.buffer().data();
  }
  sample.from_pixels({reinterpret_cast<const std::uint8_t*>(image), shape_.width, shape_.height, shape_.channels,
                      std::ptrdiff_t{shape_.width} * shape_.channels});
}

std::string PublishedImages::describe(SampleId id) const {
  const auto [run, index] = place_of(id);
  return fmt::format("{}[{}]", *run->name, index);
}

std::uint64_t PublishedImages::fingerprint() const {
  std::string text = fmt::format("{}x{}x{}", shape_.height, shape_.width, shape_.channels);
  for (const Run& run : runs_) {
    for (std::uint64_t i = 0; i < run.count; ++i) text += static_cast<char>(run.labels[i * run.label_step]);
  }
  return fingerprint_of(std::as_bytes(std::span(text)));
}

std::optional<DatasetRecipe> PublishedImages::recipe() const {
  DatasetRecipe recipe;
  recipe.kind = choice_.set == PublishedSet::mnist ? "mnist" : "cifar";
  Json files = Json::array();
  for (const DataFile& file : files_) {
    files.push_back({{"name", name_to_json(file.name())}, {"unpacked", file.unpacked_fd() >= 0}});
    if (file.unpacked_fd() >= 0) recipe.fds.push_back(file.unpacked_fd());
  }
  recipe.config = Json{{"set", static_cast<unsigned>(choice_.set)},
                       {"coarse", choice_.coarse},
                       {"files", std::move(files)},
                       {"classes", names_to_json(classes_)}}
                      .dump();
  return recipe;
}

std::unique_ptr<Dataset> open_published_recipe(const DatasetRecipe& recipe) {
  const Json config = recipe_config(recipe, recipe.fds.size(), what);
  try {
    const auto set = config.at("set").get<unsigned>();
    std::vector<DataFile> files;
    std::size_t unpacked = 0;
    for (const Json& file : config.at("files")) {
      std::string name = name_from_json(file.at("name"));
      if (!file.at("unpacked").get<bool>()) {
        files.emplace_back(std::move(name));
      } else if (unpacked < recipe.fds.size()) {
        files.emplace_back(std::move(name), own_copy(recipe.fds[unpacked++]));
      } else {
        throw Error(ErrorCode::dataset, fmt::format("the recipe of {} has too few descriptors", what));
      }
    }
    const bool known = set <= static_cast<unsigned>(PublishedSet::cifar100);
    if (!known || files.size() < (set == static_cast<unsigned>(PublishedSet::mnist) ? 2U : 1U)) {
      throw Error(ErrorCode::dataset,
                  fmt::format("the recipe of {} names set {} with {} files", what, set, files.size()));
    }
    return std::make_unique<PublishedImages>(
        PublishedImages::Choice{static_cast<PublishedSet>(set), config.at("coarse").get<bool>()}, std::move(files),
        names_from_json(config.at("classes")));
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
}

}  // namespace slabring
