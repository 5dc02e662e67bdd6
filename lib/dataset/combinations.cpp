#include "dataset/combinations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "dataset/filter_rules.hpp"
#include "dataset/nested_recipe.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"
#include "slabring/mixture.hpp"
#include "slabring/sources.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

// ---- recipes ----

std::unique_ptr<Dataset> open_concat_nest(const DatasetRecipe& recipe, const OpenDataset& own) {
  return std::make_unique<ConcatDataset>(open_nest(recipe, "a concatenation", own).parts);
}

std::unique_ptr<Dataset> open_subset_nest(const DatasetRecipe& recipe, const OpenDataset& own) {
  constexpr const char* what = "a subset";
  OpenedNest nest = open_nest(recipe, what, own);
  if (nest.parts.size() != 1 || nest.tables.size() > 1) {
    throw Error(ErrorCode::dataset, fmt::format("the recipe of {} has {} parts and {} tables; it needs one part", what,
                                                nest.parts.size(), nest.tables.size()));
  }
  if (!nest.tables.empty()) return Subset::from_table(std::move(nest.parts[0]), nest.tables[0]);
  try {
    const auto first = nest.config.at("first").get<std::uint64_t>();
    return std::make_unique<Subset>(std::move(nest.parts[0]), first, nest.config.at("count").get<std::uint64_t>());
  } catch (const nlohmann::json::exception& error) {
    refuse_recipe(what, error);
  }
}

constexpr std::array combinations{Combination{"concat", &open_concat_nest}, Combination{"subset", &open_subset_nest},
                                  Combination{"relabel", &open_relabel_nest},
                                  Combination{"mixture", &open_mixture_nest}, Combination{"cache", &open_cache_nest}};

// ---- what a person names ----

/// "[A],[B]" or "A,B" as the sources that it names.
std::vector<std::string> sources_in(const std::string& text) {
  std::vector<std::string> sources;
  for (std::size_t at = 0; at <= text.size();) {
    if (text[at] != '[') {
      const std::size_t end = std::min(text.find(',', at), text.size());
      sources.push_back(text.substr(at, end - at));
      at = end + 1;
      continue;
    }
    const std::size_t end = end_of_brackets(text, at);
    sources.push_back(text.substr(at + 1, end - at - 2));
    if (end < text.size() && text[end] != ',') refuse(fmt::format("{}: after ] comes a comma or the end", text));
    at = end + 1;
  }
  return sources;
}

/// The one source in brackets, or as it is.
SharedDataset open_whole(const SourceRequest& request) {
  const bool bracketed = !request.path.empty() && request.path.front() == '[';
  if (!bracketed) return open_source(request.path, request.options);
  const std::vector<std::string> sources = sources_in(request.path);
  if (sources.size() != 1) {
    refuse(fmt::format("{}: a {} is of one source, and these are {}", request.path, request.kind, sources.size()));
  }
  return open_source(sources[0], request.options);
}

template <class Number>
Number number_of(const SourceRequest& request, std::string_view name, const std::string& value) {
  Number number{};
  const char* const end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || stopped != end) {
    refuse(fmt::format("{}: option {} is \"{}\", which is no number", request.path, name, value));
  }
  return number;
}

}  // namespace

const Combination* find_combination(std::string_view kind) noexcept {
  const auto found = std::find_if(combinations.begin(), combinations.end(),
                                  [kind](const Combination& combination) { return combination.kind == kind; });
  return found == combinations.end() ? nullptr : &*found;
}

std::unique_ptr<Dataset> open_concat(SourceRequest& request) {
  request.refuse_others("none of its own; write a part that has some in brackets: concat:[A?name=value],[B]");
  std::vector<SharedDataset> parts;
  for (const std::string& source : sources_in(request.path)) parts.push_back(open_source(source, request.options));
  return std::make_unique<ConcatDataset>(std::move(parts));
}

std::unique_ptr<Dataset> open_subset(SourceRequest& request) {
  const auto from = request.take("from");
  const auto to = request.take("to");
  request.refuse_others("from, to");
  SharedDataset whole = open_whole(request);
  const auto first = from ? number_of<std::uint64_t>(request, "from", *from) : 0;
  const auto end = to ? number_of<std::uint64_t>(request, "to", *to) : whole->size();
  if (end <= first)
    refuse(fmt::format("{}: from {} to {} is no sample; `to` is the first one left out", request.path, first, end));
  return std::make_unique<Subset>(std::move(whole), first, end - first);
}

std::unique_ptr<Dataset> open_filter(SourceRequest& request) {
  std::vector<FilterRule> rules;
  for (const auto& [word, values] : request.written) rules.push_back(filter_rule(word, values));
  request.written.clear();
  return filter(open_whole(request), rules);
}

std::unique_ptr<Dataset> open_relabel(SourceRequest& request) {
  if (request.written.size() != 1) {
    refuse(fmt::format("{}: a relabel has {} options; it needs one: class=OLD:NEW,... or label=OLD:NEW,...",
                       request.path, request.written.size()));
  }
  const auto [word, values] = request.written.front();
  request.written.clear();
  return relabelled(open_whole(request), word, values);
}

