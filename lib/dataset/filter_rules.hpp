#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/filter.hpp"

namespace slabring {

/// Labels from first to last, both of them included.
struct LabelRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool has(std::int64_t label) const noexcept { return label >= first && label <= last; }
};

/// "3", "-1" or "0..9". Throws Error(invalid_argument).
LabelRange label_range(std::string_view text);

/// The numbers of the classes that are like one of `patterns`, as FilterBy::class_name compares, sorted. Throws
/// Error(dataset) that lists the classes when a pattern is like none.
std::vector<std::int64_t> classes_like(std::span<const std::string> classes, std::span<const std::string> patterns);

/// What a sample is called: SampleFacts::name().
std::string sample_name(const Dataset& dataset, SampleId id);

/// A rule as a person writes it: `word` is "label", "class" or "name", or one of them with a "!" behind; `values` have
/// commas between them. Throws Error(invalid_argument).
FilterRule filter_rule(std::string_view word, std::string_view values);

/// "class=cat,dog&name!=*.png". Throws Error(invalid_argument).
std::vector<FilterRule> filter_rules(std::string_view text);

/// "a,b" as its parts; none of an empty text.
std::vector<std::string> parts_between_commas(std::string_view text);

}  // namespace slabring
