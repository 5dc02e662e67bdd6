#include "process/worker_main.hpp"

int main(int argc, char** argv) { return slabring::worker_main(argc, argv); }
