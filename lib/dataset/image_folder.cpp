#include "base/fingerprint.hpp"
#include "dataset/file_set.hpp"
#include "dataset/folder_files.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

ImageFolder::ImageFolder(std::unique_ptr<FileSet> files) : root_(files->root()), files_(std::move(files)) {}
ImageFolder::ImageFolder(const std::filesystem::path& root, const ImageFolderOptions& options,
                         const SourceOptions& source_options)
    : ImageFolder(open_folder_files(root, options, source_options)) {}
ImageFolder::~ImageFolder() = default;
ImageFolder::ImageFolder(ImageFolder&&) noexcept = default;
ImageFolder& ImageFolder::operator=(ImageFolder&&) noexcept = default;

std::unique_ptr<Dataset> ImageFolder::from_recipe(const DatasetRecipe& recipe) {
  return std::unique_ptr<Dataset>(new ImageFolder(std::make_unique<FileSet>(recipe, "an image folder")));
}

std::optional<DatasetRecipe> ImageFolder::recipe() const { return files_->recipe("folder"); }

std::vector<std::string> ImageFolder::read_roots() const { return files_->read_roots(); }

std::uint64_t ImageFolder::fingerprint() const { return fingerprint_of(files_->table().contents()); }

std::uint64_t ImageFolder::size() const { return files_->table().size(); }

std::int64_t ImageFolder::label(SampleId id) const { return files_->table().label(to_index(id)); }

std::span<const std::string> ImageFolder::classes() const noexcept { return files_->classes(); }

void ImageFolder::load(SampleId id, Sample& sample) const { files_->load(id, sample); }

std::string ImageFolder::describe(SampleId id) const { return files_->describe(id).value_or(Dataset::describe(id)); }

void ImageFolder::will_need(SampleId id) const noexcept { files_->will_need(id); }

}  // namespace slabring
