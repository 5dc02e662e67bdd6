#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.hpp"
#include "dataset/label_of.hpp"
#include "plan/permutation.hpp"
#include "slabring/combine.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

/// Fractions are whole numbers of these, so that 0.9 and 1 - 0.1 are the same split on every machine.
constexpr std::uint64_t billion = 1'000'000'000;

/// Keeps the keys of splits apart from each other, and from those of epochs under the same seed.
enum class SplitOf : std::uint32_t { whole = 0x53504c54, label };
std::uint64_t split_key(std::uint64_t seed, std::uint64_t number, SplitOf what) noexcept {
  return random_block(seed, number, static_cast<std::uint32_t>(what), 0)[0];
}

/// Where each part ends, in billionths.
std::vector<std::uint64_t> ends_of(std::span<const double> fractions) {
  std::vector<std::uint64_t> ends;
  std::uint64_t end = 0;
  for (const double fraction : fractions) {
    if (!(fraction > 0 && fraction <= 1)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("a fraction of a split is {}; each must be above 0 and at most 1", fraction));
    }
    end += static_cast<std::uint64_t>(std::llround(fraction * static_cast<double>(billion)));
    ends.push_back(end);
  }
  const std::uint64_t off = end > billion ? end - billion : billion - end;
  if (fractions.empty() || off > fractions.size()) {  // each may be rounded
    throw Error(ErrorCode::invalid_argument, fmt::format("the fractions of a split are {} together; they must be 1",
                                                         static_cast<double>(end) / static_cast<double>(billion)));
  }
  ends.back() = billion;
  return ends;
}

/// `end` billionths of `samples`.
std::uint64_t rounded(std::uint64_t samples, std::uint64_t end) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(samples) * end + billion / 2) / billion);
}

/// Which part each of `samples` samples is in, asked for in turn: permuted places, cut at the parts' ends. `before`:
/// samples that are divided already; rounding counts them too, so that many small groups come out as one large one.
class Places {
 public:
  Places(std::uint64_t before, std::uint64_t samples, std::uint64_t key, std::span<const std::uint64_t> ends)
      : order_(samples, key) {
    for (const std::uint64_t end : ends) {
      const std::uint64_t here = rounded(before + samples, end) - rounded(before, end);
      ends_.push_back(ends_.empty() ? here : std::max(here, ends_.back()));
    }
  }
  std::size_t next_part() noexcept {
    const std::uint64_t place = order_(next_++);
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), place) - ends_.begin());
  }

 private:
  Permutation order_;
  std::vector<std::uint64_t> ends_;
  std::uint64_t next_ = 0;
};

/// Places for each label's samples.
class StratifiedPlaces {
 public:
  StratifiedPlaces(const Dataset& whole, std::uint64_t seed, std::span<const std::uint64_t> ends) {
    std::map<std::int64_t, std::uint64_t> samples;
    labels_.reserve(whole.size());
    for (std::uint64_t id = 0; id < whole.size(); ++id) ++samples[labels_.emplace_back(label_of(whole, SampleId{id}))];
    std::uint64_t before = 0;
    for (const auto& [label, count] : samples) {
      const std::uint64_t key = split_key(seed, static_cast<std::uint64_t>(label), SplitOf::label);
      places_.try_emplace(label, before, count, key, ends);
      before += count;
    }
  }
  std::size_t part_of(std::uint64_t id) { return places_.at(labels_[id]).next_part(); }

 private:
  std::vector<std::int64_t> labels_;
  std::map<std::int64_t, Places> places_;
};

std::vector<std::vector<SampleId>> ids_of_parts(const Dataset& whole, std::span<const std::uint64_t> ends,
                                                const SplitOptions& options) {
  std::vector<std::vector<SampleId>> parts(ends.size());
  const std::uint64_t samples = whole.size();
  if (options.stratified) {
    StratifiedPlaces places(whole, options.seed, ends);
    for (std::uint64_t id = 0; id < samples; ++id) parts[places.part_of(id)].push_back(SampleId{id});
    return parts;
  }
  Places places(0, samples, split_key(options.seed, 0, SplitOf::whole), ends);
  for (std::uint64_t id = 0; id < samples; ++id) parts[places.next_part()].push_back(SampleId{id});
  return parts;
}

}  // namespace

std::vector<std::unique_ptr<Subset>> random_split(const SharedDataset& whole, std::span<const double> fractions,
                                                  const SplitOptions& options) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset to split is null");
  if (whole->size() == 0 || whole->size() > Permutation::max_size) {
    throw Error(ErrorCode::dataset, fmt::format("a dataset of {} samples cannot be split", whole->size()));
  }
  const std::vector<std::uint64_t> ends = ends_of(fractions);
  std::vector<std::unique_ptr<Subset>> subsets;
  for (std::vector<SampleId>& ids : ids_of_parts(*whole, ends, options)) {
    if (ids.empty()) {
      throw Error(ErrorCode::dataset, fmt::format("part {} of the split, {:.9g} of {} samples, is empty",
                                                  subsets.size() + 1, fractions[subsets.size()], whole->size()));
    }
    subsets.push_back(std::make_unique<Subset>(whole, ids));
    std::vector<SampleId>().swap(ids);
  }
  return subsets;
}

}  // namespace slabring
