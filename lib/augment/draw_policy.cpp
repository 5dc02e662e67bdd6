#include <cmath>
#include <cstddef>

#include "augment/draw_one.hpp"
#include "augment/normal_stream.hpp"
#include "augment/policies.hpp"
#include "augment/warp_rules.hpp"

namespace slabring {
namespace {

// What all policies do with an operation once it is drawn: autoaugment._apply_op.
class PolicyDraw {
 public:
  PolicyDraw(DrawOne& draw, Interpolation interpolation, const Fill& fill)
      : draw_(draw), interpolation_(interpolation), fill_(fill) {}

  void apply(PolicyOp op, double magnitude) {
    using enum PolicyOp;
    switch (op) {
      case identity: return;
      case shear_x: return shear(magnitude, 0.0);
      case shear_y: return shear(0.0, magnitude);
      case translate_x: return translate(std::trunc(magnitude), 0.0);
      case translate_y: return translate(0.0, std::trunc(magnitude));
      case rotate: return draw_.rotate(magnitude, false, std::nullopt, interpolation_, fill_);
      case brightness: return draw_.stages.apply(op::Brightness{1.0 + magnitude});
      case color: return draw_.stages.apply(op::Saturation{1.0 + magnitude});
      case contrast: return draw_.stages.apply(op::Contrast{1.0 + magnitude});
      case sharpness: return draw_.stages.apply(op::Sharpness{1.0 + magnitude});
      case posterize: return draw_.stages.apply(op::Posterize{static_cast<int>(magnitude)});
      case solarize: return draw_.stages.apply(op::Solarize{magnitude});
      case autocontrast: return draw_.stages.apply(op::Autocontrast{});
      case equalize: return draw_.stages.apply(op::Equalize{});
      case invert: return draw_.stages.apply(op::Invert{});
    }
  }

  // Draws the sign, where there is one, and applies.
  void apply_signed(PolicyOp op, double magnitude) {
    const bool negative = is_signed(op) && draw_.below(2) == 1;
    apply(op, negative ? -magnitude : magnitude);
  }

 private:
  // By tangents, where torchvision goes through degrees and back.
  void shear(double x, double y) { affine({1.0, x, 0.0, y, 1.0, 0.0}); }

  void translate(double x, double y) {
    AffineParameters parameters;
    parameters.translate_x = x;
    parameters.translate_y = y;
    affine(affine_matrix(parameters, middle(draw_.stages.size())));
  }

  void affine(const AffineMatrix& matrix) {
    const Size size = draw_.stages.size();
    draw_.stages.apply(op::Affine{matrix, interpolation_, colour_of(fill_), size.width, size.height});
  }

  DrawOne& draw_;
  Interpolation interpolation_;
  const Fill& fill_;
};

PolicyOp any_of(std::span<const PolicyOp> ops, RandomStream& random) noexcept { return ops[random.below(ops.size())]; }

}  // namespace

void DrawOne::operator()(const AutoAugment& op) {
  PolicyDraw policy(*this, op.interpolation, op.fill);
  const MagnitudeSpace space = auto_augment_space(stages.size(), 10);
  const auto pairs = learned_pairs(op.policy);
  const LearnedPair& pair = pairs[random.below(pairs.size())];
  const std::array<double, 2> chances{random.uniform(), random.uniform()};
  const std::array<bool, 2> positive{below(2) == 1, below(2) == 1};
  for (std::size_t i = 0; i < pair.size(); ++i) {
    if (chances[i] > pair[i].probability) continue;
    const double strength = magnitude(pair[i].op, space, pair[i].magnitude);
    policy.apply(pair[i].op, is_signed(pair[i].op) && !positive[i] ? -strength : strength);
  }
}

void DrawOne::operator()(const RandAugment& op) {
  PolicyDraw policy(*this, op.interpolation, op.fill);
  const MagnitudeSpace space = auto_augment_space(stages.size(), op.num_magnitude_bins);
  for (int i = 0; i < op.num_ops; ++i) {
    const PolicyOp which = any_of(random_ops(), random);
    policy.apply_signed(which, magnitude(which, space, op.magnitude));
  }
}

void DrawOne::operator()(const TrivialAugmentWide& op) {
  PolicyDraw policy(*this, op.interpolation, op.fill);
  const MagnitudeSpace space = trivial_augment_space(op.num_magnitude_bins);
  const PolicyOp which = any_of(random_ops(), random);
  const int bin = has_magnitude(which) ? below(op.num_magnitude_bins) : 0;
  policy.apply_signed(which, magnitude(which, space, bin));
}

void DrawOne::operator()(const AugMix& op) {
  PolicyDraw policy(*this, op.interpolation, op.fill);
  const MagnitudeSpace space = augmix_space(stages.size());
  // Dirichlet: gamma variables by their sum.
  const double original = draw_gamma(op.alpha, random);
  const double augmented = draw_gamma(op.alpha, random);
  const double share = original + augmented > 0.0 ? augmented / (original + augmented) : 0.5;
  std::array<double, 16> weights{};
  double sum = 0.0;
  for (int i = 0; i < op.mixture_width; ++i) {
    weights[static_cast<std::size_t>(i)] = draw_gamma(op.alpha, random);
    sum += weights[static_cast<std::size_t>(i)];
  }
  stages.apply(op::MixBegin{static_cast<float>(1.0 - share)});
  for (int i = 0; i < op.mixture_width; ++i) {
    const int depth = op.chain_depth > 0 ? op.chain_depth : 1 + below(3);
    for (int step = 0; step < depth; ++step) {
      const PolicyOp which = any_of(augmix_ops(op.all_ops), random);
      const int bin = has_magnitude(which) ? below(op.severity) : 0;
      policy.apply_signed(which, magnitude(which, space, bin));
    }
    const double weight = sum > 0.0 ? weights[static_cast<std::size_t>(i)] / sum : 1.0 / op.mixture_width;
    stages.apply(op::MixAdd{static_cast<float>(weight) * static_cast<float>(share)});
  }
  stages.apply(op::MixEnd{});
}

}  // namespace slabring
