// Where the files of MNIST and CIFAR lie in a folder, under the names they are published with.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "dataset/file_set.hpp"
#include "dataset/published_images.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The file `name` or `name`.gz in the folder, or in one of the folders in it where people unpack and torchvision
/// downloads.
std::optional<std::string> find(const fs::path& folder, std::string_view name) {
  for (const char* inner : {"", "raw", "MNIST/raw", "FashionMNIST/raw", "cifar-10-batches-bin", "cifar-100-binary"}) {
    for (const char* ending : {"", ".gz"}) {
      const fs::path path = folder / inner / (std::string(name) + ending);
      if (is_file(path)) return path.native();
    }
  }
  return std::nullopt;
}

DataFile needed(const std::string& folder, std::string_view name) {
  if (auto path = find(absolute_root(folder), name)) return DataFile(std::move(*path));
  throw Error(ErrorCode::dataset,
              fmt::format("{} holds no {}, also gzipped or in the folders that torchvision makes", folder, name));
}

std::string taken_word(SourceRequest& request, std::string_view option, std::array<std::string_view, 2> words) {
  std::string word = request.take(option).value_or(std::string(words[0]));
  if (word == words[0] || word == words[1]) return word;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{}: option {} is \"{}\"; must be {} or {}", request.path, option, word, words[0], words[1]));
}

/// The class names that lie beside CIFAR's data, a line each; empty when they are not there.
std::vector<std::string> class_names(const std::string& folder, std::string_view name) {
  std::vector<std::string> names;
  const auto path = find(folder, name);
  if (!path) return names;
  std::ifstream in(*path);
  constexpr std::size_t most = 256;
  for (std::string line; names.size() < most && std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  return names;
}

bool has_cifar100(const std::string& folder) { return find(folder, "train.bin") || find(folder, "test.bin"); }
bool has_cifar10(const std::string& folder) {
  return find(folder, "data_batch_1.bin") || find(folder, "test_batch.bin");
}

}  // namespace

bool is_mnist(const std::string& path) {
  return find(path, "train-images-idx3-ubyte") || find(path, "t10k-images-idx3-ubyte");
}

bool is_cifar(const std::string& path) { return has_cifar10(path) || has_cifar100(path); }

std::unique_ptr<Dataset> open_mnist(SourceRequest& request) {
  const std::string split = taken_word(request, "split", {"train", "test"});
  request.refuse_others("split");
  const std::string stem = split == "train" ? "train" : "t10k";
  std::vector<DataFile> files;
  files.push_back(needed(request.path, stem + "-images-idx3-ubyte"));
  files.push_back(needed(request.path, stem + "-labels-idx1-ubyte"));
  return std::make_unique<PublishedImages>(PublishedImages::Choice{}, std::move(files), std::vector<std::string>());
}

std::unique_ptr<Dataset> open_cifar(SourceRequest& request) {
  const bool train = taken_word(request, "split", {"train", "test"}) == "train";
  const bool hundred = !has_cifar10(request.path) && has_cifar100(request.path);
  const bool coarse = hundred && taken_word(request, "labels", {"fine", "coarse"}) == "coarse";
  request.refuse_others(hundred ? "split, labels" : "split");
  std::vector<DataFile> files;
  if (hundred) {
    files.push_back(needed(request.path, train ? "train.bin" : "test.bin"));
    auto classes = class_names(request.path, coarse ? "coarse_label_names.txt" : "fine_label_names.txt");
    return std::make_unique<PublishedImages>(PublishedImages::Choice{PublishedSet::cifar100, coarse}, std::move(files),
                                             std::move(classes));
  }
  for (int batch = 1; train && batch <= 5; ++batch) {
    files.push_back(needed(request.path, fmt::format("data_batch_{}.bin", batch)));
  }
  if (!train) files.push_back(needed(request.path, "test_batch.bin"));
  return std::make_unique<PublishedImages>(PublishedImages::Choice{PublishedSet::cifar10, false}, std::move(files),
                                           class_names(request.path, "batches.meta.txt"));
}

}  // namespace slabring
