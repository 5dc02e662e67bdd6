"""What a new user tries: nested loops, break, threads, forks, signals, the end of the interpreter."""

import io
import itertools
import os
import signal
import subprocess
import sys
import threading
import unittest

import slabring
from support import CROP, PhotoTest, content, environment, is_alive, run_program

HEAD = """
import os, signal, sys
import slabring
from slabring import transforms as T
loader = slabring.DataLoader(slabring.ImageFolder(sys.argv[1]), batch_size=8, num_workers=2, shuffle=True,
                             transform=T.RandomResizedCrop(16))
def processes():
    stats = loader.stats()
    return [stats.coordinator_pid, *stats.worker_pids]
"""


class Loops(PhotoTest):
    def test_enumerate_zip_and_islice_work(self):
        first, second = self.loader(shuffle=True), self.loader(shuffle=True)
        self.assertEqual([number for number, _ in enumerate(first)], list(range(8)))
        first.set_epoch(0)
        for one, other in zip(first, second):
            self.assertEqual(content(one), content(other))
        self.assertEqual(len(list(map(content, itertools.islice(first, 3)))), 3)

    def test_loops_over_two_loaders_may_be_nested(self):
        outer, inner = self.loader(batch_size=20), self.loader(batch_size=30)
        pairs = [(a.position, b.position) for a in outer for b in inner]
        self.assertEqual(pairs, [(a, b) for a in range(3) for b in range(2)])

    def test_nested_loops_over_one_loader_end_the_outer_with_the_reason(self):
        loader = self.loader()
        outer = iter(loader)
        next(outer)
        self.assertEqual(sum(1 for _ in loader), 8)
        with self.assertRaisesRegex(slabring.InvalidArgument, "second DataLoader"):
            next(outer)
        with self.assertRaisesRegex(slabring.InvalidArgument, "zip"):
            for _ in zip(loader, loader):
                pass

    def test_an_exhausted_iterator_stays_exhausted(self):
        loader = self.loader()
        batches = iter(loader)
        self.assertEqual(sum(1 for _ in batches), 8)
        next(iter(loader))
        self.assertEqual(list(batches), [])

    def test_break_and_exceptions_in_the_body_leave_a_loader_that_goes_on(self):
        undisturbed = self.loader(shuffle=True)
        expected = [[content(batch) for batch in undisturbed] for _ in range(3)]
        loader = self.loader(shuffle=True)
        for _ in loader:
            break
        with self.assertRaises(ZeroDivisionError):
            for _ in loader:
                1 / 0
        self.assertEqual([content(batch) for batch in loader], expected[2])

    def test_len_is_exact_so_that_progress_bars_are(self):
        for options in ({}, {"drop_last": True}, {"batch_size": 60}, {"batch_size": 61}):
            loader = self.loader(**options)
            self.assertEqual(sum(1 for _ in loader), len(loader))

    def test_tqdm_knows_how_many_batches_there_are(self):
        try:
            import tqdm
        except ImportError:
            self.skipTest("python3-tqdm is not there")
        shown = io.StringIO()
        bar = tqdm.tqdm(self.loader(), file=shown, mininterval=0)
        self.assertEqual((bar.total, sum(len(labels) for _, labels in bar), bar.n), (8, 60, 8))
        self.assertRegex(shown.getvalue(), r"100%.*8/8")

    def test_a_closed_loader_says_so(self):
        with self.loader() as loader:
            next(iter(loader))
        loader.close()
        with self.assertRaisesRegex(slabring.Error, "closed"):
            next(iter(loader))


