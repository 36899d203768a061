"""What applications did, in files of their own: one JSON object a line, written before COMMIT and after it, so that a killed
application leaves a transaction of unknown outcome and no gap. Times are of the monotonic clock, in seconds.

A transaction is a dictionary:
    work      list | bank | counter | name | ids | fork | stream | hot: the workload, see chaos_workloads.py
    level     one | quorum | all
    node, app where it ran, and in which application; those of one app run one after the other
    begin     before BEGIN;  end: after COMMIT returned, or None
    fresh     before murmel_wait_for('quorum'), when that came first, else None
    reads, writes  as the workload has them
    result    ok, failed (it did not and will not happen), unknown, or refused (before there was anything to commit)
    want      the same for all tries of one change of the schema, else None
    slot      name of a transaction at QUORUM whose outcome was not told, else None
    asked     what murmel_txn_status said of it: committed, aborted or unknown; None if nobody asked
"""
import json
import os
from pathlib import Path

OK, FAILED, UNKNOWN, REFUSED = "ok", "failed", "unknown", "refused"


class Recorder:
    """Notes the transactions of one application. Lines are short, and written whole even if the writer is killed."""

    def __init__(self, path, app, node):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.line({"app": app, "node": node})

    def line(self, entry):
        os.write(self.file, json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def begun(self, transaction):
        self.line(transaction)

    def ended(self, end, result, error=None, slot=None, writes=None):
        """`writes`: if more is known of them now than when it began."""
        more = {"error": error, "slot": slot, "writes": writes}
        self.line({"end": end, "result": result} | {key: value for key, value in more.items() if value})

    def asked(self, said):
        self.line({"asked": said})


def read_file(path):
    """The transactions of one application, in order."""
    lines = Path(path).read_text(encoding="utf-8").split("\n")[:-1]
    head, found = json.loads(lines[0]) if lines else {}, []
    for line in lines[1:]:
        entry = json.loads(line)
        if "result" in entry or "asked" in entry:
            found[-1].update(entry)
        else:
            entry["reads"] = {int(key) if key.isdigit() else key: value for key, value in entry["reads"].items()}
            found.append({**head, "fresh": None, "end": None, "result": UNKNOWN, "slot": None,
                          "asked": None, "error": None, "want": None} | entry)
    return found


def read(folder):
    """All transactions below a folder, by the time they began."""
    found = [transaction for path in sorted(Path(folder).glob("*.jsonl")) for transaction in read_file(path)]
    return sorted(found, key=lambda transaction: transaction["begin"])


def describe(transaction):
    """A transaction in a sentence of a report."""
    end = f"{transaction['end']:.3f}" if transaction["end"] else "?"
    return (f"{transaction['app']} at {transaction['level']} [{transaction['begin']:.3f}, {end}] {transaction['result']}"
            f"{' ' + transaction['slot'] if transaction['slot'] else ''}: read {transaction['reads']}, "
            f"wrote {transaction['writes']}")
