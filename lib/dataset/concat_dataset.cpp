#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/fingerprint.hpp"
#include "dataset/extra_arrays.hpp"
#include "dataset/label_of.hpp"
#include "dataset/nested_recipe.hpp"
#include "slabring/combine.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

/// What samples of a dataset are, as far as a batch is concerned.
struct Form {
  std::optional<ArrayForm> array;
  int channels = 3;  ///< of images: files, and pixels of no known shape, have 3
  std::vector<ExtraArray> extras;
  bool operator==(const Form&) const = default;

  explicit Form(const Dataset& dataset)
      : array(dataset.sample_array()), extras(dataset.extra_arrays().begin(), dataset.extra_arrays().end()) {
    if (const auto shape = dataset.sample_shape()) channels = shape->channels;
  }
  std::string text() const {
    const std::string samples = array ? "arrays of " + array_text(*array)
                                      : fmt::format("images of {} channel{}", channels, channels == 1 ? "" : "s");
    return extras.empty() ? samples : fmt::format("{} with extra arrays ({})", samples, array_text(extras));
  }
};

std::string part_text(std::span<const SharedDataset> parts, std::size_t number) {
  return fmt::format("part {} ({}...)", number + 1, parts[number]->describe(SampleId{0}));
}

void check_parts(std::span<const SharedDataset> parts) {
  if (parts.empty()) throw Error(ErrorCode::dataset, "a concatenation needs at least one dataset");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i]) throw Error(ErrorCode::dataset, fmt::format("part {} of a concatenation is null", i + 1));
    if (parts[i]->size() == 0) throw Error(ErrorCode::dataset, fmt::format("part {} holds no sample", i + 1));
  }
}

void check_forms(std::span<const SharedDataset> parts) {
  const Form first(*parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const Form form(*parts[i]);
    if (form == first) continue;
    throw Error(ErrorCode::dataset, fmt::format("{} has {}, and {} has {}; the samples of a batch have one form",
                                                part_text(parts, 0), first.text(), part_text(parts, i), form.text()));
  }
  if (first.array || first.channels == 3) return;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i]->sample_shape() == parts[0]->sample_shape()) continue;
    throw Error(ErrorCode::dataset, fmt::format("{} and {} have images of {} channels and of different sizes; only "
                                                "images of 3 channels may differ",
                                                part_text(parts, 0), part_text(parts, i), first.channels));
  }
}

/// Adds the names of a part to `all`; returns what becomes of its labels, nothing when they stay.
std::vector<std::int64_t> merge_classes(std::span<const std::string> names, std::vector<std::string>& all,
                                        std::map<std::string, std::int64_t, std::less<>>& numbers) {
  std::vector<std::int64_t> labels;
  bool same = true;
  for (const std::string& name : names) {
    const auto [at, is_new] = numbers.try_emplace(name, static_cast<std::int64_t>(all.size()));
    if (is_new) all.push_back(name);
    same = same && at->second == static_cast<std::int64_t>(labels.size());
    labels.push_back(at->second);
  }
  return same ? std::vector<std::int64_t>() : labels;
}

}  // namespace

ConcatDataset::ConcatDataset(std::vector<SharedDataset> parts) : parts_(std::move(parts)) {
  check_parts(parts_);
  check_forms(parts_);
  std::map<std::string, std::int64_t, std::less<>> numbers;
  std::uint64_t end = 0;
  for (const SharedDataset& part : parts_) {
    end += part->size();
    ends_.push_back(end);
    labels_.push_back(merge_classes(part->classes(), classes_, numbers));
  }
}

ConcatDataset::~ConcatDataset() = default;

ConcatDataset::Place ConcatDataset::place_of(SampleId id) const noexcept {
  const auto after = std::upper_bound(ends_.begin(), ends_.end(), to_index(id));
  const auto part = static_cast<std::size_t>(after - ends_.begin());
  return {part, SampleId{part == 0 ? to_index(id) : to_index(id) - ends_[part - 1]}};
}

std::int64_t ConcatDataset::merged_label(std::size_t part, std::int64_t label) const noexcept {
  const std::vector<std::int64_t>& labels = labels_[part];
  const bool named = label >= 0 && static_cast<std::uint64_t>(label) < labels.size();
  return named ? labels[static_cast<std::size_t>(label)] : label;
}

void ConcatDataset::load(SampleId id, Sample& sample) const {
  const Place place = place_of(id);
  parts_[place.part]->load(place.id, sample);
  sample.set_label(merged_label(place.part, sample.label()));
}

std::int64_t ConcatDataset::label(SampleId id) const {
  const Place place = place_of(id);
  return merged_label(place.part, label_of(*parts_[place.part], place.id));
}

std::string ConcatDataset::describe(SampleId id) const {
  if (to_index(id) >= size()) return Dataset::describe(id);
  const Place place = place_of(id);
  return parts_[place.part]->describe(place.id);
}

void ConcatDataset::will_need(SampleId id) const noexcept {
  if (to_index(id) >= ends_.back()) return;
  const Place place = place_of(id);
  parts_[place.part]->will_need(place.id);
}

std::optional<SampleShape> ConcatDataset::sample_shape() const {
  const std::optional<SampleShape> first = parts_[0]->sample_shape();
  const bool all_alike = std::all_of(parts_.begin(), parts_.end(),
                                     [&](const SharedDataset& part) { return part->sample_shape() == first; });
  return all_alike ? first : std::nullopt;
}

std::optional<ArrayForm> ConcatDataset::sample_array() const { return parts_[0]->sample_array(); }

std::span<const ExtraArray> ConcatDataset::extra_arrays() const noexcept { return parts_[0]->extra_arrays(); }

std::uint64_t ConcatDataset::fingerprint() const {
  std::string text = "concat";
  for (const SharedDataset& part : parts_) text += fmt::format(" {} {:016x}", part->size(), part->fingerprint());
  return fingerprint_of(std::as_bytes(std::span(text)));
}

std::vector<std::string> ConcatDataset::read_roots() const {
  std::vector<std::string> roots;
  for (const SharedDataset& part : parts_) {
    for (std::string& root : part->read_roots()) roots.push_back(std::move(root));
  }
  std::sort(roots.begin(), roots.end());
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  return roots;
}

std::optional<DatasetRecipe> ConcatDataset::recipe() const {
  return nested_recipe("concat", nlohmann::json::object(), {}, parts_);
}

}  // namespace slabring