class Conventions(PhotoTest):
    """What programs that know torch.utils.data expect of a loader."""

    def setUp(self):
        try:
            import torch.utils.data  # noqa: F401
        except ImportError:
            self.skipTest("python3-torch is not there")

    def test_a_generator_says_the_seed(self):
        import torch

        loader = self.loader(shuffle=True, generator=torch.Generator().manual_seed(7))
        self.assertEqual(loader.seed, 7)
        self.assertEqual([content(batch) for batch in loader], [content(batch) for batch in self.loader(shuffle=True, seed=7)])

    def test_a_batch_sampler_of_torch_says_the_batches(self):
        from torch.utils.data import BatchSampler, SequentialSampler

        batches = BatchSampler(SequentialSampler(range(60)), 7, drop_last=False)
        loader = self.loader(batch_size=1, batch_sampler=batches)
        self.assertEqual(len(loader), len(batches))
        self.assertEqual([batch.ids.tolist() for batch in loader], list(batches))

    def test_arguments_of_a_program_for_torch_are_taken(self):
        import multiprocessing

        loader = self.loader(output="torch", collate_fn=None, worker_init_fn=None, prefetch_factor=2, persistent_workers=True, pin_memory=False,
                             multiprocessing_context=multiprocessing.get_context("forkserver"), pin_memory_device="", timeout=0, generator=None)
        self.assertEqual((loader.batch_size, loader.num_workers, loader.drop_last, loader.pin_memory, len(loader.dataset)), (8, 2, False, False, 60))
        for epoch in range(2):
            loader.set_epoch(epoch)
            for images, labels in loader:
                loss = (images.float().mean(dim=(1, 2, 3)) - labels).square().mean()
        self.assertGreater(loss.item(), 0)


