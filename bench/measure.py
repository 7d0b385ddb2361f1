"""What a piece of work costs, by the kernel's own accounting: processor seconds, memory, rows and WAL.

Processor seconds are those of this process and of its one database backend, from /proc/PID/stat (utime + stime, in
ticks of a hundredth of a second). Wall time is kept beside them and never judged.
"""

from __future__ import annotations

import gc
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
WRITTEN = "SELECT COALESCE(SUM(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"


@dataclass(frozen=True)
class Cost:
    """`peak_mb`: the most memory held at one time above what the process held before; `rows`: inserted, updated and
    deleted; `wal_bytes` is the whole server's, so what others do at the same time is in it.
    """

    client_seconds: float
    backend_seconds: float
    wall_seconds: float
    peak_mb: float
    rows: int
    wal_bytes: int

    @property
    def cpu_seconds(self) -> float:
        return self.client_seconds + self.backend_seconds

    def as_json(self) -> dict[str, Any]:
        return {**{k: round(v, 3) for k, v in asdict(self).items()}, "cpu_seconds": round(self.cpu_seconds, 3)}


class Meter:
    """`with Meter(connection) as meter: …` and then `meter.cost`. Takes a Django or a psycopg connection.

    The backend must run on this machine, and the connection must stay the same: both are checked.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.cost: Cost

    def __enter__(self) -> Meter:
        self.backend = self._asked("SELECT pg_backend_pid()")
        if "postgres" not in Path(f"/proc/{self.backend}/comm").read_text():
            raise SystemExit("The database does not run on this machine: its processor time cannot be read here.")
        self._rows, self._wal = self._counters()
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
        self._idle = _memory_kb("VmRSS")
        self._cpu = _cpu("self"), _cpu(self.backend)
        self._began = time.perf_counter()
        return self

    def __exit__(self, *failed: Any) -> None:
        wall = time.perf_counter() - self._began
        client, backend = _cpu("self") - self._cpu[0], _cpu(self.backend) - self._cpu[1]
        peak = _memory_kb("VmHWM") - self._idle
        if failed[0] is not None:
            return
        assert self._asked("SELECT pg_backend_pid()") == self.backend, "the connection changed while it was measured"
        rows, wal = self._counters()
        self.cost = Cost(client, backend, wall, peak / 1024, int(rows - self._rows), int(wal - self._wal))

    def _counters(self) -> tuple[Any, Any]:
        # The backend keeps its counts to itself for up to a second, unless it is asked.
        self._asked("SELECT pg_stat_force_next_flush()")
        self._asked("SELECT pg_stat_clear_snapshot()")
        return self._asked(WRITTEN), self._asked("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")

    def _asked(self, sql: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]


def _cpu(pid: int | str) -> float:
    # The second field is the name in brackets and may hold blanks: count from behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _memory_kb(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    raise KeyError(what)


def machine() -> dict[str, Any]:
    """The processor's name, the cores and the memory of this machine."""
    names = [
        x.partition(":")[2].strip()
        for x in Path("/proc/cpuinfo").read_text().splitlines()
        if x.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": names[0] if names else "unknown", "cores": os.cpu_count(), "memory_gb": round(memory, 1)}
