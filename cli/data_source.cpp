#include "data_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "command.hpp"
#include "progress.hpp"
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

std::unique_ptr<Dataset> open_data(const std::string& source) {
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

std::string kinds_text() {
  std::string text;
  for (const SourceKindInfo& kind : source_kinds()) {
    const std::string lacking = kind.lacking.empty() ? "" : fmt::format(" (not in this build: {})", kind.lacking);
    text += fmt::format("\n{}: {}{}", kind.name, kind.summary, lacking);
  }
  return text;
}

}  // namespace slabring::cli
