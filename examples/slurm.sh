#!/bin/sh
# Data-parallel training under Slurm: one task for each rank, each with CPUs of its own for the loader's workers.
#
#   sbatch slurm.sh photos
#
# The ranks find their number in what srun sets (SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID), since the program asks for
# it: LoaderOptions::ranks_from_environment in C++, DataLoader(ranks_from_environment=True) in Python.
#SBATCH --job-name=slabring
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --requeue
#SBATCH --signal=TERM@60

# srun binds each task to its CPUs, which the loader takes as they are. Without binding (--cpu-bind=none) all tasks of a
# node see all CPUs, and each loader takes its share of them.
#
# A job that is requeued goes on from the state, on as many nodes as it then has: the number of ranks may change between
# two runs, and the epoch is finished without a sample lost or doubled.
exec srun --cpu-bind=cores mpi_train "$1" 90 1024 "$1.state.json"
