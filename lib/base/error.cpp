#include "slabring/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace slabring {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::dataset: return "dataset";
    case ErrorCode::pipeline: return "pipeline";
    case ErrorCode::memory: return "memory";
    case ErrorCode::process: return "process";
    case ErrorCode::ring_exhausted: return "ring_exhausted";
    case ErrorCode::sample_fault: return "sample_fault";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::io: return "io";
    case ErrorCode::state: return "state";
    case ErrorCode::device: return "device";
  }
  return "unknown";
}

std::string_view to_string(SampleStatus status) noexcept {
  switch (status) {
    case SampleStatus::ok: return "ok";
    case SampleStatus::pending: return "pending";
    case SampleStatus::open_failed: return "open_failed";
    case SampleStatus::read_failed: return "read_failed";
    case SampleStatus::empty: return "empty";
    case SampleStatus::too_large: return "too_large";
    case SampleStatus::unknown_format: return "unknown_format";
    case SampleStatus::unsupported: return "unsupported";
    case SampleStatus::corrupt: return "corrupt";
    case SampleStatus::truncated: return "truncated";
    case SampleStatus::wrong_shape: return "wrong_shape";
    case SampleStatus::transform_failed: return "transform_failed";
    case SampleStatus::dataset_failed: return "dataset_failed";
    case SampleStatus::out_of_memory: return "out_of_memory";
    case SampleStatus::quarantined: return "quarantined";
    case SampleStatus::stalled: return "stalled";
    case SampleStatus::cancelled: return "cancelled";
    case SampleStatus::substituted: return "substituted";
    case SampleStatus::padded: return "padded";
    case SampleStatus::absent: return "absent";
  }
  return "unknown";
}

SampleError::SampleError(SampleFault fault)
    : Error(ErrorCode::sample_fault, fmt::format("sample {} ({}): {} [{}]", to_index(fault.id), fault.source,
                                                 fault.message, to_string(fault.status))),
      fault_(std::move(fault)) {}

}  // namespace slabring
