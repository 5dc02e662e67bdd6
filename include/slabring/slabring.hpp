#pragma once

/// Everything a user of the library needs.
#include "slabring/arrays.hpp"
#include "slabring/batch.hpp"
#include "slabring/combine.hpp"
#include "slabring/cuda.hpp"
#include "slabring/dataset.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/options.hpp"
#include "slabring/sample.hpp"
#include "slabring/sampler.hpp"
#include "slabring/sources.hpp"
#include "slabring/stats.hpp"
#include "slabring/tensor.hpp"
#include "slabring/transform.hpp"
#include "slabring/version.hpp"
