#include "dataset/tf_records.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>

#include "base/crc32c.hpp"
#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/index_cache.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/record_set.hpp"
#include "dataset/shard_names.hpp"
#include "dataset/tf_example.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

/// Before each record: its length and that number's checksum; behind it the checksum of its bytes. All little-endian
/// (tensorflow.org/tutorials/load_data/tfrecord).
constexpr std::uint64_t head_bytes = 12;
constexpr std::uint64_t foot_bytes = 4;

/// A checksum as it is stored, so that a checksum of bytes that hold checksums is still a good one.
std::uint32_t masked(std::uint32_t crc) noexcept { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

template <class Number>
Number number_at(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  Number number{};
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

struct FeatureNames {
  std::string image = "image/encoded";
  std::string label = "image/class/label";
};

class TfRecords final : public Dataset {
 public:
  TfRecords(std::vector<RecordFile> files, UniqueFd table, FeatureNames names)
      : records_(std::move(files), std::move(table)), names_(std::move(names)) {}
  TfRecords(const DatasetRecipe& recipe, FeatureNames names)
      : records_(recipe, "TFRecord files"), names_(std::move(names)) {}

  std::uint64_t size() const override { return records_.table().size(); }
  std::string describe(SampleId id) const override { return records_.describe(id); }
  void will_need(SampleId id) const noexcept override { records_.will_need(id); }
  std::uint64_t fingerprint() const override { return fingerprint_of(records_.table().contents()); }
  std::vector<std::string> read_roots() const override { return records_.files().read_roots(); }
  std::optional<DatasetRecipe> recipe() const override {
    return records_.recipe("tfrecord", {{"image", name_to_json(names_.image)}, {"label", name_to_json(names_.label)}});
  }

  void load(SampleId id, Sample& sample) const override {
    const std::span<const std::byte> all = records_.read(id, sample);  // with its foot
    if (all.size() <= foot_bytes) throw SampleFailure(SampleStatus::empty, "the record has no bytes");
    const std::span<const std::byte> bytes = all.first(all.size() - foot_bytes);
    if (masked(crc32c(bytes)) != number_at<std::uint32_t>(all, bytes.size())) {
      throw SampleFailure(SampleStatus::corrupt,
                          "the checksum (CRC-32C) of the record's bytes is another than is stored");
    }
    const TfExample example = read_tf_example(bytes, names_.image, names_.label);
    if (!example.image) {
      throw SampleFailure(
          SampleStatus::dataset_failed,
          fmt::format("the record has no bytes feature \"{}\"; name the right one with ?image=NAME", names_.image));
    }
    sample.set_label(example.label.value_or(-1));
    sample.from_encoded(*example.image);
  }

 private:
  RecordSet records_;
  FeatureNames names_;
};

[[noreturn]] void refuse(const RecordFile& file, const std::string& why) {
  throw Error(ErrorCode::dataset, fmt::format("{}: {}", file.path, why));
}

/// From head to head through one file.
class RecordWalk {
 public:
  RecordWalk(const RecordFile& file, std::uint32_t number)
      : file_(file), number_(number), in_(file.path, std::ios::binary) {
    if (!in_) refuse(file, "cannot be opened");
  }

  /// False at the end of the file.
  bool next(RecordEntry& entry) {
    if (offset_ == file_.stamp.bytes) return false;
    std::array<std::byte, head_bytes> head{};
    if (file_.stamp.bytes - offset_ < head_bytes ||
        !in_.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()))) {
      refuse(file_,
             fmt::format("ends in the middle of the head of the record at {}; it was not copied whole", offset_));
    }
    refuse_compressed(head);
    const auto length = number_at<std::uint64_t>(head, 0);
    if (masked(crc32c(std::span(head).first(8))) != number_at<std::uint32_t>(head, 8)) {
      refuse(file_,
             fmt::format("the checksum of the length of the record at {} is another than is stored; the file is no "
                         "TFRecord file, or damaged there",
                         offset_));
    }
    const std::uint64_t left = file_.stamp.bytes - offset_ - head_bytes;
    if (left < foot_bytes || length > left - foot_bytes) {
      refuse(file_, fmt::format("ends in the middle of the record at {}, which has {} bytes; it was not copied whole",
                                offset_, length));
    }
    entry.file = number_;
    entry.offset = offset_ + head_bytes;
    entry.bytes = length + foot_bytes;
    offset_ += head_bytes + length + foot_bytes;
    in_.seekg(static_cast<std::streamoff>(offset_));
    return true;
  }
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  void refuse_compressed(std::span<const std::byte> head) const {
    const bool gzip = offset_ == 0 && head[0] == std::byte{0x1f} && head[1] == std::byte{0x8b};
    if (gzip)
      refuse(file_, "is compressed with gzip, so that no record can be read without all before it; decompress it");
  }

  const RecordFile& file_;
  std::uint32_t number_;
  std::ifstream in_;
  std::uint64_t offset_ = 0;
};

UniqueFd index_records(const std::vector<RecordFile>& files, const SourceOptions& options) {
  constexpr std::uint64_t report_bytes = std::uint64_t{16} << 20;
  IndexProgress now;
  for (const RecordFile& file : files) now.total_bytes += file.stamp.bytes;
  RecordTableBuilder table;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    RecordWalk walk(files[i], static_cast<std::uint32_t>(i));
    now.source = files[i].path;
    for (RecordEntry entry; walk.next(entry);) {
      table.add(entry, {});
      if (!options.progress || before + walk.offset() < now.done_bytes + report_bytes) continue;
      now.done_bytes = before + walk.offset();
      now.samples = table.size();
      options.progress(now);
    }
    before += files[i].stamp.bytes;
  }
  if (table.size() == 0) throw Error(ErrorCode::dataset, fmt::format("{} holds no record", files[0].path));
  return table.finish();
}

}  // namespace

std::unique_ptr<Dataset> open_tf_records(SourceRequest& request) {
  FeatureNames names;
  if (auto image = request.take("image")) names.image = std::move(*image);
  if (auto label = request.take("label")) names.label = std::move(*label);
  request.refuse_others("image, label");
  const std::vector<std::string> paths = shard_names(request.path);
  std::vector<RecordFile> files = files_as_they_are(paths);
  const std::string identity = json{{"version", 1}, {"files", files_to_json(files)}}.dump();
  IndexCache cache(request.options, "tfrecord", files.front().path, name_of(files), identity);
  KeptIndex index = cache.get([&] { return KeptIndex{"", index_records(files, request.options)}; });
  return std::make_unique<TfRecords>(std::move(files), std::move(index.table), std::move(names));
}

std::unique_ptr<Dataset> open_tf_records_recipe(const DatasetRecipe& recipe) {
  const json config = recipe_config(recipe, 1, "TFRecord files");
  FeatureNames names;
  try {
    names = {name_from_json(config.at("image")), name_from_json(config.at("label"))};
  } catch (const json::exception& error) {
    refuse_recipe("TFRecord files", error);
  }
  return std::make_unique<TfRecords>(recipe, std::move(names));
}

}  // namespace slabring
