// One rank of a job: opens a source whose index is kept in CACHE, reads all of the index, and tells rank 0 what memory
// that takes. Rank 0 prints a line a rank: "index DEVICE INODE MADE SAMPLES PSS", the last one of the mapped file in
// bytes while all ranks have read it.
//
//   mpirun -n 8 mpi_index DATA CACHE
#include <mpi.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "slabring/slabring.hpp"

namespace {

using namespace slabring;

/// What a rank says: device, inode, made, samples, PSS.
using Report = std::array<std::uint64_t, 5>;

void find_mapping(Report& report) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    const bool begins_mapping = line.find('-') < line.find(':') && line.find('-') < line.find(' ');
    if (begins_mapping) {
      inside = line.ends_with(".index");
      if (!inside) continue;
      std::istringstream words(line);
      std::string range, mode, offset, device;
      words >> range >> mode >> offset >> device >> report[1];
      report[0] = std::stoul(device, nullptr, 16) << 20 | std::stoul(device.substr(device.find(':') + 1), nullptr, 16);
    } else if (inside && line.starts_with("Pss:")) {
      report[4] += std::stoull(line.substr(line.find(':') + 1)) * 1024;
    }
  }
}

void run(const char* source, const char* cache) {
  int rank = 0;
  int world = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world);
  Report report{};
  SourceOptions options;
  options.cache_folder = cache;
  options.outcome = [&report](const IndexOutcome& outcome) { report[2] = outcome.made ? 1 : 0; };
  MPI_Barrier(MPI_COMM_WORLD);
  const auto dataset = open_source(source, options);
  report[3] = dataset->size();
  dataset->fingerprint();  // reads all of the index
  MPI_Barrier(MPI_COMM_WORLD);
  find_mapping(report);
  MPI_Barrier(MPI_COMM_WORLD);  // nobody unmaps it before all have looked
  std::vector<Report> all(static_cast<std::size_t>(world));
  constexpr int words = static_cast<int>(std::tuple_size_v<Report>);
  MPI_Gather(report.data(), words, MPI_UINT64_T, all.data(), words, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  if (rank != 0) return;
  for (const Report& one : all) {
    std::printf("index %ju %ju %ju %ju %ju\n", std::uintmax_t{one[0]}, std::uintmax_t{one[1]}, std::uintmax_t{one[2]},
                std::uintmax_t{one[3]}, std::uintmax_t{one[4]});
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  if (argc != 3) {
    std::fprintf(stderr, "usage: mpi_index DATA CACHE\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mpi_index: %s\n", error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return 0;
}
