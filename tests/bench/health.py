"""How long a page keeps somebody waiting: `python -m tests.bench.health PORT`, until its input is closed.

A program of its own, so that nothing but the service can keep it waiting; what the machine does is told beside it.
"""

import http.client
import select
import sys
import time

_EVERY = 0.05


def main(port: int) -> None:
    answers: list[float] = []
    naps: list[float] = []
    began = time.perf_counter()
    stopped = False
    while not stopped:
        asked = time.perf_counter()
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            line.request("GET", "/health")
            line.getresponse().read()
        except OSError:
            if answers:
                answers.append(time.perf_counter() - asked)
            # Before the first answer it is not there yet.
        else:
            answers.append(time.perf_counter() - asked)
        finally:
            line.close()
        rested = time.perf_counter()
        stopped = bool(select.select([sys.stdin], [], [], _EVERY)[0])
        naps.append(max(0.0, time.perf_counter() - rested - _EVERY))
    answers.sort()
    naps.sort()
    waits = ", ".join(f"{share:g} % within {at(answers, share) * 1000:.0f} ms" for share in (50, 99, 99.9))
    sys.stdout.write(
        f"{len(answers)} times /health in {time.perf_counter() - began:.0f} s: {waits},"
        f" worst {answers[-1] * 1000:.0f} ms (the machine itself was late by {at(naps, 99) * 1000:.0f} ms,"
        f" at worst {naps[-1] * 1000:.0f} ms)\n"
    )


def at(figures: list[float], share: float) -> float:
    return figures[min(len(figures) - 1, int(len(figures) * share / 100))]


if __name__ == "__main__":
    main(int(sys.argv[1]))
