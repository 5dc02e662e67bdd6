#include "slabring/dataset.hpp"

#include <fmt/format.h>

namespace slabring {

Dataset::~Dataset() = default;

std::string Dataset::describe(SampleId id) const { return fmt::format("sample {}", to_index(id)); }

void Dataset::will_need(SampleId) const noexcept {}

std::span<const std::string> Dataset::classes() const noexcept { return {}; }

std::optional<SampleShape> Dataset::sample_shape() const { return std::nullopt; }
std::optional<ArrayForm> Dataset::sample_array() const { return std::nullopt; }
std::span<const ExtraArray> Dataset::extra_arrays() const noexcept { return {}; }
std::uint64_t Dataset::fingerprint() const { return size(); }
std::vector<std::string> Dataset::read_roots() const { return {}; }
std::optional<DatasetRecipe> Dataset::recipe() const { return std::nullopt; }

}  // namespace slabring
