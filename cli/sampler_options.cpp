#include "sampler_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "base/sample_failure.hpp"
#include "command.hpp"
#include "files.hpp"
#include "numbers.hpp"

namespace slabring::cli {

namespace {

constexpr const char* words =
    "sequential, random, window:N, replacement, replacement:DRAWS, balanced, balanced:DRAWS, subset:FILE, order:FILE, "
    "batches:FILE, weights:FILE, weights-once:FILE";

std::string text_of(const std::string& path) {
  try {
    return read_text(path);
  } catch (const SampleFailure& failure) {
    throw UsageError(fmt::format("--sampler: the file {}: {}", path, failure.what()));
  }
}

/// The numbers of every line that has any.
template <class Number>
std::vector<std::vector<Number>> lines_of(const std::string& path) {
  const std::string text = text_of(path);
  std::vector<std::vector<Number>> lines(1);
  std::size_t line = 1;
  for (const char* at = text.data(); at != text.data() + text.size();) {
    if (*at == '\n') {
      ++line;
      if (!lines.back().empty()) lines.emplace_back();
    }
    if (*at == '\n' || *at == ' ' || *at == '\r' || *at == '\t') {
      ++at;
      continue;
    }
    Number value{};
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), value);
    if (error != std::errc{})
      throw UsageError(fmt::format("--sampler: line {} of {} is no list of numbers", line, path));
    lines.back().push_back(value);
    at = end;
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

template <class Number>
std::vector<Number> numbers_of(const std::string& path) {
  std::vector<Number> all;
  for (const auto& line : lines_of<Number>(path)) all.insert(all.end(), line.begin(), line.end());
  return all;
}

std::vector<SampleId> as_ids(const std::vector<std::uint64_t>& numbers) {
  std::vector<SampleId> ids;
  for (const std::uint64_t number : numbers) ids.push_back(SampleId{number});
  return ids;
}

Sampler batches_of(const std::string& path) {
  std::vector<std::vector<SampleId>> batches;
  for (const auto& line : lines_of<std::uint64_t>(path)) batches.push_back(as_ids(line));
  return Sampler::batches(batches);
}

Sampler balanced(const Dataset& dataset, std::uint64_t draws) {
  std::vector<std::int64_t> labels;
  Sample sample;
  for (std::uint64_t id = 0; id < dataset.size(); ++id) {
    sample.reset();
    dataset.load(SampleId{id}, sample);
    labels.push_back(sample.label());
  }
  return Sampler::class_balanced(labels, draws);
}

Sampler plain_sampler(const std::string& text, const Dataset& dataset) {
  const std::size_t colon = text.find(':');
  const std::string word = text.substr(0, colon);
  const bool has_value = colon != std::string::npos;
  const std::string value = has_value ? text.substr(colon + 1) : std::string();
  const auto number = [&] { return has_value ? whole_number<std::uint64_t>("--sampler", value) : 0; };
  if (word == "sequential" && !has_value) return Sampler::sequential();
  if (word == "random" && !has_value) return Sampler::random();
  if (word == "replacement") return Sampler::with_replacement(number());
  if (word == "balanced") return balanced(dataset, number());
  if (!has_value) throw UsageError(fmt::format("--sampler {}: must be one of {}", text, words));
  if (word == "window") return Sampler::window_shuffle(number());
  if (word == "subset") return Sampler::subset(as_ids(numbers_of<std::uint64_t>(value)));
  if (word == "order") return Sampler::order(as_ids(numbers_of<std::uint64_t>(value)));
  if (word == "batches") return batches_of(value);
  if (word == "weights") return Sampler::weighted(numbers_of<double>(value));
  if (word == "weights-once") return Sampler::weighted(numbers_of<double>(value), /*replacement=*/false);
  throw UsageError(fmt::format("--sampler {}: must be one of {}", text, words));
}

}  // namespace

void add_sampler_options(CLI::App& app, SamplerArguments& arguments) {
  app.add_option("--sampler", arguments.sampler,
                 "Which samples, in which order, instead of --shuffle:\n"
                 "sequential, random\n"
                 "window:N: none further than N places from its own\n"
                 "replacement[:DRAWS]: any sample each time\n"
                 "balanced[:DRAWS]: as many of each class\n"
                 "subset:FILE, order:FILE: sample ids; order has one for each sample\n"
                 "batches:FILE: a line of sample ids each\n"
                 "weights:FILE, weights-once:FILE: a weight for each sample; with and\n"
                 "without replacement")
      ->type_name("WORD");
  add_whole_number<std::uint64_t>(app, "--repeat", arguments.repeat,
                                  "Epochs of N samples of the order over and over, each going on\n"
                                  "where the one before it left off");
}

std::optional<Sampler> sampler_named(const SamplerArguments& arguments, const Dataset& dataset, bool shuffle) {
  if (arguments.sampler.empty() && !arguments.repeat) return std::nullopt;
  Sampler sampler = !arguments.sampler.empty() ? plain_sampler(arguments.sampler, dataset)
                    : shuffle                  ? Sampler::random()
                                               : Sampler::sequential();
  return arguments.repeat ? sampler.repeat(*arguments.repeat) : sampler;
}

}  // namespace slabring::cli
