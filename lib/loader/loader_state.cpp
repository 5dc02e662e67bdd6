#include "loader/loader_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <span>
#include <type_traits>

#include "augment/parameters.hpp"
#include "base/fingerprint.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t form = 2;
constexpr const char* form_key = "slabring_state";
constexpr std::size_t most_bytes = 4096;  // a state has under 1,000; read before it is parsed

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ErrorCode::state, fmt::format("the state cannot be resumed: {}", sentence));
}

/// The one list of what is in a state, for writing, reading and comparing: `visit(key, field)`.
template <class Run, class Visit>
void for_each_field(Run& run, const Visit& visit) {
  visit("samples", run.samples);
  visit("dataset", run.dataset);
  visit("pipeline", run.pipeline);
  visit("seed", run.seed);
  visit("sampler", run.sampler);
  visit("drop_last", run.drop_last);
  visit("uneven", run.uneven);
  visit("substitute", run.substitute);
  visit("dtype", run.dtype);
  visit("layout", run.layout);
  visit("jpeg_scale", run.jpeg_scale);
}

template <class Value>
bool is_a(const Json& value) {
  if constexpr (std::is_same_v<Value, bool>) return value.is_boolean();
  if constexpr (std::is_same_v<Value, std::uint64_t>) return value.is_number_unsigned();
  return value.is_string();
}

template <class Value>
void read(const Json& file, const char* key, Value& into) {
  const auto found = file.find(key);
  if (found == file.end()) refuse(fmt::format("it has no '{}'", key));
  if (!is_a<Value>(*found))
    refuse(fmt::format("its '{}' is {}", key, found->dump(-1, ' ', true, Json::error_handler_t::replace)));
  into = found->get<Value>();
}

Json parse(std::string_view text) {
  if (text.size() > most_bytes)
    refuse(fmt::format("it has {} bytes, and no state has more than {}", text.size(), most_bytes));
  // Flat, so that nothing deeply nested is ever built.
  const auto flat = [](int depth, Json::parse_event_t, const Json&) { return depth <= 1; };
  try {
    return Json::parse(text, flat);
  } catch (const Json::exception& error) {
    refuse(fmt::format("it is no JSON: {}", error.what()));
  }
}

std::string in_hexadecimal(std::uint64_t fingerprint) { return fmt::format("{:016x}", fingerprint); }

/// Of a plug-in the library's name and not its place: it may lie elsewhere when the run goes on.
void forget_places(Json& steps) {
  for (Json& step : steps) {
    if (step.at("op") == "Plugin") {
      step["path"] = std::filesystem::path(step.at("path").get<std::string>()).filename().string();
    }
    if (step.contains("transforms")) forget_places(step["transforms"]);
  }
}

std::string text_of(const Pipeline& alone) {
  std::string text = alone.to_json();
  if (text.find("\"Plugin\"") == std::string::npos) return text;
  Json file = Json::parse(text);
  forget_places(file.at("transforms"));
  return file.dump();
}

std::string pipeline_fingerprint(const Pipeline& pipeline) {
  std::string text;
  for (const Transform& transform : pipeline.transforms()) {
    const Pipeline alone{transform};
    text += alone.portable() ? text_of(alone) : std::string(op_name(transform));
  }
  return in_hexadecimal(fingerprint_of(std::as_bytes(std::span(text))));
}

}  // namespace

RunIdentity identity_of(const Dataset& dataset, const Pipeline& pipeline, const LoaderOptions& options) {
  return {.samples = dataset.size(),
          .dataset = in_hexadecimal(dataset.fingerprint()),
          .pipeline = pipeline_fingerprint(pipeline),
          .seed = options.seed,
          .sampler = (options.sampler   ? *options.sampler
                      : options.shuffle ? Sampler::random()
                                        : Sampler::sequential())
                         .description(),
          .drop_last = options.drop_last,
          .uneven = std::string(to_string(options.uneven)),
          .substitute = options.on_error == OnError::substitute,
          .dtype = std::string(to_string(*options.dtype)),
          .layout = std::string(to_string(*options.layout)),
          .jpeg_scale = std::string(to_string(options.jpeg_scale))};
}

std::string LoaderState::to_json() const {
  Json file{{form_key, form}, {"epoch", epoch}, {"position", position}};
  for_each_field(run, [&](const char* key, const auto& field) { file[key] = field; });
  return file.dump();
}

LoaderState LoaderState::from_json(std::string_view text) {
  const Json file = parse(text);
  if (!file.is_object()) refuse("it is no JSON object");
  std::uint64_t its_form = 0;
  read(file, form_key, its_form);
  if (its_form != form)
    refuse(fmt::format("it has form {}, and this version of slabring knows form {}", its_form, form));
  LoaderState state;
  read(file, "epoch", state.epoch);
  read(file, "position", state.position);
  std::size_t known = 3;
  for_each_field(state.run, [&](const char* key, auto& field) {
    read(file, key, field);
    ++known;
  });
  if (file.size() != known) refuse(fmt::format("it has {} entries instead of {}", file.size(), known));
  return state;
}

void refuse_other_run(const RunIdentity& saved, const RunIdentity& present) {
  // In pairs: what is saved, and what is there.
  Json other;
  for_each_field(saved, [&](const char* key, const auto& field) { other[key] = field; });
  for_each_field(present, [&](const char* key, const auto& field) {
    if (other[key] == field) return;
    refuse(fmt::format("it is of another run: its {} is {}, that of this loader {}", key, other[key].dump(),
                       Json(field).dump()));
  });
}

}  // namespace slabring
