#pragma once

#include "slabring/worker.hpp"  // open_dataset()
