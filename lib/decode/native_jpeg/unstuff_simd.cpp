// unstuff(), compiled once for each instruction set.
#include "decode/native_jpeg/unstuff.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decode/native_jpeg/unstuff_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep: includes this file once for each target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace slabring::native_jpeg {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

Unstuffed Unstuff(const std::uint8_t* source, std::size_t size, std::size_t enough, std::uint8_t* out) {
  return plain::unstuff(source, size, enough, out);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// A vector is written whole, and what lies behind its first FF is written again.
Unstuffed Unstuff(const std::uint8_t* source, std::size_t size, std::size_t enough, std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, unstuff_slack> d8;
  const std::size_t lanes = hn::Lanes(d8);
  const auto prefix = hn::Set(d8, 0xFF);
  Unstuffed done;
  // Two bytes more than the vector, so that an FF is never the last one.
  while (done.read < enough && size - done.read >= lanes + 2) {
    const auto bytes = hn::LoadU(d8, source + done.read);
    hn::StoreU(bytes, d8, out + done.written);
    const std::intptr_t found = hn::FindFirstTrue(d8, hn::Eq(bytes, prefix));
    const std::size_t before = found < 0 ? lanes : static_cast<std::size_t>(found);
    done.read += before;
    done.written += before;
    if (found < 0) continue;
    done.at_marker = source[done.read + 1] != 0;
    if (done.at_marker) return done;
    done.read += 2;
    done.written += 1;
  }
  if (done.read >= enough) return done;
  const Unstuffed rest = plain::unstuff(source + done.read, size - done.read, enough - done.read, out + done.written);
  return {done.read + rest.read, done.written + rest.written, rest.at_marker};
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace slabring::native_jpeg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slabring::native_jpeg {

HWY_EXPORT(Unstuff);

Unstuffed unstuff(const std::uint8_t* source, std::size_t size, std::size_t enough, std::uint8_t* out) {
  return HWY_DYNAMIC_DISPATCH(Unstuff)(source, size, enough, out);
}

}  // namespace slabring::native_jpeg
#endif