class Threads(PhotoTest):
    def test_two_loaders_run_at_once_in_a_thread_each(self):
        loaders = [self.loader(shuffle=True, seed=seed) for seed in (1, 2)]
        expected = [[content(batch) for batch in loader] for loader in loaders]
        seen = [[], []]
        for loader in loaders:
            loader.set_epoch(0)
        threads = [threading.Thread(target=lambda n=n: seen[n].extend(content(batch) for batch in loaders[n])) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(seen, expected)

    def test_a_thread_may_use_it_while_another_runs(self):
        loader = self.loader(shuffle=True)
        expected = [content(batch) for batch in loader]
        loader.set_epoch(0)
        seen = []
        thread = threading.Thread(target=lambda: seen.extend(content(batch) for batch in loader))
        thread.start()
        thread.join()
        self.assertEqual(seen, expected)

    def test_two_threads_share_one_iteration_without_losing_a_batch(self):
        batches = iter(self.loader(batch_size=2, prefetch=6))
        seen = []
        threads = [threading.Thread(target=lambda: seen.extend(batch.position for batch in batches)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen), list(range(30)))

    def test_waiting_lets_other_threads_run(self):
        loader = self.loader()
        batches = iter(loader)
        next(batches)
        stopped = loader.stats().worker_pids
        self.assertTrue(stopped)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        box = []
        waiting = threading.Thread(target=lambda: box.extend(batch.position for batch in batches))
        waiting.start()
        turns = sum(1 for _ in range(100_000))  # this thread runs although that one waits
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        waiting.join()
        self.assertEqual((turns, box), (100_000, list(range(1, 8))))


class Processes(PhotoTest):
    def test_a_fork_can_drop_the_loader_and_not_use_it(self):
        loader = self.loader(shuffle=True)
        expected = [content(batch) for batch in loader]
        loader.set_epoch(0)
        batches = iter(loader)
        seen = [content(next(batches))]
        held = next(batches)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                next(batches)
            except slabring.Error as error:
                status = 0 if "forked" in str(error) else 2
            del held, batches
            loader.close()
            del loader
            os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        seen += [content(held), *(content(batch) for batch in batches)]
        self.assertEqual(seen, expected)

    def test_a_fork_may_have_a_loader_of_its_own(self):
        loader = self.loader(shuffle=True)
        batches = iter(loader)
        first = content(next(batches))
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            own = slabring.DataLoader(slabring.ImageFolder(self.folder), batch_size=8, num_workers=1, shuffle=True, transform=CROP)
            os.write(write, b"same" if content(next(iter(own))) == first else b"other")
            own.close()
            os._exit(0)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(os.read(read, 9), b"same")
        os.close(read), os.close(write)
        self.assertEqual(sum(1 for _ in batches), 7)

    def test_a_fork_that_ends_as_a_program_does_not_end_the_workers(self):
        program = run_program(HEAD + """
batches = iter(loader)
next(batches)
pid = os.fork()
if pid == 0:
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(sum(1 for _ in batches))
""", self.folder)
        self.assertEqual((program.returncode, program.stdout, program.stderr), (0, "7\n", ""))

    def test_the_end_of_the_interpreter_leaves_no_process_whatever_is_still_held(self):
        bodies = {
            "loader": "",
            "iterator and images": "batches = iter(loader); images = next(batches).images",
            "a cycle": "batches = iter(loader); cell = [next(batches)]; cell.append(cell)",
            "exception": "batches = iter(loader); next(batches); print(*processes(), flush=True); raise SystemExit(0)",
            "thread that waits": "import threading; threading.Thread(target=lambda: next(iter(loader))).start()",
            "loader deleted first": "batch = next(iter(loader)); pids = processes(); processes = lambda: pids; del loader",
        }
        for name, body in bodies.items():
            with self.subTest(name):
                program = run_program(HEAD + body + "\nprint(*processes(), flush=True)", self.folder)
                self.assertEqual((program.returncode, program.stderr), (0, ""))
                pids = [int(pid) for pid in program.stdout.split()]
                self.assertTrue(pids)
                self.assertEqual([pid for pid in pids if is_alive(pid)], [])


class Notebook(PhotoTest):
    """Cells are run in one namespace, as IPython does, which also keeps the last traceback."""

    CELL = """
loader = slabring.DataLoader(slabring.ImageFolder(folder), batch_size=8, num_workers=2, transform=T.RandomResizedCrop(16))
for number, (images, labels) in enumerate(loader):
    if number == 2 and flaw:
        raise KeyboardInterrupt
"""

    def run_cell(self, names, flaw=None):
        names["flaw"] = flaw
        try:
            exec(self.CELL, names)
        except KeyboardInterrupt:
            sys.last_type, sys.last_value, sys.last_traceback = sys.exc_info()
        stats = names["loader"].stats()
        return [stats.coordinator_pid, *stats.worker_pids]

    def test_a_cell_that_is_run_again_leaves_no_process_of_the_run_before(self):
        names = {"slabring": slabring, "T": slabring.transforms, "folder": self.folder}
        before = self.run_cell(names)
        for flaw in (True, True, False):
            now = self.run_cell(names, flaw)
            self.assertEqual([pid for pid in before if is_alive(pid)], [])
            self.assertTrue(is_alive(now[0]))
            before = now
        names.clear()
        self.assertEqual([pid for pid in before if is_alive(pid)], [])


class Interrupt(PhotoTest):
    WAIT = HEAD + """
batches = iter(loader)
seen = [next(batches).position]
while len(processes()) < 3:
    pass
for pid in processes()[1:]:
    os.kill(pid, signal.SIGSTOP)
"""

    def interrupted(self, source, whole_group=False):
        program = subprocess.Popen([sys.executable, "-c", source, self.folder], env=environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        pids = [int(pid) for pid in program.stdout.readline().split()]
        if whole_group:
            os.killpg(program.pid, signal.SIGINT)
        else:
            program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
        return program.returncode, out, err, pids

    def test_ctrl_c_while_waiting_is_keyboard_interrupt_and_the_loop_may_go_on(self):
        code, out, err, _ = self.interrupted(self.WAIT + """
try:
    print(*processes(), flush=True)
    for batch in batches:
        seen.append(batch.position)
except KeyboardInterrupt:
    for pid in processes()[1:]:
        os.kill(pid, signal.SIGCONT)
    seen += [batch.position for batch in batches]
    print(seen == list(range(8)))
""")
        self.assertEqual((code, out, err), (0, "True\n", ""))

    def test_ctrl_c_of_a_terminal_which_every_process_gets_ends_with_one_traceback(self):
        python = HEAD.replace("T.RandomResizedCrop(16)", "[T.RandomResizedCrop(16), functions_test.invert]").replace(
            "import slabring", f"sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r})\nimport functions_test, slabring", 1)
        for name, head in (("native workers", HEAD), ("workers that run Python", python)):
            with self.subTest(name):
                code, _, err, pids = self.interrupted(head + """
next(iter(loader))
while len(processes()) < 3:
    pass
print(*processes(), flush=True)
while True:
    for batch in loader:
        pass
""", whole_group=True)
                self.assertEqual(code, -signal.SIGINT)
                self.assertEqual(err.count("Traceback"), 1, err)
                self.assertEqual([pid for pid in pids if is_alive(pid)], [])

    def test_ctrl_c_ends_a_program_with_one_traceback_and_no_process_left(self):
        code, _, err, pids = self.interrupted(self.WAIT + "print(*processes(), flush=True)\nfor batch in batches: pass")
        self.assertEqual(code, -signal.SIGINT)
        self.assertEqual(err.count("Traceback"), 1)
        self.assertIn("KeyboardInterrupt", err)
        self.assertEqual([pid for pid in pids if is_alive(pid)], [])


if __name__ == "__main__":
    unittest.main()
