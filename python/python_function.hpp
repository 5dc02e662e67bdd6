#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string_view>

#include "slabring/plugin.hpp"

namespace slabring::python {

/// A Python function as a step of a pipeline: the transform "python" of the plug-in that this extension is, too. Its
/// configuration is "NUMBER:NAME": which of the functions in force, and what it is called, so that a saved state tells
/// one from another. So whatever carries a pipeline carries such a step; only a process that has the functions can
/// compile it.
class PythonFunction final : public PluginTransform {
 public:
  /// Throws std::runtime_error where no such function is in force.
  explicit PythonFunction(std::string_view config);
  ~PythonFunction() override;
  PythonFunction(const PythonFunction&) = delete;
  PythonFunction& operator=(const PythonFunction&) = delete;

  /// Calls it with a view of the pixels, (height, width, channels), and two random numbers.
  void apply(const MutableImageView& image, PluginRandom& random) override;

 private:
  pybind11::object call_;
};

/// The list of functions that this thread's pipelines are compiled with, while it lives. Requires: the interpreter's
/// lock where it is made; `functions` outlives it.
class FunctionsInForce {
 public:
  explicit FunctionsInForce(const pybind11::object& functions) noexcept;
  ~FunctionsInForce();
  FunctionsInForce(const FunctionsInForce&) = delete;
  FunctionsInForce& operator=(const FunctionsInForce&) = delete;

 private:
  PyObject* before_;
};

/// "ValueError: no such record", without the traceback: the message of a sample's fault. Requires the lock.
std::string words_of(const pybind11::error_already_set& error);

}  // namespace slabring::python
