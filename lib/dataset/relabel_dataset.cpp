#include <fmt/format.h>

#include <array>
#include <functional>
#include <utility>

#include "base/fingerprint.hpp"
#include "dataset/combinations.hpp"
#include "dataset/filter_rules.hpp"
#include "dataset/label_of.hpp"
#include "dataset/nested_recipe.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"
#include "slabring/map.hpp"

namespace slabring {
namespace {

using Labels = RelabelDataset::Labels;
using Names = std::vector<std::string>;

constexpr std::int64_t most_classes = std::int64_t{1} << 20;
constexpr const char* what = "a dataset with other labels";

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

std::int64_t new_label_of(const Labels& labels, std::int64_t label) noexcept {
  const auto found = labels.find(label);
  return found == labels.end() ? label : found->second;
}

/// What labels are called when the names of `classes` follow them.
Names names_after(std::span<const std::string> classes, const Labels& labels) {
  Names names;
  std::vector<bool> named;
  for (std::size_t number = 0; number < classes.size(); ++number) {
    const std::int64_t label = new_label_of(labels, static_cast<std::int64_t>(number));
    if (label < 0) continue;  // it has no name
    if (label >= most_classes) {
      refuse(fmt::format("class {} gets the label {}; labels of classes with names are below {}", classes[number],
                         label, most_classes));
    }
    const auto place = static_cast<std::size_t>(label);
    while (names.size() <= place) names.push_back(fmt::to_string(names.size()));
    named.resize(names.size());
    if (!named[place]) names[place] = classes[number];
    named[place] = true;
  }
  return names;
}

std::optional<Names> names_for(const SharedDataset& whole, const Labels& labels, std::optional<Names> given) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset to relabel is null");
  if (given) return given;
  return names_after(whole->classes(), labels);
}

/// Where "OLD:NEW" is divided: a name may have a colon, what it becomes has none.
std::pair<std::string, std::string> divided(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
    refuse(fmt::format("\"{}\" relabels nothing; it must be OLD:NEW, such as cat:pet or 0..4:1", text));
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Labels labels_in(std::span<const std::string> rules) {
  Labels labels;
  for (const std::string& rule : rules) {
    const auto [from, to] = divided(rule);
    const LabelRange old = label_range(from);
    const LabelRange becomes = label_range(to);
    if (becomes.first != becomes.last)
      refuse(fmt::format("\"{}\" has a range behind its colon; it must be one label", rule));
    if (old.last - old.first >= most_classes) {
      refuse(fmt::format("\"{}\" is of more than {} labels", rule, most_classes));
    }
    for (std::int64_t label = old.first; label <= old.last; ++label) labels.try_emplace(label, becomes.first);
  }
  return labels;
}

}  // namespace

RelabelDataset::RelabelDataset(const SharedDataset& whole, SharedLabels labels, std::optional<Names> classes)
    : MapDataset(whole, [labels](SampleId, Sample& sample) { sample.set_label(new_label_of(*labels, sample.label())); },
                 {.classes = names_for(whole, *labels, std::move(classes)), .version = 0}),
      labels_(std::move(labels)) {}

RelabelDataset::RelabelDataset(const SharedDataset& whole, Labels labels, std::optional<Names> classes)
    : RelabelDataset(whole, std::make_shared<const Labels>(std::move(labels)), std::move(classes)) {}

RelabelDataset::~RelabelDataset() = default;

std::int64_t RelabelDataset::new_label(std::int64_t label) const noexcept { return new_label_of(*labels_, label); }

std::int64_t RelabelDataset::label(SampleId id) const { return new_label(label_of(*whole(), id)); }

std::uint64_t RelabelDataset::fingerprint() const {
  std::string text = fmt::format("relabel {:016x}", whole()->fingerprint());
  for (const auto& [old, now] : *labels_) text += fmt::format(" {}:{}", old, now);
  return fingerprint_of(std::as_bytes(std::span(text)));
}

std::optional<DatasetRecipe> RelabelDataset::recipe() const {
  nlohmann::json changes = nlohmann::json::array();
  for (const auto& [old, now] : *labels_) changes.push_back({old, now});
  const std::array parts{whole()};
  return nested_recipe("relabel", {{"labels", std::move(changes)}, {"classes", names_to_json(classes())}}, {}, parts);
}

std::unique_ptr<RelabelDataset> rename_classes(const SharedDataset& whole,
                                               std::span<const std::pair<std::string, std::string>> names) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset to relabel is null");
  const std::span<const std::string> before = whole->classes();
  Names called(before.begin(), before.end());
  std::vector<bool> renamed(before.size());
  for (const auto& [pattern, name] : names) {
    for (const std::int64_t number : classes_like(before, std::span(&pattern, 1))) {
      const auto place = static_cast<std::size_t>(number);
      if (!renamed[place]) called[place] = name;
      renamed[place] = true;
    }
  }
  Labels labels;
  Names after;
  std::map<std::string, std::int64_t, std::less<>> numbers;
  for (std::size_t number = 0; number < called.size(); ++number) {
    const auto [at, is_new] = numbers.try_emplace(called[number], static_cast<std::int64_t>(after.size()));
    if (is_new) after.push_back(called[number]);
    labels.emplace(static_cast<std::int64_t>(number), at->second);
  }
  return std::make_unique<RelabelDataset>(whole, std::move(labels), std::move(after));
}

std::unique_ptr<Dataset> relabelled(const SharedDataset& whole, std::string_view word, std::string_view values) {
  const std::vector<std::string> rules = parts_between_commas(values);
  if (rules.empty() || (word != "label" && word != "class")) {
    refuse(fmt::format("\"{}={}\" relabels nothing; it must be such as class=cat:pet,dog:pet or label=3:0,4..9:1", word,
                       values));
  }
  if (word == "label") return std::make_unique<RelabelDataset>(whole, labels_in(rules));
  std::vector<std::pair<std::string, std::string>> names;
  names.reserve(rules.size());
  for (const std::string& rule : rules) names.push_back(divided(rule));
  return rename_classes(whole, names);
}

std::unique_ptr<Dataset> open_relabel_nest(const DatasetRecipe& recipe, const OpenDataset& own) {
  OpenedNest nest = open_nest(recipe, what, own);
  if (nest.parts.size() != 1) {
    throw Error(ErrorCode::dataset,
                fmt::format("the recipe of {} has {} parts; it needs one", what, nest.parts.size()));
  }
  try {
    Labels labels;
    for (const nlohmann::json& change : nest.config.at("labels")) {
      labels.emplace(change.at(0).get<std::int64_t>(), change.at(1).get<std::int64_t>());
    }
    return std::make_unique<RelabelDataset>(std::move(nest.parts[0]), std::move(labels),
                                            names_from_json(nest.config.at("classes")));
  } catch (const nlohmann::json::exception& error) {
    refuse_recipe(what, error);
  }
}

}  // namespace slabring
