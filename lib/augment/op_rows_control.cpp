#include <fmt/format.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "augment/make_op_row.hpp"

namespace slabring {

using nlohmann::ordered_json;
using enum Presence;

namespace {

/// RandomChoice's `p`, left out where all are alike.
struct SparseWeights {
  std::string_view key = "p";
  std::string_view type = "numbers";
  static constexpr Presence presence = optional;

  void read(const JsonObject& object, RandomChoice& op) const {
    if (object.find(key) != nullptr) op.p = object.numbers(key);
  }
  void write(ordered_json& out, const RandomChoice& op) const {
    if (!op.p.empty()) out[key] = op.p;
  }
  std::optional<ParameterFault> fault(const RandomChoice& op) const {
    std::string sentence = checks::weights(op.p);
    if (sentence.empty()) return {};
    return ParameterFault{key, std::move(sentence)};
  }
};

}  // namespace

template <>
struct Row<RandomApply> {
  static constexpr std::string_view name = "RandomApply";
  static RandomApply blank() { return RandomApply(TransformList()); }
  static auto fields() {
    return std::tuple(Field("transforms", &RandomApply::transforms, checks::list, required),
                      Field("p", &RandomApply::p, checks::probability));
  }
};

template <>
struct Row<RandomChoice> {
  static constexpr std::string_view name = "RandomChoice";
  static RandomChoice blank() { return RandomChoice(TransformList()); }
  static auto fields() {
    return std::tuple(Field("transforms", &RandomChoice::transforms, checks::list, required), SparseWeights{});
  }
  static std::optional<ParameterFault> cross_fault(const RandomChoice& op) {
    if (op.p.empty() || op.p.size() == op.transforms.items().size()) return {};
    return ParameterFault{"p", fmt::format("has {} weights for {} transforms; must have as many", op.p.size(),
                                           op.transforms.items().size())};
  }
};

template <>
struct Row<RandomOrder> {
  static constexpr std::string_view name = "RandomOrder";
  static RandomOrder blank() { return RandomOrder(TransformList()); }
  static auto fields() { return std::tuple(Field("transforms", &RandomOrder::transforms, checks::list, required)); }
};

template <>
struct Row<Lambda> {  // has no place in a file
  static constexpr std::string_view name = "Lambda";
  static std::tuple<> fields() { return {}; }
  static std::optional<ParameterFault> cross_fault(const Lambda& op) {
    if (op.apply) return {};
    return ParameterFault{"apply", "is an empty function; must be callable"};
  }
};

template <>
struct Row<Plugin> {
  static constexpr std::string_view name = "Plugin";
  static Plugin blank() { return Plugin("", ""); }
  static auto fields() {
    return std::tuple(Field("path", &Plugin::path, checks::not_empty, required),
                      Field("name", &Plugin::name, checks::not_empty, required),
                      Field("config", &Plugin::config, checks::any_text));
  }
  static std::optional<ParameterFault> cross_fault(const Plugin& op) {
    if (op.path.starts_with('/')) return {};
    return ParameterFault{"path", fmt::format("\"{}\" is relative; must be absolute", op.path)};
  }
};

template OpRow op_row<RandomApply>() noexcept;
template OpRow op_row<RandomChoice>() noexcept;
template OpRow op_row<RandomOrder>() noexcept;
template OpRow op_row<Lambda>() noexcept;
template OpRow op_row<Plugin>() noexcept;

}  // namespace slabring
