#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "slabring/dataset.hpp"

namespace slabring::python {

/// A dataset whose samples a Python function makes. In the trainer it also says how workers open it: by a program that
/// is Python. Everything but the constructor may be called without the interpreter's lock.
class PythonDataset final : public Dataset {
 public:
  /// `fetch(index)` returns (label, form, data): form "path" with a str, "encoded" with a contiguous buffer of bytes,
  /// or "pixels" with a C-contiguous buffer of uint8 [height, width, channels]. `payload`: a descriptor of what workers
  /// make the object from, the caller's.
  PythonDataset(std::uint64_t size, pybind11::object fetch, pybind11::object describe, std::vector<std::string> classes,
                std::uint64_t fingerprint, std::vector<std::string> worker_command, int payload);
  ~PythonDataset() override;
  PythonDataset(const PythonDataset&) = delete;
  PythonDataset& operator=(const PythonDataset&) = delete;

  std::uint64_t size() const override { return size_; }
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  std::span<const std::string> classes() const noexcept override { return classes_; }
  std::uint64_t fingerprint() const override { return fingerprint_; }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  void fetch_into(SampleId id, Sample& sample) const;

  std::uint64_t size_;
  pybind11::object fetch_;
  pybind11::object describe_;
  std::vector<std::string> classes_;
  std::uint64_t fingerprint_;
  std::vector<std::string> worker_command_;
  int payload_;
  /// What the Sample points to until its next load(); guarded by the interpreter's lock.
  mutable std::unordered_map<const Sample*, pybind11::buffer_info> held_;
};

/// run_as_worker() of slabring/worker.hpp; `open(descriptor)` makes the PythonDataset from the payload.
int run_python_worker(std::uint32_t slot, const pybind11::object& open);

}  // namespace slabring::python
