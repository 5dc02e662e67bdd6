#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "slabring/dataset.hpp"

namespace slabring {

/// What the bytes of every sample in a pack are: an image file, or, of one form, an array or pixels.
struct PackForm {
  std::optional<ArrayForm> array;
  std::optional<SampleShape> pixels;

  bool is_bare() const noexcept { return array || pixels; }
  /// Of every sample. Requires: is_bare().
  std::size_t sample_bytes() const noexcept;
  /// The sample is what `bytes` hold, which must stay valid as Sample says. Throws SampleFailure(corrupt) where they
  /// are not sample_bytes().
  void give(std::span<const std::byte> bytes, Sample& sample) const;
};

/// The form of what `dataset` gives.
PackForm pack_form_of(const Dataset& dataset);

/// As members of what a pack says about itself; none for image files.
nlohmann::json pack_form_to_json(const PackForm& form);
/// Throws nlohmann::json::exception, or Error(dataset) that begins with `path`.
PackForm pack_form_from_json(const nlohmann::json& about, const std::string& path);

}  // namespace slabring
