#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slabring/combine.hpp"
#include "slabring/dataset.hpp"
#include "slabring/source_options.hpp"

namespace CLI {
class App;
}

namespace slabring::cli {

/// Which part of DATA is meant, and what is done about it.
struct Selection {
  std::vector<std::string> filters;
  std::string relabel;
  std::string subset;
  std::string split;
  std::string cache;
};

/// --filter --relabel --subset --split
void add_selection_options(CLI::App& app, Selection& selection);

/// --cache, of commands that may load a sample more than once.
void add_cache_option(CLI::App& app, Selection& selection);

/// Opens the dataset that a command line names, with a bar on the terminal while an index is made.
/// Throws UsageError when none is named, and Error.
SharedDataset open_data(const std::string& source, const Selection& selection);

/// What `text`, the value of --cache, says about it: a cache of its own, or the dataset as it is when that is empty.
/// Throws UsageError, Error.
SharedDataset with_cache(SharedDataset dataset, const std::string& text);

/// "indexed 70000 samples of m.csv in 0.10 s, 700000/s; kept in FILE".
std::string index_line(const IndexOutcome& outcome);

/// What DATA may be, one kind a line, for --help.
std::string kinds_text();

}  // namespace slabring::cli
