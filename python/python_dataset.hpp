#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <optional>
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
  /// or "pixels" with a C-contiguous buffer of uint8 [height, width, channels]. With `form` there is a fourth, "array",
  /// whose buffer is C-contiguous and of that form, and no other. `payload`: a descriptor of what workers make the
  /// object from, the caller's.
  PythonDataset(std::uint64_t size, pybind11::object fetch, pybind11::object describe, std::vector<std::string> classes,
                std::uint64_t fingerprint, std::optional<ArrayForm> form, std::vector<std::string> worker_command,
                int payload);
  ~PythonDataset() override;
  PythonDataset(const PythonDataset&) = delete;
  PythonDataset& operator=(const PythonDataset&) = delete;

  std::uint64_t size() const override { return size_; }
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  std::span<const std::string> classes() const noexcept override { return classes_; }
  std::optional<ArrayForm> sample_array() const override { return form_; }
  std::uint64_t fingerprint() const override { return fingerprint_; }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  void fetch_into(SampleId id, Sample& sample) const;

  std::uint64_t size_;
  pybind11::object fetch_;
  pybind11::object describe_;
  std::vector<std::string> classes_;
  std::uint64_t fingerprint_;
  std::optional<ArrayForm> form_;
  std::vector<std::string> worker_command_;
  int payload_;
  /// What the Sample points to until its next load(); guarded by the interpreter's lock.
  mutable std::unordered_map<const Sample*, pybind11::buffer_info> held_;
};

/// Another dataset, whose workers are Python because the pipeline has functions of Python in it.
class WithPythonWorkers final : public Dataset {
 public:
  /// `payload`: as PythonDataset's; of another dataset than that it holds the functions alone. Throws
  /// Error(invalid_argument) for a dataset that no other program can open, or only one of its own.
  WithPythonWorkers(std::shared_ptr<const Dataset> dataset, std::vector<std::string> worker_command, int payload);

  std::uint64_t size() const override { return dataset_->size(); }
  void load(SampleId id, Sample& sample) const override { dataset_->load(id, sample); }
  std::string describe(SampleId id) const override { return dataset_->describe(id); }
  void will_need(SampleId id) const noexcept override { dataset_->will_need(id); }
  std::span<const std::string> classes() const noexcept override { return dataset_->classes(); }
  std::optional<SampleShape> sample_shape() const override { return dataset_->sample_shape(); }
  std::optional<ArrayForm> sample_array() const override { return dataset_->sample_array(); }
  std::span<const ExtraArray> extra_arrays() const noexcept override { return dataset_->extra_arrays(); }
  std::uint64_t fingerprint() const override { return dataset_->fingerprint(); }
  std::vector<std::string> read_roots() const override { return dataset_->read_roots(); }
  std::optional<DatasetRecipe> recipe() const override { return recipe_; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  DatasetRecipe recipe_;
};

/// ("f32", shape) or None.
std::optional<ArrayForm> array_form(const pybind11::object& given);

/// run_as_worker() of slabring/worker.hpp; `open(descriptor)` makes from the payload (size, fetch, form, functions),
/// size being None where another dataset's recipe stands beside it.
int run_python_worker(std::uint32_t slot, const pybind11::object& open);

}  // namespace slabring::python
