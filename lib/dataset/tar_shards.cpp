#include "dataset/tar_shards.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/index_cache.hpp"
#include "dataset/record_set.hpp"
#include "dataset/shard_names.hpp"
#include "dataset/tar_index.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

class TarShards final : public Dataset {
 public:
  explicit TarShards(std::vector<RecordFile> files, UniqueFd table) : records_(std::move(files), std::move(table)) {}
  explicit TarShards(const DatasetRecipe& recipe) : records_(recipe, "tar shards") {}

  std::uint64_t size() const override { return records_.table().size(); }
  std::string describe(SampleId id) const override { return records_.describe(id); }
  void will_need(SampleId id) const noexcept override { records_.will_need(id); }
  std::uint64_t fingerprint() const override { return fingerprint_of(records_.table().contents()); }
  std::vector<std::string> read_roots() const override { return records_.files().read_roots(); }
  std::optional<DatasetRecipe> recipe() const override { return records_.recipe("tar", json::object()); }

  void load(SampleId id, Sample& sample) const override {
    const RecordEntry& entry = records_.table()[to_index(id)];
    if (entry.fault == static_cast<std::uint32_t>(RecordFault::no_image)) {
      throw SampleFailure(SampleStatus::dataset_failed, "none of the sample's members in the tar file is an image");
    }
    if (entry.fault != 0) {
      throw SampleFailure(SampleStatus::dataset_failed, "the sample's label in the tar file is no whole number");
    }
    sample.set_label(entry.label);
    sample.from_encoded(records_.read(id, sample));
  }

 private:
  RecordSet records_;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    words.emplace_back(text.substr(0, comma));
    if (comma == text.size()) return words;
    text.remove_prefix(comma + 1);
  }
}

TarForm form_of(SourceRequest& request) {
  TarForm form;
  if (const auto image = request.take("image")) form.image = split(*image);
  if (auto label = request.take("label")) form.label = std::move(*label);
  if (auto field = request.take("json_label")) form.json_label = std::move(*field);
  request.refuse_others("image, label, json_label");
  return form;
}

UniqueFd index_shards(const std::vector<RecordFile>& files, const TarForm& form, const SourceOptions& options) {
  IndexProgress now;
  for (const RecordFile& file : files) now.total_bytes += file.stamp.bytes;
  RecordTableBuilder table;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    now.source = files[i].path;
    index_tar(files[i], static_cast<std::uint32_t>(i), form, table, [&](std::uint64_t position) {
      constexpr std::uint64_t report_bytes = std::uint64_t{16} << 20;
      if (!options.progress || before + position < now.done_bytes + report_bytes) return;
      now.done_bytes = before + position;
      now.samples = table.size();
      options.progress(now);
    });
    before += files[i].stamp.bytes;
  }
  if (table.size() == 0) {
    throw Error(ErrorCode::dataset, fmt::format("{}: holds no sample; members are named KEY.jpg, KEY.cls and so on",
                                                files.size() == 1 ? files[0].path : files[0].path + " and the others"));
  }
  return table.finish();
}

}  // namespace

std::unique_ptr<Dataset> open_tar_shards(SourceRequest& request) {
  const TarForm form = form_of(request);
  const std::vector<std::string> names = shard_names(request.path);
  std::vector<RecordFile> files = files_as_they_are(names);
  const json form_words{{"image", form.image}, {"label", form.label}, {"json_label", form.json_label}};
  const json identity{{"version", 1}, {"files", files_to_json(files)}, {"form", form_words}};
  const auto text_of = [](const json& words) { return words.dump(-1, ' ', false, json::error_handler_t::replace); };
  IndexCache cache(request.options, "tar", files.front().path, name_of(files) + text_of(form_words), text_of(identity));
  KeptIndex index = cache.get([&] { return KeptIndex{"", index_shards(files, form, request.options)}; });
  return std::make_unique<TarShards>(std::move(files), std::move(index.table));
}

std::unique_ptr<Dataset> open_tar_shards_recipe(const DatasetRecipe& recipe) {
  return std::make_unique<TarShards>(recipe);
}

}  // namespace slabring
