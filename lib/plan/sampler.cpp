#include "slabring/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/fingerprint.hpp"
#include "plan/permutation.hpp"
#include "plan/sampler_spec.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

template <class... Arguments>
[[noreturn]] void refuse(fmt::format_string<Arguments...> sentence, Arguments&&... arguments) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("option sampler: {}", fmt::format(sentence, std::forward<Arguments>(arguments)...)));
}

void check_length(const char* name, std::uint64_t value) {
  if (value > Permutation::max_size) refuse("{} is {}; an epoch has at most 2^48 samples", name, value);
}

template <class T>
SharedArray<T> copy_of(std::span<const T> values) {
  return SharedArray<T>(values.size(),
                        [&](std::span<T> room) { std::copy(values.begin(), values.end(), room.begin()); });
}

/// How often each id has occurred before it; empty when none occurs twice.
SharedArray<std::uint32_t> count_occurrences(std::span<const std::uint64_t> ids) {
  std::vector<std::uint64_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end()) return {};
  std::unordered_map<std::uint64_t, std::uint32_t> seen;
  return SharedArray<std::uint32_t>(ids.size(), [&](std::span<std::uint32_t> room) {
    for (std::size_t i = 0; i < ids.size(); ++i) room[i] = seen[ids[i]]++;
  });
}

/// The table that subset, order and batches have in common.
void set_ids(SamplerSpec& spec, std::span<const SampleId> ids) {
  spec.ids = SharedArray<std::uint64_t>(ids.size(), [&](std::span<std::uint64_t> room) {
    std::transform(ids.begin(), ids.end(), room.begin(), to_index);
  });
  spec.largest_id = *std::max_element(spec.ids.values().begin(), spec.ids.values().end());
  spec.occurrences = count_occurrences(spec.ids.values());
  spec.draws = ids.size();
}

std::uint64_t fingerprint(const SamplerSpec& spec) {
  // Each table's fingerprint, and one of these: the tables are not copied together.
  std::array<std::uint64_t, 4> parts{fingerprint_of(spec.ids.bytes()), fingerprint_of(spec.starts.bytes()),
                                     fingerprint_of(spec.columns.bytes()), fingerprint_of(spec.weights.bytes())};
  return fingerprint_of(std::as_bytes(std::span(parts)));
}

std::string describe(const SamplerSpec& spec) {
  const auto repeated = [&](std::string text) {
    return spec.length == 0 ? text : fmt::format("{}.repeat({})", text, spec.length);
  };
  switch (spec.kind) {
    case SamplerKind::sequential: return repeated("sequential");
    case SamplerKind::random: return repeated("random");
    case SamplerKind::with_replacement: return fmt::format("with_replacement(draws={})", spec.draws);
    case SamplerKind::weighted:
      return fmt::format("weighted(replacement={}, draws={}, table={:016x})", spec.replacement, spec.draws,
                         fingerprint(spec));
    case SamplerKind::class_balanced:
      return fmt::format("class_balanced(draws={}, table={:016x})", spec.draws, fingerprint(spec));
    case SamplerKind::subset:
      return repeated(fmt::format("subset(shuffle={}, table={:016x})", spec.shuffle, fingerprint(spec)));
    case SamplerKind::order: return repeated(fmt::format("order(table={:016x})", fingerprint(spec)));
    case SamplerKind::batches: return fmt::format("batches(table={:016x})", fingerprint(spec));
    case SamplerKind::window_shuffle: return repeated(fmt::format("window_shuffle({})", spec.window));
  }
  return {};
}

void check_weights(std::span<const double> weights) {
  if (weights.empty()) refuse("weights is empty; it needs one weight for each sample");
  bool any = false;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || std::isinf(weights[i])) {
      refuse("weight {} is {}; weights are 0 or more, and finite", i, weights[i]);
    }
    any = any || weights[i] > 0;
  }
  if (!any) refuse("all {} weights are 0; at least one must be more", weights.size());
}

