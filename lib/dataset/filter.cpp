#include "slabring/filter.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "dataset/filter_rules.hpp"
#include "dataset/label_of.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

std::vector<LabelRange> ranges_of(std::span<const std::string> texts) {
  std::vector<LabelRange> ranges;
  for (const std::string& text : texts) ranges.push_back(label_range(text));
  return ranges;
}

std::vector<LabelRange> labels_of(std::span<const std::int64_t> numbers) {
  std::vector<LabelRange> ranges;
  for (const std::int64_t number : numbers) {
    const bool follows = !ranges.empty() && ranges.back().last + 1 == number;
    if (follows) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return ranges;
}

/// As many parts of `name`, from its end, as `pattern` has.
bool is_called(const std::string& name, const std::string& pattern) {
  std::size_t from = 0;
  if (!pattern.starts_with('/')) {
    auto slashes = std::count(pattern.begin(), pattern.end(), '/');
    from = name.size();
    while (from > 0 && (name[from - 1] != '/' || slashes-- > 0)) --from;
  }
  const char* const end = name.c_str() + from;
  return end == pattern || ::fnmatch(pattern.c_str(), end, FNM_PATHNAME) == 0;
}

SamplePredicate label_predicate(std::vector<LabelRange> ranges, bool negated) {
  return [ranges = std::move(ranges), negated](const SampleFacts& sample) {
    const std::int64_t label = sample.label();
    return negated !=
           std::any_of(ranges.begin(), ranges.end(), [label](const LabelRange& range) { return range.has(label); });
  };
}

SamplePredicate name_predicate(std::vector<std::string> patterns, bool negated) {
  return [patterns = std::move(patterns), negated](const SampleFacts& sample) {
    const std::string name = sample.name();
    return negated != std::any_of(patterns.begin(), patterns.end(),
                                  [&name](const std::string& pattern) { return is_called(name, pattern); });
  };
}

std::string_view word_of(FilterBy by) noexcept {
  return by == FilterBy::label ? "label" : by == FilterBy::class_name ? "class" : "name";
}

SamplePredicate predicate_of(const FilterRule& rule, std::span<const std::string> classes) {
  if (rule.any_of.empty()) refuse(fmt::format("a rule of a filter names no {}", word_of(rule.by)));
  switch (rule.by) {
    case FilterBy::label: return label_predicate(ranges_of(rule.any_of), rule.negated);
    case FilterBy::class_name: return label_predicate(labels_of(classes_like(classes, rule.any_of)), rule.negated);
    case FilterBy::name: return name_predicate(rule.any_of, rule.negated);
  }
  refuse(fmt::format("a rule of a filter compares the thing number {}; there are 0 to 2", static_cast<int>(rule.by)));
}

std::string text_of(std::span<const FilterRule> rules) {
  std::string text;
  for (const FilterRule& rule : rules) {
    std::string values;
    for (const std::string& value : rule.any_of) values += fmt::format("{}{}", values.empty() ? "" : ",", value);
    text += fmt::format("{}{}{}={}", text.empty() ? "" : "&", word_of(rule.by), rule.negated ? "!" : "", values);
  }
  return text;
}

std::vector<SampleId> ids_that_pass(const Dataset& whole, const SamplePredicate& keep) {
  std::vector<SampleId> ids;
  for (std::uint64_t id = 0; id < whole.size(); ++id) {
    const SampleFacts sample(whole, SampleId{id});
    try {
      if (keep(sample)) ids.push_back(sample.id());
    } catch (const std::exception&) {
      if (!sample.unreadable()) throw;
      ids.push_back(sample.id());
    }
  }
  return ids;
}

std::unique_ptr<Subset> filtered(const SharedDataset& whole, const SamplePredicate& keep, std::string_view what) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset to filter is null");
  const std::vector<SampleId> ids = ids_that_pass(*whole, keep);
  if (ids.empty()) throw Error(ErrorCode::dataset, fmt::format("{} none of the {} samples", what, whole->size()));
  return std::make_unique<Subset>(whole, ids);
}

}  // namespace

std::int64_t SampleFacts::label() const {
  unreadable_ = true;  // until it has been read
  const std::int64_t label = label_of(*dataset_, id_);
  unreadable_ = false;
  return label;
}

std::string_view SampleFacts::class_name() const {
  const std::span<const std::string> classes = dataset_->classes();
  if (classes.empty()) return {};
  const std::int64_t number = label();
  const bool named = number >= 0 && static_cast<std::uint64_t>(number) < classes.size();
  return named ? std::string_view(classes[static_cast<std::size_t>(number)]) : std::string_view();
}

std::string SampleFacts::name() const { return sample_name(*dataset_, id_); }

std::unique_ptr<Subset> filter(const SharedDataset& whole, const SamplePredicate& keep) {
  if (!keep) refuse("the predicate of a filter is an empty function");
  return filtered(whole, keep, "the predicate of a filter is true for");
}

std::unique_ptr<Subset> filter(const SharedDataset& whole, std::span<const FilterRule> rules) {
  if (!whole) throw Error(ErrorCode::dataset, "the dataset to filter is null");
  if (rules.empty()) refuse("a filter has no rule; it needs at least one");
  // Names first: a label may have to be read.
  std::vector<SamplePredicate> predicates;
  for (const bool of_names : {true, false}) {
    for (const FilterRule& rule : rules) {
      if ((rule.by == FilterBy::name) == of_names) predicates.push_back(predicate_of(rule, whole->classes()));
    }
  }
  const auto passes_all = [&predicates](const SampleFacts& sample) {
    return std::all_of(predicates.begin(), predicates.end(),
                       [&sample](const SamplePredicate& passes) { return passes(sample); });
  };
  return filtered(whole, passes_all, fmt::format("the filter {} lets pass", text_of(rules)));
}

}  // namespace slabring
