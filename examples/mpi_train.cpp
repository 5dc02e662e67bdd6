// Data-parallel training under MPI: every rank loads its part of each global batch, and the gradients are added up over
// all ranks. The loss is that of a single process with the same global batch, to the last digits of float addition.
//
//   slabring synth photos --count 400
//   mpirun -n 1 mpi_train photos 3 64
//   mpirun -n 4 mpi_train photos 3 64 state.json     the state is saved after each epoch, and resumed where there is
//   one

#include <mpi.h>
#include <slabring/slabring.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int side = 16;                                   // pixels of the square images
constexpr double rate = 0.001;                             // of gradient descent
constexpr auto inputs = std::size_t{3} * side * side + 1;  // and one that is always 1

/// Scores that are linear in the pixels, softmax. Its gradient has room for two sums more: the loss, and the samples.
struct Model {
  explicit Model(std::size_t class_count)
      : classes(class_count), weights(inputs * classes), gradient(weights.size() + 2), scores(classes) {}
  std::size_t classes;
  std::vector<double> weights;
  std::vector<double> gradient;
  std::vector<double> scores;

  void add(std::span<const float> image, std::size_t label) {
    for (std::size_t c = 0; c != classes; ++c) {
      const double* row = &weights[c * inputs];
      scores[c] = row[inputs - 1];
      for (std::size_t i = 0; i != image.size(); ++i) scores[c] += row[i] * static_cast<double>(image[i]);
    }
    const double highest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - highest);
    for (std::size_t c = 0; c != classes; ++c) {
      const double error = scores[c] / sum - (c == label ? 1 : 0);
      double* row = &gradient[c * inputs];
      for (std::size_t i = 0; i != image.size(); ++i) row[i] += error * static_cast<double>(image[i]);
      row[inputs - 1] += error;
    }
    gradient[gradient.size() - 2] -= std::log(scores[label] / sum);
    gradient.back() += 1;
  }

  /// One step along the mean gradient of all samples of all ranks. Returns what the epoch's loss is made of.
  std::pair<double, double> step() {
    MPI_Allreduce(MPI_IN_PLACE, gradient.data(), static_cast<int>(gradient.size()), MPI_DOUBLE, MPI_SUM,
                  MPI_COMM_WORLD);
    const double samples = gradient.back();
    const double loss = gradient[gradient.size() - 2];
    for (std::size_t i = 0; i != weights.size(); ++i) weights[i] -= rate * gradient[i] / samples;
    std::fill(gradient.begin(), gradient.end(), 0.0);
    return {loss, samples};
  }
};

std::span<const float> image_of(const slabring::Batch& batch, std::size_t row) {
  const slabring::Tensor images = batch.images();
  const std::size_t floats = images.size_bytes() / sizeof(float) / batch.size();
  return {images.as<const float>() + row * floats, floats};
}

std::string read_state(const char* path) {
  std::ifstream in(path == nullptr ? "" : path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The ranks that there are divide the global batch among them.
slabring::LoaderOptions options_for(int global_batch, int world, const char* state) {
  if (global_batch % world != 0) {
    throw std::runtime_error("the global batch " + std::to_string(global_batch) + " cannot be divided among " +
                             std::to_string(world) + " ranks");
  }
  slabring::LoaderOptions options;
  options.batch_size = global_batch / world;
  options.shuffle = true;
  options.seed = 7;
  options.ranks_from_environment = true;     // rank and world as mpirun, srun or torchrun say
  options.uneven = slabring::Uneven::exact;  // no sample counts twice in a gradient
  options.state = read_state(state);
  return options;
}

void run(const char* data, std::uint64_t epochs, int global_batch, const char* state) {
  int world = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &world);
  const slabring::ImageFolder dataset(data);
  slabring::Loader loader(dataset, slabring::Pipeline::train(side), options_for(global_batch, world, state));
  const slabring::LoaderStats place = loader.stats();
  const bool speaks = place.rank == 0;
  if (speaks)
    std::printf("%d ranks, from %s; %d workers each\n", place.world, place.rank_source.c_str(), place.workers);

  Model model(dataset.classes().size());
  for (std::uint64_t epoch = loader.first_epoch(); epoch != epochs; ++epoch) {
    double loss = 0;
    double samples = 0;
    for (const slabring::Batch& batch : loader.epoch(epoch)) {
      for (std::size_t row = 0; row != batch.size(); ++row) {
        if (batch.statuses()[row] == slabring::SampleStatus::absent) continue;
        model.add(image_of(batch, row), static_cast<std::size_t>(batch.labels()[row]));
      }
      const auto [batch_loss, batch_samples] = model.step();  // every rank has as many batches: none waits in vain
      loss += batch_loss;
      samples += batch_samples;
    }
    if (!speaks) continue;
    std::printf("epoch %llu: %.0f samples, loss %.9f\n", static_cast<unsigned long long>(epoch), samples,
                loss / samples);
    if (state != nullptr)
      std::ofstream(state) << loader.state();  // of one rank, and so of all; a trainer saves its model too
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const long epochs = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 0;
  const long global_batch = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 0;
  if (argc < 4 || argc > 5 || epochs < 1 || global_batch < 1) {
    std::fprintf(stderr, "usage: mpi_train DATA EPOCHS GLOBAL_BATCH [STATE]\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  try {
    run(argv[1], static_cast<std::uint64_t>(epochs), static_cast<int>(global_batch), argc == 5 ? argv[4] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mpi_train: %s\n", error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return 0;
}
