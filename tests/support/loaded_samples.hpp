#pragma once

#include <cstdint>
#include <string>

#include "base/sample_failure.hpp"
#include "slabring/dataset.hpp"

namespace slabring::test {

/// What a dataset of image files gives as sample `i`: "LABEL=" and its bytes, or its path; or "STATUS: why" it fails.
inline std::string loaded(const Dataset& dataset, std::uint64_t i) {
  Sample sample;
  try {
    dataset.load(SampleId{i}, sample);
  } catch (const SampleFailure& failure) {
    std::string text(to_string(failure.status()));
    return text.append(": ").append(failure.what());
  }
  std::string text = std::to_string(sample.label());
  text += '=';
  if (sample.source() == Sample::Source::file) return text + sample.path();
  return text.append(reinterpret_cast<const char*>(sample.encoded().data()), sample.encoded().size());
}

/// Every sample on a line of its own.
inline std::string contents(const Dataset& dataset) {
  std::string text;
  for (std::uint64_t i = 0; i < dataset.size(); ++i) text.append(loaded(dataset, i)).append("\n");
  return text;
}

}  // namespace slabring::test
