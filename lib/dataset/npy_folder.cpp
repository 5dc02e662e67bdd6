#include "dataset/npy_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "base/unique_fd.hpp"
#include "dataset/folder_index.hpp"
#include "dataset/npy_header.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::json;

constexpr std::string_view what = "a folder of .npy files";
/// As large as an image file may be: DecodeLimits::max_file_bytes.
constexpr std::size_t max_file_bytes = std::size_t{1} << 30;

FileSet index_files(const std::string& path) {
  std::string root = absolute_root(path);
  const std::array<std::string, 1> endings{".npy"};
  FolderIndex index = index_folder(root, ExtensionFilter(endings));
  return {std::move(root), std::move(index.classes), std::move(index.roots), std::move(index.table)};
}

[[noreturn]] void fail(SampleStatus status, const std::string& action) {
  throw SampleFailure(status, fmt::format("{}: {}", action, std::generic_category().message(errno)));
}

void read_file(const std::string& path, std::vector<std::byte>& buffer) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) fail(SampleStatus::open_failed, "the file cannot be opened");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) fail(SampleStatus::open_failed, "the file has no size");
  if (!S_ISREG(status.st_mode)) throw SampleFailure(SampleStatus::open_failed, "it is no file");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes > max_file_bytes) {
    throw SampleFailure(SampleStatus::too_large,
                        fmt::format("the file has {} bytes; at most {} are read", bytes, max_file_bytes));
  }
  buffer.resize(bytes);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = ::pread(fd.get(), buffer.data() + done, bytes - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(SampleStatus::read_failed, "the file cannot be read");
    if (n == 0) throw SampleFailure(SampleStatus::read_failed, "the file became shorter while it was read");
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace

NpyFolder::NpyFolder(const std::string& root) : files_(index_files(root)), form_(first_form()) {}

NpyFolder::NpyFolder(const DatasetRecipe& recipe) : files_(recipe, what) {
  try {
    const Json form = Json::parse(recipe.config).at("form");
    const auto dtype = form.at("dtype").get<unsigned>();
    const auto shape = form.at("shape").get<std::vector<std::int64_t>>();
    const bool sound = dtype <= static_cast<unsigned>(DType::u64) && shape.size() <= Axes::most &&
                       std::ranges::all_of(shape, [](std::int64_t extent) { return extent > 0; });
    if (!sound) throw Error(ErrorCode::dataset, fmt::format("the recipe of {} has a form that is none", what));
    form_.dtype = static_cast<DType>(dtype);
    for (const std::int64_t extent : shape) form_.shape.push_back(extent);
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
}

std::optional<DatasetRecipe> NpyFolder::recipe() const {
  DatasetRecipe recipe = files_.recipe("npy_folder");
  Json config = Json::parse(recipe.config);
  config["form"] = {{"dtype", static_cast<unsigned>(form_.dtype)},
                    {"shape", std::vector<std::int64_t>(form_.shape.begin(), form_.shape.end())}};
  recipe.config = config.dump();
  return recipe;
}

ArrayForm NpyFolder::first_form() const {
  constexpr std::uint64_t tries = 16;
  std::string fault;
  for (std::uint64_t index = 0; index < std::min(tries, size()); ++index) {
    try {
      Sample sample;
      load(SampleId{index}, sample);
      return {sample.array().dtype, sample.array().shape};
    } catch (const SampleFailure& failure) {
      if (fault.empty()) fault = fmt::format("{}: {}", describe(SampleId{index}), failure.what());
    }
  }
  throw Error(ErrorCode::dataset, fmt::format("none of the first {} files says what form the samples have: {}",
                                              std::min(tries, size()), fault));
}

void NpyFolder::load(SampleId id, Sample& sample) const {
  files_.load(id, sample);
  std::vector<std::byte>& buffer = sample.buffer();
  read_file(sample.path(), buffer);
  const NpyHeader header = read_npy_header(buffer);
  if (header.data_bytes() > buffer.size() - header.data_offset) {
    throw SampleFailure(SampleStatus::truncated, fmt::format("it has {} bytes of data, and its header says {}",
                                                             buffer.size() - header.data_offset, header.data_bytes()));
  }
  sample.from_array({buffer.data() + header.data_offset, header.dtype, header.shape});
}

std::uint64_t NpyFolder::fingerprint() const {
  std::string text = fmt::format("{} {}", to_string(form_.dtype), fingerprint_of(files_.table().contents()));
  for (const std::int64_t extent : form_.shape) text += fmt::format(" {}", extent);
  return fingerprint_of(std::as_bytes(std::span(text)));
}

std::unique_ptr<Dataset> open_npy_folder(SourceRequest& request) {
  request.refuse_others("");
  return std::make_unique<NpyFolder>(request.path);
}

std::unique_ptr<Dataset> open_npy_folder_recipe(const DatasetRecipe& recipe) {
  return std::make_unique<NpyFolder>(recipe);
}

}  // namespace slabring
