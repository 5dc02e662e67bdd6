#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "slabring/batch.hpp"
#include "slabring/export.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// Which GPU, and whose driver. The driver is loaded when it is first asked for; slabring is linked to nothing of CUDA.
struct CudaOptions {
  /// Its number among those that the driver shows (CUDA_VISIBLE_DEVICES). Unset: that of the context which is current
  /// in the calling thread, else 0.
  std::optional<int> device{};
  /// The library that speaks for the GPUs. Empty: $SLABRING_CUDA_DRIVER, else "libcuda.so.1", which comes with NVIDIA's
  /// driver; the CUDA toolkit is not needed.
  std::string driver{};
};

/// A CUstream, or the numbers that CUDA gives to two of them.
using CudaStream = std::uintptr_t;
inline constexpr CudaStream legacy_stream = 1;      ///< CU_STREAM_LEGACY, the default stream
inline constexpr CudaStream per_thread_stream = 2;  ///< CU_STREAM_PER_THREAD

class DeviceStream;

/// A batch in the memory of a GPU: images and labels, and no extra arrays. Made by DeviceCopier::copy, whose memory it
/// borrows; may outlive the copier. Its destructor gives the memory back for a later batch.
///
/// One DeviceBatch must not be used by two threads at once; it may be destroyed by any thread.
class SLABRING_API DeviceBatch {
 public:
  DeviceBatch(DeviceBatch&&) noexcept;
  DeviceBatch& operator=(DeviceBatch&&) noexcept;
  ~DeviceBatch();

  /// As Batch::images(); `data` is an address of the device, which the host cannot read.
  const Tensor& images() const noexcept;
  /// One for each row, as Batch::labels(); an address of the device.
  std::int64_t* labels() const noexcept;
  int device() const noexcept;

  /// Whatever is queued on `stream` from now on finds the copy done; and whatever is queued there until this object is
  /// destroyed is done before the memory is written again. Does not wait. Requires: the stream lives as long as this
  /// object. Throws Error(device).
  void use_on(CudaStream stream);
  /// The copier's own stream, for who orders his streams behind it himself. What is queued anywhere on the device when
  /// this object is destroyed is done before the memory is written again; that costs a wait when it is.
  CudaStream use_anywhere() noexcept;
  /// Waits until the copy is done. Throws Error(device).
  void wait() const;

 private:
  friend class DeviceCopier;
  class Impl;
  explicit DeviceBatch(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// Takes batches to a GPU, by asynchronous copies on a stream of its own, which runs beside the kernels on others.
///
///   slabring::DeviceCopier copier({.device = 0});
///   loader.pin_memory({.device = 0});             // else a copy is no faster than the CPU
///   loader.epoch(0);
///   for (slabring::Batch batch = loader.next(); !batch.empty(); copier.collect(), batch = loader.next()) {
///     slabring::DeviceBatch images = copier.copy(std::move(batch));
///     images.use_on(stream);
///     train<<<..., stream>>>(images.images().as<float>(), images.labels());
///   }
///
/// To have a copy run while the device is at work on the batch before, begin it before that: where Loader::ready() says
/// so, take and copy the next batch at once, and count it by Loader::state(1) until it is used.
///
/// A slab goes back to the ring when the event behind its copy has come, which collect(), copy() and wait() look for:
/// slabring starts no thread for it. Memory of the device is allocated when no batch has given some back; so a loop
/// that keeps none has as much as two or three batches.
///
/// Thread rule: one thread at a time. In a fork of the program it can be destroyed and nothing else.
class SLABRING_API DeviceCopier {
 public:
  /// Throws Error(device), which says what is missing: no driver, no such GPU, or what the driver refused.
  explicit DeviceCopier(const CudaOptions& cuda = {});
  ~DeviceCopier();  ///< waits for the copies under way
  DeviceCopier(DeviceCopier&&) noexcept;
  DeviceCopier& operator=(DeviceCopier&&) noexcept;

  /// Begins to copy images and labels; returns at once (with memory that is not pinned the driver may take longer).
  /// Throws Error(device): the driver refused, or has no memory left; the batch is given back then.
  /// Requires: !batch.empty().
  DeviceBatch copy(Batch batch);
  /// Gives back the slabs whose copies have ended; returns how many are under way. Throws Error(device).
  std::size_t collect();
  /// Waits until no more than `under_way` copies are, and gives back the others' slabs. Throws Error(device).
  void wait(std::size_t under_way = 0);

  int device() const noexcept;

 private:
  std::shared_ptr<DeviceStream> stream_;
};

}  // namespace slabring