/// Vose, "A linear algorithm for generating random numbers with a given distribution" (1991): columns that want less
/// than they would get are filled up by those that want more.
void fill_columns(std::span<const double> weights, std::span<AliasColumn> columns) {
  const double largest = *std::max_element(weights.begin(), weights.end());
  double sum = 0;  // of weights scaled to at most 1, so that nothing overflows
  for (const double weight : weights) sum += weight / largest;
  std::vector<std::uint64_t> poor;
  std::vector<std::uint64_t> rich;
  for (std::uint64_t i = 0; i < weights.size(); ++i) {
    columns[i] = {weights[i] / largest * (static_cast<double>(weights.size()) / sum), i};
    (columns[i].keep < 1 ? poor : rich).push_back(i);
  }
  while (!poor.empty() && !rich.empty()) {
    const std::uint64_t low = poor.back();
    const std::uint64_t high = rich.back();
    poor.pop_back();
    columns[low].alias = high;
    columns[high].keep -= 1 - columns[low].keep;
    if (columns[high].keep >= 1) continue;
    rich.pop_back();
    poor.push_back(high);
  }
  // What rounding left over wants just what it gets; but weight 0 is never drawn.
  const auto heaviest = static_cast<std::uint64_t>(std::max_element(weights.begin(), weights.end()) - weights.begin());
  for (const std::vector<std::uint64_t>& rest : {poor, rich}) {
    for (const std::uint64_t i : rest) columns[i] = weights[i] > 0 ? AliasColumn{1, i} : AliasColumn{0, heaviest};
  }
}

}  // namespace

Sampler::Sampler(SamplerSpec spec) {
  spec.description = describe(spec);
  spec_ = std::make_shared<const SamplerSpec>(std::move(spec));
}

const std::string& Sampler::description() const noexcept { return spec_->description; }

Sampler Sampler::sequential() { return Sampler(SamplerSpec{}); }

Sampler Sampler::random() {
  SamplerSpec spec;
  spec.kind = SamplerKind::random;
  return Sampler(std::move(spec));
}

Sampler Sampler::with_replacement(std::uint64_t draws) {
  check_length("draws", draws);
  SamplerSpec spec;
  spec.kind = SamplerKind::with_replacement;
  spec.draws = draws;
  return Sampler(std::move(spec));
}

Sampler Sampler::weighted(std::span<const double> weights, bool replacement, std::uint64_t draws) {
  check_weights(weights);
  check_length("draws", draws);
  const auto positive =
      static_cast<std::uint64_t>(std::count_if(weights.begin(), weights.end(), [](double w) { return w > 0; }));
  SamplerSpec spec;
  spec.kind = SamplerKind::weighted;
  spec.replacement = replacement;
  spec.entries = weights.size();
  spec.draws = draws != 0 ? draws : replacement ? weights.size() : positive;
  if (!replacement && spec.draws > positive) {
    refuse("draws is {}, and without replacement there are {} samples whose weight is not 0", draws, positive);
  }
  if (replacement) {
    spec.columns = SharedArray<AliasColumn>(weights.size(), [&](auto room) { fill_columns(weights, room); });
  } else {
    spec.weights = copy_of(weights);
  }
  return Sampler(std::move(spec));
}

Sampler Sampler::class_balanced(std::span<const std::int64_t> labels, std::uint64_t draws) {
  if (labels.empty()) refuse("labels is empty; it needs one label for each sample");
  check_length("draws", draws);
  std::map<std::int64_t, std::uint64_t> next;  // of each class: first how many, then where the next one goes
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0) refuse("label {} is {}; to balance classes every sample needs one, 0 or more", i, labels[i]);
    ++next[labels[i]];
  }
  SamplerSpec spec;
  spec.kind = SamplerKind::class_balanced;
  spec.entries = labels.size();
  spec.draws = draws != 0 ? draws : labels.size();
  spec.starts = SharedArray<std::uint64_t>(next.size() + 1, [&](std::span<std::uint64_t> room) {
    std::size_t at = 0;
    for (auto& [label, count] : next) {
      room[at + 1] = room[at] + count;
      count = room[at++];
    }
  });
  spec.ids = SharedArray<std::uint64_t>(labels.size(), [&](std::span<std::uint64_t> room) {
    for (std::size_t i = 0; i < labels.size(); ++i) room[next[labels[i]]++] = i;
  });
  return Sampler(std::move(spec));
}

