#include "slabring/mixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/fingerprint.hpp"
#include "base/random.hpp"
#include "dataset/combinations.hpp"
#include "dataset/label_of.hpp"
#include "dataset/nested_recipe.hpp"
#include "dataset/recipe_json.hpp"
#include "plan/permutation.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

/// Draws in which the weights hold exactly, so that a draw needs no count of those in the blocks before.
constexpr std::uint64_t block = std::uint64_t{1} << 16;

/// Keeps the keys of mixtures apart from each other, and from those of epochs under the same seed.
enum class KeyOf : std::uint32_t { begin = 0x4d495854, pattern, part, pass };
std::uint64_t derived(std::uint64_t key, std::uint64_t number, KeyOf what) noexcept {
  return random_block(key, number, static_cast<std::uint32_t>(what), 0)[0];
}

void check_weights(std::span<const double> weights, std::size_t parts) {
  if (weights.size() != parts) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a mixture of {} parts has {} weights; it needs one for each", parts, weights.size()));
  }
  for (const double weight : weights) {
    if (weight > 0 && !std::isinf(weight)) continue;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a weight of a mixture is {}; each must be above 0 and finite", weight));
  }
  if (parts > block / 2) {
    throw Error(ErrorCode::invalid_argument, fmt::format("a mixture has {} parts; at most {}", parts, block / 2));
  }
}

/// Whole numbers that are `block` together and as near to the weights as that allows, at least 1 each.
std::vector<std::uint64_t> shares_of(std::span<const double> weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> wanted;
  std::vector<std::uint64_t> shares;
  for (const double weight : weights) {
    wanted.push_back(weight / sum * static_cast<double>(block));
    shares.push_back(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted.back())));
  }
  const auto lack = [&](std::size_t part) { return wanted[part] - static_cast<double>(shares[part]); };
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::uint64_t given = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}); given != block;) {
    const auto by_lack = [&](std::size_t a, std::size_t b) { return lack(a) < lack(b); };
    if (given < block) {
      ++shares[*std::max_element(order.begin(), order.end(), by_lack)];
      ++given;
    } else {
      --shares[*std::max_element(order.begin(), order.end(),
                                 [&](std::size_t a, std::size_t b) { return shares[a] < shares[b]; })];
      --given;
    }
  }
  return shares;
}

std::vector<std::uint64_t> checked_shares(std::span<const double> weights, std::size_t parts) {
  check_weights(weights, parts);
  return shares_of(weights);
}

constexpr const char* what = "a mixture";

}  // namespace

MixtureDataset::MixtureDataset(std::vector<SharedDataset> parts, std::vector<std::uint64_t> shares,
                               const MixtureOptions& options)
    : all_(std::move(parts)), shares_(std::move(shares)), options_(options) {
  std::uint64_t end = 0;
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < all_.parts().size(); ++i) {
    end += shares_[i];
    share_ends_.push_back(end);
    firsts_.push_back(first);
    first += all_.parts()[i]->size();
  }
  if (options_.draws == 0) options_.draws = all_.size();
  if (options_.draws > Permutation::max_size || all_.size() > Permutation::max_size) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a mixture of {} samples has {} draws; at most 2^48 of both", all_.size(), options_.draws));
  }
  make_pattern();
}

MixtureDataset::MixtureDataset(std::vector<SharedDataset> parts, std::span<const double> weights,
                               const MixtureOptions& options)
    : MixtureDataset(parts, checked_shares(weights, parts.size()), options) {}

MixtureDataset::~MixtureDataset() = default;

/// One order of the parts, for all blocks: a block begins somewhere in it and goes around once.
void MixtureDataset::make_pattern() {
  const Permutation order(block, derived(options_.seed, 0, KeyOf::pattern));
  pattern_.resize(block);
  places_.resize(shares_.size());
  for (std::uint64_t place = 0; place < block; ++place) {
    const auto end = std::upper_bound(share_ends_.begin(), share_ends_.end(), order(place));
    const auto part = static_cast<std::size_t>(end - share_ends_.begin());
    pattern_[place] = static_cast<std::uint32_t>(part);
    places_[part].push_back(static_cast<std::uint32_t>(place));
  }
}

