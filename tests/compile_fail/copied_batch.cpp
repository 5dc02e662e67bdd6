// A Batch is a lease on one slab: it moves and does not copy.
#include <utility>

#include "slabring/batch.hpp"

slabring::Batch keep(slabring::Batch& batch) {
#ifdef WRONG_USE
  return batch;
#else
  return std::move(batch);
#endif
}
