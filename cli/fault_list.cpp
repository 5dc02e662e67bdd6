#include "fault_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace slabring::cli {

void print_failed_samples(const Loader& loader) {
  constexpr std::size_t most_lines = 20;
  const std::vector<SampleFault> faults = loader.faults();
  for (std::size_t i = 0; i < std::min(faults.size(), most_lines); ++i) {
    const SampleFault& fault = faults[i];
    fmt::print(stderr, "slabring: {}\t{}\t{}\t{}\n", fault.source, to_index(fault.id), to_string(fault.status),
               fault.message);
  }
  if (faults.size() > most_lines) {
    fmt::print(stderr, "slabring: and {} more; slabring verify lists them all\n", faults.size() - most_lines);
  }
}

}  // namespace slabring::cli
