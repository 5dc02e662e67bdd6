#include "data_source.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "command.hpp"
#include "dataset/combinations.hpp"
#include "dataset/filter_rules.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "slabring/cache.hpp"
#include "slabring/combine.hpp"
#include "slabring/error.hpp"
#include "slabring/filter.hpp"
#include "slabring/sources.hpp"

namespace slabring::cli {

namespace {

/// Made at the first report, since most sources are open before there is anything to report.
class IndexBar {
 public:
  void show(const IndexProgress& now) {
    if (now.waiting) return;
    const bool of_bytes = now.total_bytes > 0;
    if (!bar_)
      bar_ = std::make_unique<Progress>(of_bytes ? "index, bytes" : "index, samples",
                                        of_bytes ? now.total_bytes : Progress::unknown);
    const std::uint64_t done = of_bytes ? now.done_bytes : now.samples;
    bar_->advance(done - done_);
    done_ = done;
  }
  void wipe() {
    if (bar_) bar_->wipe();
  }

 private:
  std::unique_ptr<Progress> bar_;
  std::uint64_t done_ = 0;
};

/// Of an index that took a while: how fast it was made, and what becomes of it.
void tell(const IndexOutcome& outcome) {
  constexpr std::uint64_t many = 100'000;
  if (!outcome.made || outcome.samples < many) return;
  fmt::print(stderr, "{}\n", index_line(outcome));
}

}  // namespace

std::string index_line(const IndexOutcome& outcome) {
  const std::string made =
      fmt::format("indexed {} samples of {} in {:.2f} s, {:.0f}/s", outcome.samples, outcome.source, outcome.seconds,
                  static_cast<double>(outcome.samples) / std::max(outcome.seconds, 1e-9));
  if (!outcome.kept_in.empty()) return fmt::format("{}; kept in {}", made, outcome.kept_in.native());
  return fmt::format("{}; not kept: {}", made, outcome.reason);
}

namespace {

std::unique_ptr<Dataset> open_named(const std::string& source) {
  if (source.empty()) throw UsageError("DATA is required");
  IndexBar bar;
  SourceOptions options;
  options.progress = [&bar](const IndexProgress& now) { bar.show(now); };
  options.outcome = [&bar](const IndexOutcome& outcome) {
    bar.wipe();
    tell(outcome);
  };
  return open_source(source, options);
}

/// "class=cat,dog&name!=*.png"
std::unique_ptr<Dataset> filtered(const SharedDataset& whole, const std::string& text) {
  try {
    return filter(whole, filter_rules(text));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("--filter {}: {}", text, error.what()));
  }
}

/// "class=cat:pet,dog:pet", "label=3:0"
std::unique_ptr<Dataset> relabelled_by(const SharedDataset& whole, const std::string& text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  try {
    return relabelled(whole, text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("--relabel {}: {}", text, error.what()));
  }
}

/// "100:200", ":200", "100:"
std::unique_ptr<Dataset> subset_of(SharedDataset whole, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) throw UsageError(fmt::format("--subset {}: must be FROM:TO, FROM: or :TO", text));
  const std::string from = text.substr(0, colon);
  const std::string to = text.substr(colon + 1);
  const std::uint64_t first = from.empty() ? 0 : whole_number<std::uint64_t>("--subset", from);
  const std::uint64_t end = to.empty() ? whole->size() : whole_number<std::uint64_t>("--subset", to);
  if (end <= first || end > whole->size()) {
    throw UsageError(
        fmt::format("--subset {}: TO, the first sample left out, must be above FROM and at most {}, the "
                    "number of samples",
                    text, whole->size()));
  }
  return std::make_unique<Subset>(std::move(whole), first, end - first);
}

[[noreturn]] void refuse_split(const std::string& text) {
  throw UsageError(
      fmt::format("--split {}: must be train:FRACTION or val:FRACTION, and then ,seed=N or ,stratified as "
                  "wanted; FRACTION is above 0 and below 1",
                  text));
}

/// "train:0.9,seed=1,stratified"
std::unique_ptr<Dataset> part_of(const SharedDataset& whole, const std::string& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::size_t colon = std::min(text.find(':'), comma);
  const std::string part = text.substr(0, colon);
  double fraction = 0;
  const bool is_number =
      colon < comma && CLI::detail::lexical_cast(text.substr(colon + 1, comma - colon - 1), fraction);
  if ((part != "train" && part != "val") || !is_number || !(fraction > 0 && fraction < 1)) refuse_split(text);
  SplitOptions options;
  for (std::size_t at = comma; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at + 1), text.size());
    const std::string word = text.substr(at + 1, end - at - 1);
    if (word == "stratified") {
      options.stratified = true;
    } else if (word.starts_with("seed=")) {
      options.seed = whole_number<std::uint64_t>("--split", word.substr(5));
    } else {
      refuse_split(text);
    }
    at = end;
  }
  return split_part(whole, part == "train", fraction, options);
}

}  // namespace

void add_selection_options(CLI::App& app, Selection& selection) {
  app.add_option("--filter", selection.filters,
                 "The samples of DATA with such labels, classes or names alone: label=0..9, class=cat,dog,\n"
                 "name=*.png, each with != for the others; joined by & or said several times, all must hold")
      ->type_name("RULE")
      ->allow_extra_args(false);
  app.add_option("--relabel", selection.relabel,
                 "Other labels for DATA: label=3:0,4..9:1, or class=cat:pet,dog:pet, where those that are\n"
                 "called alike become one class")
      ->type_name("RULE");
  app.add_option("--subset", selection.subset, "Samples FROM to TO - 1 of them alone; either may be left out")
      ->type_name("FROM:TO");
  app.add_option("--split", selection.split,
                 "A random part, the same in every run: train:0.9 and val:0.1 have no sample in\n"
                 "common and are all of them. With ,seed=N another one; with ,stratified the\n"
                 "same share of every label")
      ->type_name("PART:FRACTION");
}

void add_cache_option(CLI::App& app, Selection& selection) {
  app.add_option("--cache", selection.cache,
                 "Keep samples in memory, up to so many bytes (2G), for all workers and epochs; ,decoded:\n"
                 "their pixels instead of their files")
      ->type_name("BYTES[,decoded]");
}

SharedDataset open_data(const std::string& source, const Selection& selection) {
  SharedDataset dataset = open_named(source);
  for (const std::string& rules : selection.filters) dataset = filtered(std::move(dataset), rules);
  if (!selection.relabel.empty()) dataset = relabelled_by(std::move(dataset), selection.relabel);
  if (!selection.subset.empty()) dataset = subset_of(std::move(dataset), selection.subset);
  if (!selection.split.empty()) dataset = part_of(std::move(dataset), selection.split);
  return with_cache(std::move(dataset), selection.cache);
}

SharedDataset with_cache(SharedDataset dataset, const std::string& text) {
  if (text.empty()) return dataset;
  const std::size_t comma = std::min(text.find(','), text.size());
  try {
    const CacheOf what = comma == text.size() ? CacheOf::encoded : cache_of(text.substr(comma + 1));
    return std::make_shared<CachedDataset>(std::move(dataset), CacheOptions{cache_bytes(text.substr(0, comma)), what});
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("--cache {}: {}", text, error.what()));
  }
}

std::string kinds_text() {
  std::string text;
  for (const SourceKindInfo& kind : source_kinds()) {
    const std::string lacking = kind.lacking.empty() ? "" : fmt::format(" (not in this build: {})", kind.lacking);
    text += fmt::format("\n{}: {}{}", kind.name, kind.summary, lacking);
  }
  return text;
}

}  // namespace slabring::cli