MixtureDataset::Draw MixtureDataset::draw(SampleId id) const noexcept {
  const std::uint64_t number = to_index(id) / block;
  const std::uint64_t begin = derived(options_.seed, number, KeyOf::begin) % block;
  const std::uint64_t place = (begin + to_index(id) % block) % block;
  const std::size_t part = pattern_[place];
  const std::vector<std::uint32_t>& places = places_[part];
  const auto before = [&](std::uint64_t end) {  // draws of the part in the pattern before that place
    return static_cast<std::uint64_t>(std::lower_bound(places.begin(), places.end(), end) - places.begin());
  };
  const std::uint64_t in_block = (before(place) + shares_[part] - before(begin)) % shares_[part];
  const std::uint64_t draws_before = number * shares_[part] + in_block;
  const std::uint64_t samples = all_.parts()[part]->size();
  const std::uint64_t position = draws_before % samples;
  if (!options_.shuffle || samples == 1) return {part, SampleId{position}};
  const std::uint64_t part_key = derived(options_.seed, part, KeyOf::part);
  const Permutation pass(samples, derived(part_key, draws_before / samples, KeyOf::pass));
  return {part, SampleId{pass(position)}};
}

SampleId MixtureDataset::in_all(SampleId id) const noexcept {
  const Draw drawn = draw(id);
  return SampleId{firsts_[drawn.part] + to_index(drawn.id)};
}

void MixtureDataset::load(SampleId id, Sample& sample) const { all_.load(in_all(id), sample); }
std::int64_t MixtureDataset::label(SampleId id) const { return all_.label(in_all(id)); }
std::string MixtureDataset::describe(SampleId id) const {
  return to_index(id) < size() ? all_.describe(in_all(id)) : Dataset::describe(id);
}
void MixtureDataset::will_need(SampleId id) const noexcept {
  if (to_index(id) < options_.draws) all_.will_need(in_all(id));
}

std::uint64_t MixtureDataset::fingerprint() const {
  std::string text =
      fmt::format("mixture {:016x} {} {} {}", all_.fingerprint(), options_.seed, options_.draws, options_.shuffle);
  for (const std::uint64_t share : shares_) text += fmt::format(" {}", share);
  return fingerprint_of(std::as_bytes(std::span(text)));
}

std::optional<DatasetRecipe> MixtureDataset::recipe() const {
  return nested_recipe(
      "mixture",
      {{"shares", shares_}, {"seed", options_.seed}, {"draws", options_.draws}, {"shuffle", options_.shuffle}}, {},
      all_.parts());
}

std::unique_ptr<Dataset> open_mixture_nest(const DatasetRecipe& recipe, const OpenDataset& own) {
  OpenedNest nest = open_nest(recipe, what, own);
  return MixtureDataset::from_recipe(recipe, std::move(nest.parts));
}

std::unique_ptr<Dataset> MixtureDataset::from_recipe(const DatasetRecipe& recipe, std::vector<SharedDataset> parts) {
  const nlohmann::json config = recipe_config(recipe, recipe.fds.size(), what);
  try {
    auto shares = config.at("shares").get<std::vector<std::uint64_t>>();
    const bool sound = shares.size() == parts.size() &&
                       std::all_of(shares.begin(), shares.end(), [](std::uint64_t n) { return n > 0 && n <= block; }) &&
                       std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}) == block;
    if (!sound) throw Error(ErrorCode::dataset, "the recipe of a mixture has shares that are not its parts'");
    const MixtureOptions options{config.at("seed").get<std::uint64_t>(), config.at("draws").get<std::uint64_t>(),
                                 config.at("shuffle").get<bool>()};
    return std::unique_ptr<Dataset>(new MixtureDataset(std::move(parts), std::move(shares), options));
  } catch (const nlohmann::json::exception& error) {
    refuse_recipe(what, error);
  }
}

}  // namespace slabring
