#include "augment/batch_mix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "augment/convert.hpp"
#include "augment/draw.hpp"
#include "augment/image_form.hpp"
#include "augment/normal_stream.hpp"
#include "augment/parameters.hpp"

namespace slabring {
namespace {

bool is_mix(const Transform& transform) noexcept {
  return std::holds_alternative<MixUp>(transform) || std::holds_alternative<CutMix>(transform);
}

int classes_of(const Transform& transform) noexcept {
  if (const auto* mixup = std::get_if<MixUp>(&transform)) return mixup->num_classes;
  return std::get<CutMix>(transform).num_classes;
}

// As torch's Beta, in float32.
float draw_lambda(double alpha, RandomStream& random) noexcept {
  const double one = draw_gamma(alpha, random);
  const double other = draw_gamma(alpha, random);
  return one + other > 0.0 ? static_cast<float>(one / (one + other)) : 0.5F;
}

MixDraw draw_blend(const MixUp& op, RandomStream& random) noexcept {
  const float lambda = draw_lambda(op.alpha, random);
  return {false, lambda, static_cast<double>(lambda), {}};
}

// torchvision's CutMix: a middle anywhere, half the sides to each side of it, cut off at the border.
MixDraw draw_paste(const CutMix& op, const RowShape& shape, RandomStream& random) noexcept {
  const auto lambda = static_cast<double>(draw_lambda(op.alpha, random));
  const auto x = static_cast<int>(random.below(static_cast<std::uint64_t>(shape.width)));
  const auto y = static_cast<int>(random.below(static_cast<std::uint64_t>(shape.height)));
  const double half = 0.5 * std::sqrt(1.0 - lambda);
  const int half_width = static_cast<int>(half * shape.width);
  const int half_height = static_cast<int>(half * shape.height);
  const int left = std::max(x - half_width, 0);
  const int top = std::max(y - half_height, 0);
  const Rect box{left, top, std::min(x + half_width, shape.width) - left,
                 std::min(y + half_height, shape.height) - top};
  const double area = static_cast<double>(box.width) * box.height;
  const double share = 1.0 - area / (static_cast<double>(shape.width) * shape.height);
  return {true, static_cast<float>(share), share, box};
}

// ---- elements ----

struct U8 {
  using Value = std::uint8_t;
  static Value blend(Value own, Value partner, float lambda, float rest) noexcept {
    return static_cast<Value>(
        static_cast<int>(static_cast<float>(own) * lambda + static_cast<float>(partner) * rest + 0.5F));
  }
};

struct F32 {
  using Value = float;
  static Value blend(Value own, Value partner, float lambda, float rest) noexcept {
    return partner * rest + own * lambda;
  }
};

struct F16 {
  using Value = std::uint16_t;
  static Value blend(Value own, Value partner, float lambda, float rest) noexcept {
    return to_half(F32::blend(from_half(own), from_half(partner), lambda, rest));
  }
};

struct BF16 {
  using Value = BFloat16;
  static Value blend(Value own, Value partner, float lambda, float rest) noexcept {
    return to_bfloat16(F32::blend(from_bfloat16(own), from_bfloat16(partner), lambda, rest));
  }
};

template <class Element>
void blend_rows(const MixDraw& draw, const RowShape& shape, const std::byte* own, const std::byte* partner,
                std::byte* row) noexcept {
  using Value = typename Element::Value;
  const auto* a = reinterpret_cast<const Value*>(own);
  const auto* b = reinterpret_cast<const Value*>(partner);
  auto* out = reinterpret_cast<Value*>(row);
  const auto lambda = static_cast<float>(draw.weight);
  const auto rest = static_cast<float>(1.0 - draw.weight);
  const std::size_t count = shape.bytes() / sizeof(Value);
  for (std::size_t i = 0; i < count; ++i) out[i] = Element::blend(a[i], b[i], lambda, rest);
}

void paste_box(const Rect& box, const RowShape& shape, const std::byte* partner, std::byte* row) noexcept {
  const bool planar = shape.layout == Layout::nchw;
  const int planes = planar ? shape.channels : 1;
  const std::size_t pixel = size_of(shape.dtype) * static_cast<std::size_t>(planar ? 1 : shape.channels);
  for (int plane = 0; plane < planes; ++plane) {
    for (int y = box.y; y < box.bottom(); ++y) {
      const auto line =
          static_cast<std::size_t>(plane) * static_cast<std::size_t>(shape.height) + static_cast<std::size_t>(y);
      const std::size_t at = (line * static_cast<std::size_t>(shape.width) + static_cast<std::size_t>(box.x)) * pixel;
      std::memcpy(row + at, partner + at, static_cast<std::size_t>(box.width) * pixel);
    }
  }
}

}  // namespace

bool BatchMix::mixes(const OpTree& tree, std::uint32_t index) noexcept {
  const Transform& transform = *tree.node(index).transform;
  if (!std::holds_alternative<RandomChoice>(transform)) return is_mix(transform);
  const auto& list = std::get<RandomChoice>(transform).transforms.items();
  return !list.empty() && std::all_of(list.begin(), list.end(), is_mix);
}

std::optional<BatchMix> BatchMix::in(const OpTree& tree) {
  for (std::uint32_t i = 0; i < tree.size(); i = tree.next(i)) {
    if (!mixes(tree, i)) continue;
    const std::uint32_t first = is_mix(*tree.node(i).transform) ? i : i + 1;
    const int classes = classes_of(*tree.node(first).transform);
    for (std::uint32_t other = first; other < tree.next(i); ++other) {
      const int its = classes_of(*tree.node(other).transform);
      if (its == classes) continue;
      refuse_op(tree.node(other),
                fmt::format("num_classes is {}, that of the one before it {}; must be the same", its, classes));
    }
    return BatchMix(tree, i, classes);
  }
  return std::nullopt;
}

std::string_view BatchMix::name() const noexcept { return op_name(*tree_->node(index_).transform); }

MixDraw BatchMix::draw(std::uint64_t key, std::uint64_t batch, const RowShape& shape) const noexcept {
  std::uint32_t index = index_;
  if (const auto* choice = std::get_if<RandomChoice>(tree_->node(index).transform)) {
    RandomStream random(key, SampleId{batch}, index);
    index += 1 + static_cast<std::uint32_t>(draw_choice(*choice, random));
  }
  const Transform& transform = *tree_->node(index).transform;
  RandomStream random(key, SampleId{batch}, index);
  if (const auto* mixup = std::get_if<MixUp>(&transform)) return draw_blend(*mixup, random);
  return draw_paste(std::get<CutMix>(transform), shape, random);
}

void mix_rows(const MixDraw& draw, const RowShape& shape, const std::byte* own, const std::byte* partner,
              std::byte* row) noexcept {
  if (draw.pastes) {
    std::memcpy(row, own, shape.bytes());
    return paste_box(draw.box, shape, partner, row);
  }
  switch (shape.dtype) {
    case DType::f16: return blend_rows<F16>(draw, shape, own, partner, row);
    case DType::f32: return blend_rows<F32>(draw, shape, own, partner, row);
    case DType::bf16: return blend_rows<BF16>(draw, shape, own, partner, row);
    default: return blend_rows<U8>(draw, shape, own, partner, row);  // images have no other types
  }
}

}  // namespace slabring
