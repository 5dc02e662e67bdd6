#include "calm.hpp"

#include <csignal>

#include "support/stream_digest.hpp"

namespace slabring::soak {

void PoisonedFolder::load(SampleId id, Sample& sample) const {
  if (id == poison_) std::raise(SIGSEGV);
  ImageFolder::load(id, sample);
}

Pipeline pipeline() { return {RandomResizedCrop{24}, RandomHorizontalFlip{}, ColorJitter{0.4, 0.4, 0.4}}; }

LoaderOptions options(OnError policy, int workers) {
  return {.batch_size = 16, .shuffle = true, .seed = 11, .on_error = policy, .workers = workers};
}

CalmRun calm_run(const Dataset& dataset, LoaderOptions options) {
  Loader loader(dataset, pipeline(), options);
  CalmRun run(epochs);
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    for (Batch& batch : loader.epoch(epoch)) run[epoch].push_back({test::digest(batch), !batch.faults().empty()});
  }
  return run;
}

}  // namespace slabring::soak
