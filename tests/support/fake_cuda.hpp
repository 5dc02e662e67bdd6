#pragma once

#include <cstddef>
#include <cstdint>

/// What fake_cuda_driver has beside the functions of a CUDA driver: tests look and interfere here. Found by dlsym, or
/// by ctypes from Python.
extern "C" {
/// Forgets counts, planned failures and mistakes; memory and streams stay.
void fake_cuda_reset();
/// The call of `function` (its name without version) after `calls` more ones returns `result`.
void fake_cuda_fail(const char* function, int calls, int result);
/// How often it was called since the last reset.
int fake_cuda_count(const char* function);
/// What a real driver would have answered with an error or a wrong result: one line each; "" in the end, one hopes.
const char* fake_cuda_mistakes();
/// Memory that is registered, and that is allocated on the device, now.
std::size_t fake_cuda_registered_bytes();
std::size_t fake_cuda_device_bytes();
/// A kernel that reads: queues on `stream` (a handle, 1 or 2) a copy of the device's memory to `out`.
void fake_cuda_read(std::uintptr_t stream, std::uint64_t address, std::size_t bytes, void* out);
/// Does what `stream` has queued. 0: what every stream has.
void fake_cuda_finish(std::uintptr_t stream);
/// As cuStreamCreate, for a consumer's stream.
std::uintptr_t fake_cuda_stream();
}
