#include "dataset/pack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/file_set.hpp"
#include "dataset/packed_jpeg.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/record_set.hpp"
#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"

namespace slabring {

using nlohmann::json;

Pack::Pack(const std::string& path) {
  const std::string absolute = absolute_root(path);
  const FileStamp stamp = stamp_of(absolute);
  const UniqueFd fd(::open(absolute.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd || ::pread(fd.get(), &header_, sizeof header_, 0) < 0) {
    throw Error(ErrorCode::dataset,
                fmt::format("{} cannot be read: {}", absolute, std::generic_category().message(errno)));
  }
  check_pack_header(absolute, header_, stamp.bytes);
  if (header_.count == 0) throw Error(ErrorCode::dataset, fmt::format("{} is a pack of no samples", absolute));
  file_ = std::make_unique<RecordFiles>(std::vector<RecordFile>{{absolute, stamp}});
  map_index(fd.get());
  read_about();
}

Pack::~Pack() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
}

void Pack::map_index(int fd) {
  // A mapping begins with a page.
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = header_.names_offset / page * page;
  mapped_bytes_ = header_.total_bytes - begin;
  void* mapped = ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(begin));
  if (mapped == MAP_FAILED) {
    throw Error(ErrorCode::dataset, fmt::format("the index of {} cannot be mapped: {}", file_->files()[0].path,
                                                std::generic_category().message(errno)));
  }
  mapped_ = mapped;
  const std::span all(static_cast<const std::byte*>(mapped), mapped_bytes_);
  index_.emplace(header_, all.subspan(header_.names_offset - begin));
}

void Pack::read_about() {
  try {
    const json about = json::parse(index_->about());
    classes_ = names_from_json(about.at("classes"));
    if (header_.version == pack::bare_version) form_ = pack_form_from_json(about, file_->files()[0].path);
  } catch (const json::exception& error) {
    throw Error(ErrorCode::dataset,
                fmt::format("{} is a pack whose description is damaged: {}", file_->files()[0].path, error.what()));
  }
}

std::unique_ptr<Dataset> Pack::from_recipe(const DatasetRecipe& recipe) {
  const json config = recipe_config(recipe, 0, "a pack");
  std::string path;
  FileStamp stamp;
  try {
    path = name_from_json(config.at("path"));
    stamp = {config.at("bytes").get<std::uint64_t>(), config.at("modified").get<std::int64_t>()};
  } catch (const json::exception& error) {
    refuse_recipe("a pack", error);
  }
  auto opened = std::make_unique<Pack>(path);
  if (opened->file_->files()[0].stamp != stamp) {
    throw Error(ErrorCode::dataset, fmt::format("{} was changed while it was in use; open the dataset again", path));
  }
  return opened;
}

std::optional<DatasetRecipe> Pack::recipe() const {
  const RecordFile& file = file_->files()[0];
  const json config{
      {"path", name_to_json(file.path)}, {"bytes", file.stamp.bytes}, {"modified", file.stamp.modified_ns}};
  return DatasetRecipe{"pack", config.dump(), {}};
}

/// Of a sample that can be read.
pack::Entry Pack::sound_entry(SampleId id) const {
  const std::optional<pack::Entry> entry = index_->entry(to_index(id));
  if (!entry) throw SampleFailure(SampleStatus::corrupt, "its entry in the pack's index points outside the pack");
  if (entry->bytes == 0) throw SampleFailure(SampleStatus::empty, "the sample has no bytes");
  if (entry->bytes > most_record_bytes) {
    throw SampleFailure(SampleStatus::too_large,
                        fmt::format("the sample has {} bytes, limit {}", entry->bytes, most_record_bytes));
  }
  return *entry;
}

void Pack::load(SampleId id, Sample& sample) const {
  const pack::Entry entry = sound_entry(id);
  std::vector<std::byte>& buffer = sample.buffer();
  buffer.resize(entry.bytes);
  read_packed(*file_, entry, buffer);
  sample.set_label(entry.label);
  form_.give(buffer, sample);
}

std::unique_ptr<TiledJpeg> Pack::load_tiled(SampleId id, Sample& sample) const {
  if (form_.is_bare()) return nullptr;
  const pack::Entry entry = sound_entry(id);
  sample.set_label(entry.label);
  return PackedJpeg::open(*file_, entry, index_->bytes_before(to_index(id), entry), sample.buffer());
}

std::int64_t Pack::label_of(SampleId id) const {
  const std::optional<pack::Entry> entry = index_->entry(to_index(id));
  return entry ? entry->label : -1;
}

std::string_view Pack::name(SampleId id) const noexcept {
  const std::optional<pack::Entry> entry = index_->entry(to_index(id));
  return entry ? index_->name(*entry) : std::string_view();
}

std::string Pack::describe(SampleId id) const {
  return fmt::format("{}, sample {} ({})", file_->files()[0].path, to_index(id), name(id));
}

void Pack::will_need(SampleId id) const noexcept {
  const auto entry = index_->entry(to_index(id));
  if (!entry) return;
  const std::uint64_t index_bytes = index_->bytes_before(to_index(id), *entry);
  file_->will_need(0, entry->offset - index_bytes, index_bytes + entry->bytes);
}

std::unique_ptr<Dataset> open_pack(SourceRequest& request) {
  request.refuse_others("");
  return std::make_unique<Pack>(request.path);
}

bool is_pack(const std::string& path) { return ends_in(path, {".slabpack", ".slabpack.part"}); }

}  // namespace slabring
