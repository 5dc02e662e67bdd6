#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "slabring/slabring.hpp"

// What the parts of the extension `slabring._slabring` define in it, and what several of them need.

namespace slabring::python {

void define_arrays(pybind11::module_& m);
void define_datasets(pybind11::module_& m);
void define_combinations(pybind11::module_& m);
void define_sampler(pybind11::module_& m);
void define_loader(pybind11::module_& m);

/// (index, status, source, message, index of the substitute or None)
pybind11::tuple as_tuple(const SampleFault& fault);
pybind11::dict as_dict(const CacheStats& stats);
std::vector<SampleId> as_ids(const std::vector<std::uint64_t>& numbers);

/// The value of `all` that is called `word`. Throws Error that names the option and them.
template <class Enum>
Enum named(const char* option, const std::string& word, std::initializer_list<Enum> all) {
  std::string allowed;
  for (const Enum value : all) {
    if (word == to_string(value)) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(value));
  }
  throw Error(ErrorCode::invalid_argument, std::string(option) + " is '" + word + "'; it must be one of " + allowed);
}

}  // namespace slabring::python