Sampler Sampler::subset(std::span<const SampleId> ids, bool shuffle) {
  if (ids.empty()) refuse("the subset is empty");
  SamplerSpec spec;
  spec.kind = SamplerKind::subset;
  spec.shuffle = shuffle;
  set_ids(spec, ids);
  return Sampler(std::move(spec));
}

Sampler Sampler::order(std::span<const SampleId> ids) {
  if (ids.empty()) refuse("the order is empty");
  SamplerSpec spec;
  spec.kind = SamplerKind::order;
  set_ids(spec, ids);
  spec.entries = ids.size();
  return Sampler(std::move(spec));
}

Sampler Sampler::batches(std::span<const std::vector<SampleId>> batches) {
  if (batches.empty()) refuse("there are no batches");
  SamplerSpec spec;
  spec.kind = SamplerKind::batches;
  std::vector<SampleId> all;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i].empty()) refuse("batch {} is empty; each needs a sample", i);
    all.insert(all.end(), batches[i].begin(), batches[i].end());
    spec.longest = std::max<std::uint64_t>(spec.longest, batches[i].size());
  }
  set_ids(spec, all);
  spec.starts = SharedArray<std::uint64_t>(batches.size() + 1, [&](std::span<std::uint64_t> room) {
    for (std::size_t i = 0; i < batches.size(); ++i) room[i + 1] = room[i] + batches[i].size();
  });
  spec.draws = batches.size();
  return Sampler(std::move(spec));
}

Sampler Sampler::window_shuffle(std::uint64_t window) {
  if (window == 0 || window > Permutation::max_size) refuse("window is {}; it must be from 1 to 2^48", window);
  SamplerSpec spec;
  spec.kind = SamplerKind::window_shuffle;
  spec.window = window;
  return Sampler(std::move(spec));
}

Sampler Sampler::repeat(std::uint64_t length) const {
  if (length == 0) refuse("repeat(0): a virtual epoch needs at least one sample");
  check_length("the length of repeat", length);
  switch (spec_->kind) {
    case SamplerKind::with_replacement:
    case SamplerKind::weighted:
    case SamplerKind::class_balanced:
      refuse("{} cannot be repeated; its epoch is as long as its draws say", spec_->description);
    case SamplerKind::batches: refuse("batches cannot be repeated; write them out as often as you want them");
    default: break;
  }
  SamplerSpec spec = *spec_;
  spec.length = length;
  return Sampler(std::move(spec));
}

void check_sampler(const SamplerSpec& spec, std::uint64_t samples, std::uint64_t batch_size) {
  if (spec.entries != 0 && spec.entries != samples) {
    const char* const what = spec.kind == SamplerKind::weighted         ? "weights"
                             : spec.kind == SamplerKind::class_balanced ? "labels"
                                                                        : "ids in the order";
    refuse("there are {} {}, and the dataset has {} samples{}", spec.entries, what, samples,
           spec.kind == SamplerKind::order ? "; a part of them is a subset" : "");
  }
  const bool has_ids =
      spec.kind == SamplerKind::subset || spec.kind == SamplerKind::order || spec.kind == SamplerKind::batches;
  if (has_ids && spec.largest_id >= samples) {
    const auto ids = spec.ids.values();
    const auto at = std::find_if(ids.begin(), ids.end(), [&](std::uint64_t id) { return id >= samples; }) - ids.begin();
    refuse("entry {} is sample {}, and the dataset's are 0 to {}", at, ids[static_cast<std::size_t>(at)], samples - 1);
  }
  if (spec.longest > batch_size) {
    refuse("a batch of {} samples is listed, and batch_size is {}; raise it", spec.longest, batch_size);
  }
}

}  // namespace slabring
