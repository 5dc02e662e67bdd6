#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/flat_table.hpp"
#include "dataset/flat_table_builder.hpp"
#include "dataset/label_of.hpp"
#include "dataset/nested_recipe.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/combine.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

constexpr flat_table::Kind id_table_kind{"subset table", 0x31304c42'53424453 /* "SDBSBL01" */, 1,
                                         sizeof(std::uint64_t)};

constexpr const char* damaged = "its entry in the subset table points outside the dataset";

void check_whole(const SharedDataset& whole) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset that a subset is of is null");
}

std::unique_ptr<FlatTable> table_of(const Dataset& whole, std::span<const SampleId> ids) {
  if (ids.empty()) throw Error(ErrorCode::dataset, "the subset holds no sample");
  FlatTableBuilder builder(id_table_kind);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (to_index(ids[i]) >= whole.size()) {
      throw Error(ErrorCode::dataset, fmt::format("entry {} of the subset is sample {}, and the dataset's are 0 to {}",
                                                  i, to_index(ids[i]), whole.size() - 1));
    }
    builder.add_entry(to_index(ids[i]));
  }
  return std::make_unique<FlatTable>(builder.finish(), id_table_kind);
}

}  // namespace

Subset::Subset(SharedDataset whole, std::unique_ptr<FlatTable> table)
    : whole_(std::move(whole)), table_(std::move(table)), count_(table_->size()) {}

Subset::Subset(SharedDataset whole, std::span<const SampleId> ids) : whole_(std::move(whole)) {
  check_whole(whole_);
  table_ = table_of(*whole_, ids);
  count_ = table_->size();
}

Subset::Subset(SharedDataset whole, std::uint64_t first, std::uint64_t count)
    : whole_(std::move(whole)), first_(first), count_(count) {
  check_whole(whole_);
  if (count == 0) throw Error(ErrorCode::dataset, "the subset holds no sample");
  const std::uint64_t samples = whole_->size();
  if (first >= samples || count > samples - first) {
    throw Error(ErrorCode::dataset,
                fmt::format("the subset is {} samples from {} on, and the dataset has {}", count, first, samples));
  }
}

Subset::~Subset() = default;

std::unique_ptr<Subset> Subset::from_table(SharedDataset whole, int table) {
  check_whole(whole);
  return std::unique_ptr<Subset>(
      new Subset(std::move(whole), std::make_unique<FlatTable>(own_copy(table), id_table_kind)));
}

// The table may have come from another process: an entry is checked each time.
std::optional<SampleId> Subset::find(SampleId id) const noexcept {
  if (to_index(id) >= count_) return std::nullopt;
  const std::uint64_t found = table_ ? table_->entries<std::uint64_t>()[to_index(id)] : first_ + to_index(id);
  if (found >= whole_->size()) return std::nullopt;
  return SampleId{found};
}

SampleId Subset::original(SampleId id) const {
  const auto found = find(id);
  if (!found) throw Error(ErrorCode::dataset, fmt::format("sample {} of the subset: {}", to_index(id), damaged));
  return *found;
}

void Subset::load(SampleId id, Sample& sample) const {
  const auto found = find(id);
  if (!found) throw SampleFailure(SampleStatus::dataset_failed, damaged);
  whole_->load(*found, sample);
}

std::int64_t Subset::label(SampleId id) const { return label_of(*whole_, original(id)); }

std::string Subset::describe(SampleId id) const {
  const auto found = find(id);
  return found ? whole_->describe(*found) : Dataset::describe(id);
}

void Subset::will_need(SampleId id) const noexcept {
  if (const auto found = find(id)) whole_->will_need(*found);
}

std::uint64_t Subset::fingerprint() const {
  const std::array<std::uint64_t, 5> parts{id_table_kind.magic, whole_->fingerprint(), first_, count_,
                                           table_ ? fingerprint_of(table_->contents()) : 0};
  return fingerprint_of(std::as_bytes(std::span(parts)));
}

std::optional<DatasetRecipe> Subset::recipe() const {
  const std::array parts{whole_};
  if (table_) {
    const std::array tables{table_->fd()};
    return nested_recipe("subset", nlohmann::json::object(), tables, parts);
  }
  return nested_recipe("subset", {{"first", first_}, {"count", count_}}, {}, parts);
}

}  // namespace slabring
