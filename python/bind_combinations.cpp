// Datasets made of others as Python sees them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "python_dataset.hpp"

namespace py = pybind11;

namespace slabring::python {
namespace {

using DatasetHandle = std::shared_ptr<Dataset>;

DatasetHandle concat(const std::vector<DatasetHandle>& parts) {
  return std::make_shared<ConcatDataset>(std::vector<SharedDataset>(parts.begin(), parts.end()));
}

DatasetHandle subset(const DatasetHandle& whole, const std::vector<std::uint64_t>& ids) {
  return std::make_shared<Subset>(whole, as_ids(ids));
}

DatasetHandle subset_range(const DatasetHandle& whole, std::uint64_t first, std::uint64_t count) {
  return std::make_shared<Subset>(whole, first, count);
}

std::vector<std::uint64_t> subset_ids(const Dataset& dataset) {
  const auto& subset = dynamic_cast<const Subset&>(dataset);
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < subset.size(); ++id) ids.push_back(to_index(subset.original(SampleId{id})));
  return ids;
}

std::vector<DatasetHandle> split(const DatasetHandle& whole, const std::vector<double>& fractions, std::uint64_t seed,
                                 bool stratified) {
  std::vector<DatasetHandle> parts;
  for (std::unique_ptr<Subset>& part : random_split(whole, fractions, {seed, stratified})) {
    parts.push_back(std::move(part));
  }
  return parts;
}

/// What a predicate of Python's is asked about. It may keep it.
struct PythonFacts {
  DatasetHandle dataset;
  SampleFacts facts;
};

/// The facts of one sample, and the word of `predicate` about them. A label that cannot be read stays the business of
/// filter(), which knows it by SampleFacts::unreadable().
bool holds(const py::object& predicate, const DatasetHandle& whole, const SampleFacts& sample) {
  const auto asked = std::make_shared<PythonFacts>(PythonFacts{whole, sample});
  try {
    const int truth = PyObject_IsTrue(predicate(asked).ptr());
    if (truth < 0) throw py::error_already_set();
    return truth != 0;
  } catch (const py::error_already_set&) {
    if (!asked->facts.unreadable()) throw;
    return true;
  }
}

DatasetHandle filter_by_function(const DatasetHandle& whole, const py::object& predicate) {
  return filter(whole, [&](const SampleFacts& sample) { return holds(predicate, whole, sample); });
}

DatasetHandle filter_by_rules(const DatasetHandle& whole, const std::vector<std::string>& labels,
                              const std::vector<std::string>& classes, const std::vector<std::string>& names) {
  std::vector<FilterRule> rules;
  if (!labels.empty()) rules.push_back({FilterBy::label, labels});
  if (!classes.empty()) rules.push_back({FilterBy::class_name, classes});
  if (!names.empty()) rules.push_back({FilterBy::name, names});
  return filter(whole, rules);
}

DatasetHandle relabel(const DatasetHandle& whole, const RelabelDataset::Labels& labels,
                      std::optional<std::vector<std::string>> classes) {
  return std::make_shared<RelabelDataset>(whole, labels, std::move(classes));
}

DatasetHandle rename(const DatasetHandle& whole, const std::vector<std::pair<std::string, std::string>>& names) {
  return rename_classes(whole, names);
}

DatasetHandle mixture(const std::vector<DatasetHandle>& parts, const std::vector<double>& weights, std::uint64_t seed,
                      std::uint64_t draws, bool shuffle) {
  return std::make_shared<MixtureDataset>(std::vector<SharedDataset>(parts.begin(), parts.end()), weights,
                                          MixtureOptions{seed, draws, shuffle});
}

DatasetHandle cached(const DatasetHandle& whole, std::uint64_t limit, const std::string& what) {
  return std::make_shared<CachedDataset>(whole,
                                         CacheOptions{limit, named("of", what, {CacheOf::encoded, CacheOf::decoded})});
}

py::dict cache_stats(const Dataset& dataset) { return as_dict(dynamic_cast<const CachedDataset&>(dataset).stats()); }

}  // namespace

std::vector<SampleId> as_ids(const std::vector<std::uint64_t>& numbers) {
  std::vector<SampleId> ids(numbers.size());
  std::transform(numbers.begin(), numbers.end(), ids.begin(), [](std::uint64_t number) { return SampleId{number}; });
  return ids;
}

py::dict as_dict(const CacheStats& stats) {
  using namespace py::literals;
  return py::dict("limit_bytes"_a = stats.limit_bytes, "used_bytes"_a = stats.used_bytes, "samples"_a = stats.samples,
                  "not_kept"_a = stats.not_kept, "hits"_a = stats.hits, "misses"_a = stats.misses);
}

void define_combinations(py::module_& m) {
  // With the interpreter's lock: a part may be Python's.
  m.def("concat", &concat);
  m.def("subset", &subset);
  m.def("subset_range", &subset_range);
  m.def("subset_ids", &subset_ids);
  m.def("random_split", &split);
  py::class_<PythonFacts, std::shared_ptr<PythonFacts>>(m, "SampleFacts",
                                                        "What can be said of a sample without its pixels: what a "
                                                        "predicate of ``filter`` decides by. Each thing is looked "
                                                        "up when it is asked for.")
      .def_property_readonly("index", [](const PythonFacts& self) { return to_index(self.facts.id()); })
      .def_property_readonly(
          "label", [](const PythonFacts& self) { return self.facts.label(); },
          "Reads the sample where its kind of dataset does not know the label otherwise.")
      .def_property_readonly(
          "class_name", [](const PythonFacts& self) { return std::string(self.facts.class_name()); },
          "Of its label; empty when that has none.")
      .def_property_readonly(
          "name", [](const PythonFacts& self) { return self.facts.name(); },
          "Its path, or what it is called in its file: the key in a tar shard, the name in a pack.");
  m.def("filter_by_function", &filter_by_function);
  m.def("filter_by_rules", &filter_by_rules);
  m.def("relabel", &relabel);
  m.def("rename_classes", &rename);
  m.def("mixture", &mixture);
  m.def("cached", &cached);
  m.def("cache_stats", &cache_stats);
}

}  // namespace slabring::python
