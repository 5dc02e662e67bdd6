#include "augment/draw.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

#include "augment/draw_one.hpp"
#include "augment/parameters.hpp"
#include "augment/torchvision_rules.hpp"

namespace slabring {
namespace {

void draw_node(const OpTree& tree, std::uint32_t index, const SampleKey& key, SamplePlan& plan, StagePlanner& stages) {
  DrawOne draw{tree, index, key, plan, stages, RandomStream(key.epoch_key, key.id, index)};
  std::visit(draw, *tree.node(index).transform);
}

void draw_nodes(const OpTree& tree, std::uint32_t begin, std::uint32_t end, const SampleKey& key, SamplePlan& plan,
                StagePlanner& stages) {
  for (std::uint32_t i = begin; i < end; i = tree.next(i)) draw_node(tree, i, key, plan, stages);
}

// The number of the transform at `position` in a list whose first is `first`.
std::uint32_t at_position(const OpTree& tree, std::uint32_t first, std::size_t position) noexcept {
  for (; position > 0; --position) first = tree.next(first);
  return first;
}

// The first whose share of the weights holds `point`, 0 to 1.
std::size_t weighted(const std::vector<double>& weights, double point) noexcept {
  const double at = point * std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0.0;
  std::size_t last = 0;  // the last with a weight, where rounding puts `at` behind them all
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (weights[i] > 0.0) last = i;
    if (at < sum) return i;
  }
  return last;
}

}  // namespace

void DrawOne::operator()(const RandomApply& op) {
  if (happens(op.p)) draw_nodes(tree, index + 1, tree.next(index), key, plan, stages);
}

void DrawOne::operator()(const RandomChoice& op) {
  draw_node(tree, at_position(tree, index + 1, draw_choice(op, random)), key, plan, stages);
}

void DrawOne::operator()(const RandomOrder& op) {
  const std::size_t count = op.transforms.items().size();
  std::array<std::size_t, max_list_size> order;
  std::iota(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), std::size_t{0});
  for (std::size_t i = count - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);  // Fisher and Yates
  for (std::size_t i = 0; i < count; ++i) {
    draw_node(tree, at_position(tree, index + 1, order[i]), key, plan, stages);
  }
}

void DrawOne::operator()(const RandomErasing& op) {
  if (!happens(op.p)) return;
  const auto rect = draw_erasing(op, stages.size(), random);
  if (rect) plan.erasures.push_back({&op, *rect, random});
}

void DrawOne::operator()(const Lambda&) { call(); }
void DrawOne::operator()(const Plugin&) { call(); }

void DrawOne::call() { stages.apply(op::Call{tree.node(index).function, &tree.node(index).place, random}); }

void DrawOne::operator()(const Normalize&) {}    // the converter has it in its tables
void DrawOne::operator()(const Standardize&) {}  // Program, of the whole row
void DrawOne::operator()(const MixUp&) {}        // of batches: BatchMix
void DrawOne::operator()(const CutMix&) {}

std::size_t draw_choice(const RandomChoice& op, RandomStream& random) noexcept {
  return op.p.empty() ? random.below(op.transforms.items().size()) : weighted(op.p, random.uniform());
}

Size draw(const OpTree& tree, Size image, const SampleKey& key, SamplePlan& plan) {
  plan.erasures.clear();
  StagePlanner stages(image.width, image.height, plan);
  draw_nodes(tree, 0, tree.size(), key, plan, stages);
  plan.source_region = plan.steps.front().stage.read_region();
  return stages.size();
}

}  // namespace slabring
