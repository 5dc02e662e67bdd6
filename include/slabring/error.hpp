#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "slabring/export.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// What kind of thing went wrong, for programs; the message is for people.
enum class ErrorCode : std::uint32_t {
  invalid_argument,  ///< an option or parameter has a value that cannot be used
  dataset,           ///< the dataset cannot be opened or holds nothing
  pipeline,          ///< the transforms cannot be combined, parsed or carried to a worker
  memory,            ///< the ring cannot be allocated
  process,           ///< coordinator or workers cannot be started, or have ended
  ring_exhausted,    ///< every slab is held by the caller, so no batch can arrive
  sample_fault,      ///< a sample failed and `on_error` is OnError::raise
  timeout,           ///< nothing arrived for as long as `timeout` allows
  io,                ///< the operating system refused an operation
  state,             ///< a saved state is damaged, or of another run
  device,            ///< a GPU, or its driver, is missing or refused
};

/// The word for a code, as it appears in messages: "invalid_argument".
SLABRING_API std::string_view to_string(ErrorCode code) noexcept;

/// The one exception type of set-up and usage errors. The message names what, where and the offending value, and
/// what would be right.
class SLABRING_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Thrown by the iteration over an epoch when a sample failed and `on_error` is OnError::raise. The batch that held the
/// sample is given back; the loader stays usable and the iteration may go on with the next batch.
class SLABRING_API SampleError : public Error {
 public:
  explicit SampleError(SampleFault fault);
  const SampleFault& fault() const noexcept { return fault_; }

 private:
  SampleFault fault_;
};

}  // namespace slabring
