#include "dataset/hdf5_records.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/file_mapping.hpp"
#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/hdf5_dataset.hpp"
#include "dataset/hdf5_heap.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

FileMapping map_file(const RecordFile& file) {
  const UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd) return {fd.get(), static_cast<std::size_t>(file.stamp.bytes)};
  throw Error(ErrorCode::dataset,
              fmt::format("{} cannot be opened: {}", file.path, std::generic_category().message(errno)));
}

/// The reference that is sample `id`; nullopt: its chunk is damaged.
std::optional<Hdf5Value> find_value(const Hdf5Dataset& references, SampleId id, Hdf5Heap& heap) {
  Sample sample;
  try {
    references.load(id, sample);
  } catch (const SampleFailure&) {
    return std::nullopt;
  }
  return heap.find(Hdf5Heap::Reference(sample.array().data, Hdf5Heap::reference_bytes));
}

}  // namespace

bool is_hdf5_records(const nlohmann::json& config) { return config.contains("records"); }

UniqueFd index_hdf5_records(const Hdf5Dataset& references, std::span<const RecordFile> files,
                            const SourceOptions& options) {
  constexpr std::uint64_t report_samples = 4096;
  IndexProgress now;
  for (const RecordFile& file : files) now.total_bytes += file.stamp.bytes;
  RecordTableBuilder table;
  std::uint64_t end = 0;
  for (std::uint32_t number = 0; number < files.size(); ++number) {
    const RecordFile& file = files[number];
    const FileMapping mapping = map_file(file);
    mapping.expect_random_access();
    Hdf5Heap heap(mapping.bytes());
    now.source = file.path;
    const std::uint64_t before = now.done_bytes;
    end += references.samples_in(number);
    while (table.size() < end) {
      RecordEntry entry;
      const SampleId id{table.size()};
      entry.file = number;
      entry.label = references.label(id);
      if (const auto value = find_value(references, id, heap)) {
        entry.offset = value->offset;
        entry.bytes = value->bytes;
      } else {
        entry.fault = static_cast<std::uint32_t>(RecordFault::bad_reference);
      }
      table.add(entry, {});
      if (!options.progress || table.size() % report_samples != 0) continue;
      now.samples = table.size();
      now.done_bytes = std::max(now.done_bytes, before + entry.offset);
      options.progress(now);
    }
    now.done_bytes = before + file.stamp.bytes;
  }
  return table.finish();
}

Hdf5Records::Hdf5Records(const DatasetRecipe& recipe) : records_(recipe, "HDF5 files of image files") {}

void Hdf5Records::load(SampleId id, Sample& sample) const {
  const RecordEntry& entry = records_.table()[to_index(id)];
  if (entry.fault != 0) {
    throw SampleFailure(SampleStatus::corrupt,
                        "the reference to its bytes leads to no object of an HDF5 heap; the file is damaged there");
  }
  sample.set_label(entry.label);
  sample.from_encoded(records_.read(id, sample));
}

std::string Hdf5Records::describe(SampleId id) const {
  const RecordTable& table = records_.table();
  const std::uint32_t file = table[to_index(id)].file;
  if (file >= records_.files().files().size()) return Dataset::describe(id);
  std::uint64_t first = 0;  // of the file
  for (std::uint64_t after = to_index(id); first < after;) {
    const std::uint64_t middle = first + (after - first) / 2;
    if (table[middle].file < file) {
      first = middle + 1;
    } else {
      after = middle;
    }
  }
  return fmt::format("{}[{}]", records_.files().files()[file].path, to_index(id) - first);
}

std::uint64_t Hdf5Records::fingerprint() const { return fingerprint_of(records_.table().contents()); }

std::optional<DatasetRecipe> Hdf5Records::recipe() const { return records_.recipe("hdf5", {{"records", true}}); }

}  // namespace slabring
