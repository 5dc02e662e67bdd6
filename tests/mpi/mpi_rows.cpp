// One rank of a job: delivers an epoch, or the rest of one, and sends every row's id and hash to rank 0, which appends
// them to FOLDER/rows and then writes FOLDER/state, batch after batch. Rank and world come from the launcher.
//
//   mpirun -n 4 mpi_rows DATA FOLDER UNEVEN [RANK BATCH]    RANK dies by SIGKILL before it hands over its BATCH
#include <mpi.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "slabring/slabring.hpp"

namespace {

using namespace slabring;
namespace fs = std::filesystem;

constexpr std::uint64_t epoch = 3;

/// What rank 0 gets of a row.
struct Row {
  std::uint64_t id;
  std::uint64_t status;
  std::uint64_t hash;
};

std::vector<Row> rows_of(const Batch& batch) {
  std::vector<Row> rows(batch.size());
  const Tensor images = batch.images();
  const std::size_t bytes = images.size_bytes() / batch.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (std::size_t k = 0; k < bytes; ++k) {
      hash = (hash ^ std::to_integer<std::uint64_t>(images.data[i * bytes + k])) * 0x100000001b3;
    }
    rows[i] = {to_index(batch.ids()[i]), static_cast<std::uint64_t>(batch.statuses()[i]), hash};
  }
  return rows;
}

/// The rows of all ranks, on rank 0. All have as many: that is checked.
std::vector<Row> gather(const std::vector<Row>& own, int world) {
  int rows = static_cast<int>(own.size());
  int most = 0;
  MPI_Allreduce(&rows, &most, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (rows != most) {
    std::fprintf(stderr, "mpi_rows: a batch of %d rows here, of %d elsewhere\n", rows, most);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  std::vector<Row> all(static_cast<std::size_t>(rows) * static_cast<std::size_t>(world));
  const int words = rows * static_cast<int>(sizeof(Row) / sizeof(std::uint64_t));
  MPI_Gather(own.data(), words, MPI_UINT64_T, all.data(), words, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  return all;
}

/// The rows first: a batch counts when the state that follows it is there.
void save(const fs::path& folder, const std::vector<Row>& rows, const std::string& state) {
  {
    std::ofstream out(folder / "rows", std::ios::app);
    for (const Row& row : rows) {
      out << row.id << ' ' << to_string(static_cast<SampleStatus>(row.status)) << ' ' << row.hash << '\n';
    }
  }
  std::ofstream(folder / "state.new") << state;
  fs::rename(folder / "state.new", folder / "state");
}

std::string saved_state(const fs::path& folder) {
  std::ifstream in(folder / "state");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Ranks on the host of this one.
int ranks_here() {
  MPI_Comm here = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
  int count = 0;
  MPI_Comm_size(here, &count);
  MPI_Comm_free(&here);
  return count;
}

void run(int argc, char** argv) {
  int rank = 0;
  int world = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world);
  const fs::path folder = argv[2];
  const ImageFolder dataset(argv[1]);
  LoaderOptions options;
  options.batch_size = 3;
  options.shuffle = true;
  options.seed = 5;
  options.ranks_from_environment = true;
  options.uneven = std::strcmp(argv[3], "pad") == 0    ? Uneven::pad
                   : std::strcmp(argv[3], "drop") == 0 ? Uneven::drop
                                                       : Uneven::exact;
  options.state = saved_state(folder);
  options.workers = 1;
  Loader loader(dataset, {RandomResizedCrop(16), RandomHorizontalFlip()}, options);
  const LoaderStats stats = loader.stats();
  if (stats.rank != rank || stats.world != world || stats.local_world != ranks_here()) {
    std::fprintf(stderr, "mpi_rows: MPI says rank %d of %d, the loader %d of %d, %d of them here, from %s\n", rank,
                 world, stats.rank, stats.world, stats.local_world, stats.rank_source.c_str());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Barrier(MPI_COMM_WORLD);  // everybody has read the state
  long batches = 0;
  for (const Batch& batch : loader.epoch(epoch)) {
    const bool dies = argc == 6 && std::atoi(argv[4]) == rank && std::atol(argv[5]) == batches;
    if (dies) std::raise(SIGKILL);
    const std::vector<Row> all = gather(rows_of(batch), world);
    if (rank == 0) save(folder, all, loader.state());
    ++batches;
    MPI_Barrier(MPI_COMM_WORLD);
  }
  long most = 0;
  MPI_Allreduce(&batches, &most, 1, MPI_LONG, MPI_MAX, MPI_COMM_WORLD);
  if (batches != most) MPI_Abort(MPI_COMM_WORLD, 1);
  char host[MPI_MAX_PROCESSOR_NAME];
  int length = 0;
  MPI_Get_processor_name(host, &length);
  std::printf("rank %d on %s, %d here\n", rank, host, stats.local_world);
  if (rank == 0) std::printf("batches %ld rank_source %s\n", batches, stats.rank_source.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  if (argc != 4 && argc != 6) {
    std::fprintf(stderr, "usage: mpi_rows DATA FOLDER UNEVEN [RANK BATCH]\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mpi_rows: %s\n", error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return 0;
}
