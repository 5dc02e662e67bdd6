// Positions, labels and sample ids are all numbers; only a SampleId is taken for one.
#include "slabring/dataset.hpp"

void load(const slabring::Dataset& dataset, slabring::Sample& sample) {
#ifdef WRONG_USE
  dataset.load(17, sample);
#else
  dataset.load(slabring::SampleId{17}, sample);
#endif
}
