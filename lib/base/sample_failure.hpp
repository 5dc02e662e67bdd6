#pragma once

#include <stdexcept>
#include <string>

#include "slabring/sample.hpp"

namespace slabring {

/// Why one sample cannot be delivered. Thrown by reading, decoding and transforming; caught where a row is filled and
/// turned into data of its batch. The message is a sentence without the sample's name.
class SampleFailure : public std::runtime_error {
 public:
  SampleFailure(SampleStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
  SampleStatus status() const noexcept { return status_; }

 private:
  SampleStatus status_;
};

}  // namespace slabring
