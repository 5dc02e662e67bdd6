#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/source_options.hpp"

namespace CLI {
class App;
}

namespace slabring::cli {

/// Which part of DATA is meant.
struct Selection {
  std::vector<std::string> filters;
  std::string subset;
  std::string split;
};

/// --filter --subset --split
void add_selection_options(CLI::App& app, Selection& selection);

/// Opens the dataset that a command line names, with a bar on the terminal while an index is made.
/// Throws UsageError when none is named, and Error.
std::unique_ptr<Dataset> open_data(const std::string& source, const Selection& selection);

/// "indexed 70000 samples of m.csv in 0.10 s, 700000/s; kept in FILE".
std::string index_line(const IndexOutcome& outcome);

/// What DATA may be, one kind a line, for --help.
std::string kinds_text();

}  // namespace slabring::cli