std::unique_ptr<Dataset> open_split(SourceRequest& request) {
  constexpr const char* options = "part (train, val), fraction (of this part), seed, stratified (yes, no)";
  const auto part = request.take("part");
  const auto fraction = request.take("fraction");
  const auto seed = request.take("seed");
  const std::string stratified = request.take("stratified").value_or("no");
  request.refuse_others(options);
  if (!part || (*part != "train" && *part != "val") || !fraction || (stratified != "yes" && stratified != "no")) {
    refuse(fmt::format("{}: a split needs part=train or part=val, and a fraction; its options are {}", request.path,
                       options));
  }
  SplitOptions how{seed ? number_of<std::uint64_t>(request, "seed", *seed) : 0, stratified == "yes"};
  return split_part(open_whole(request), *part == "train", number_of<double>(request, "fraction", *fraction), how);
}

std::unique_ptr<Dataset> split_part(const SharedDataset& whole, bool train, double fraction,
                                    const SplitOptions& options) {
  if (!(fraction > 0 && fraction < 1)) {
    refuse(fmt::format("the fraction of a split is {}; it must be above 0 and below 1", fraction));
  }
  const std::array<double, 2> fractions{train ? fraction : 1 - fraction, train ? 1 - fraction : fraction};
  return std::move(random_split(whole, fractions, options)[train ? 0 : 1]);
}

std::unique_ptr<Dataset> open_mixture(SourceRequest& request) {
  const std::string weights = request.take("weights").value_or("");
  const auto seed = request.take("seed");
  const auto draws = request.take("draws");
  const std::string shuffle = request.take("shuffle").value_or("yes");
  request.refuse_others("weights (one for each part, with commas), seed, draws, shuffle (yes, no)");
  if (shuffle != "yes" && shuffle != "no")
    refuse(fmt::format("{}: option shuffle is \"{}\"; it must be yes or no", request.path, shuffle));
  std::vector<SharedDataset> parts;
  for (const std::string& source : sources_in(request.path)) parts.push_back(open_source(source, request.options));
  std::vector<double> numbers;
  for (std::size_t at = 0; at < weights.size();) {
    const std::size_t end = std::min(weights.find(',', at), weights.size());
    numbers.push_back(number_of<double>(request, "weights", weights.substr(at, end - at)));
    at = end + 1;
  }
  if (numbers.empty()) numbers.assign(parts.size(), 1.0);
  const MixtureOptions options{seed ? number_of<std::uint64_t>(request, "seed", *seed) : 0,
                               draws ? number_of<std::uint64_t>(request, "draws", *draws) : 0, shuffle == "yes"};
  return std::make_unique<MixtureDataset>(std::move(parts), numbers, options);
}

std::uint64_t cache_bytes(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  const std::string_view rest(stopped, static_cast<std::size_t>(end - stopped));
  const std::size_t unit = rest.size() == 1 ? units.find(rest.front()) : std::string_view::npos;
  const bool sound = error == std::errc{} && number > 0 && (rest.empty() || unit != std::string_view::npos);
  const unsigned shift = rest.empty() ? 0 : 10 * (static_cast<unsigned>(unit) + 1);
  if (!sound || number > (std::uint64_t{1} << 50) >> shift) {
    refuse(fmt::format(
        "the limit of a cache is \"{}\"; it must be a number of bytes, or one with K, M, G or T (of 1024)", text));
  }
  return number << shift;
}

CacheOf cache_of(std::string_view word) {
  for (const CacheOf what : {CacheOf::encoded, CacheOf::decoded}) {
    if (word == to_string(what)) return what;
  }
  refuse(fmt::format("a cache keeps \"{}\"; it must be encoded or decoded", word));
}

std::unique_ptr<Dataset> open_cache(SourceRequest& request) {
  const auto bytes = request.take("bytes");
  const std::string what = request.take("of").value_or("encoded");
  request.refuse_others("bytes (such as 2G), of (encoded, decoded)");
  if (!bytes) refuse(fmt::format("{}: a cache needs bytes=N, its limit", request.path));
  const CacheOptions options{cache_bytes(*bytes), cache_of(what)};
  return std::make_unique<CachedDataset>(open_whole(request), options);
}

std::unique_ptr<Dataset> open_relabel_recipe(const DatasetRecipe& recipe) { return open_relabel_nest(recipe, {}); }
std::unique_ptr<Dataset> open_mixture_recipe(const DatasetRecipe& recipe) { return open_mixture_nest(recipe, {}); }
std::unique_ptr<Dataset> open_cache_recipe(const DatasetRecipe& recipe) { return open_cache_nest(recipe, {}); }
std::unique_ptr<Dataset> open_concat_recipe(const DatasetRecipe& recipe) { return open_concat_nest(recipe, {}); }
std::unique_ptr<Dataset> open_subset_recipe(const DatasetRecipe& recipe) { return open_subset_nest(recipe, {}); }

}  // namespace slabring
