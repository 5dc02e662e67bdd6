#include "data_source.hpp"

#include <fmt/format.h>

#include "command.hpp"
#include "progress.hpp"
#include "slabring/sources.hpp"

namespace slabring::cli {

namespace {

/// Made at the first report, since most sources are open before there is anything to report.
class IndexBar {
 public:
  void show(const IndexProgress& now) {
    if (!bar_) bar_ = std::make_unique<Progress>("index, bytes", now.total_bytes);
    bar_->advance(now.done_bytes - done_);
    done_ = now.done_bytes;
  }

 private:
  std::unique_ptr<Progress> bar_;
  std::uint64_t done_ = 0;
};

}  // namespace

std::unique_ptr<Dataset> open_data(const std::string& source) {
  if (source.empty()) throw UsageError("DATA is required");
  IndexBar bar;
  SourceOptions options;
  options.progress = [&bar](const IndexProgress& now) { bar.show(now); };
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
