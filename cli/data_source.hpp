#pragma once

#include <memory>
#include <string>

#include "slabring/dataset.hpp"

namespace CLI {
class App;
}

namespace slabring::cli {

/// Opens the dataset that a command line names, with a bar on the terminal while an index is made.
/// Throws UsageError when none is named, and Error.
std::unique_ptr<Dataset> open_data(const std::string& source);

/// What DATA may be, one kind a line, for --help.
std::string kinds_text();

}  // namespace slabring::cli
