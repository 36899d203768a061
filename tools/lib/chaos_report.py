"""The report of a run of tools/chaos: what was done to the cluster, what applications got, and what was wrong."""
import collections

import measure
from chaos_history import FAILED, OK, REFUSED, UNKNOWN

SHOWN = 3  # sentences of each check; all of them are in the run's folder
WIDTH = 1200  # of a sentence


def rows_of(transactions):
    """(level, work, writes or reads) -> counts of results and seconds of those that were acknowledged."""
    rows = collections.defaultdict(lambda: (collections.Counter(), []))
    for each in transactions:
        counts, seconds = rows[each["level"], each["work"], "write" if each["writes"] else "read"]
        counts[each["result"]] += 1
        if each["result"] == OK:
            seconds.append(each["end"] - each["begin"])
    return rows


def able(reach, node, until):
    """(from, to): when a node could reach a majority."""
    times = [since for since, _ in reach[1:]] + [until]
    spans = []
    for (since, nodes), end in zip(reach, times):
        if node not in nodes:
            continue
        if spans and spans[-1][1] == since:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((since, end))
    return spans


def longest_gap(transactions, node, spans):
    """(seconds, when it began) of the longest time in which a node committed nothing at QUORUM, of all within the spans."""
    ends = sorted(each["end"] for each in transactions if each["result"] == OK and each["writes"]
                  and each["level"] != "one" and each["node"] == node)
    gaps = [(0.0, 0.0)]
    for since, until in spans:
        times = [since, *(end for end in ends if since < end < until), until]
        gaps += [(later - earlier, earlier) for earlier, later in zip(times, times[1:])]
    return max(gaps)


def schema_text(transactions, spans):
    """How many changes of the schema were wanted, each in several tries maybe, and made."""
    wanted = collections.defaultdict(list)
    for each in transactions:
        if each["want"] is not None:
            wanted[each["app"], each["want"]].append(each)
    calm = {want: tries for want, tries in wanted.items() if any(
        since <= tries[0]["begin"] and (tries[-1]["end"] or until) <= until for since, until in spans[tries[0]["node"]])}
    for what, some in (("", wanted), (", of them while their node could reach a majority", calm)):
        made = sum(tries[-1]["result"] == OK for tries in some.values())
        yield (f"{what or 'schema changes'}: {len(some)} wanted, {made} made ({100 * made / max(1, len(some)):.0f} %), "
               f"in {sum(map(len, some.values()))} tries")


def workloads_text(transactions, seconds):
    yield f"  {'level':7} {'work':8} {'':6} {OK:>8} {'per s':>7} {FAILED:>7} {UNKNOWN:>7} {REFUSED:>7} {'p50 ms':>7} {'p99 ms':>8}"
    for (level, work, kind), (counts, times) in sorted(rows_of(transactions).items()):
        p50, p99 = (measure.quantile(times, share) * 1000 if times else 0 for share in (0.5, 0.99))
        yield (f"  {level:7} {work:8} {kind:6} {counts[OK]:8} {counts[OK] / seconds:7.1f} {counts[FAILED]:7} "
               f"{counts[UNKNOWN]:7} {counts[REFUSED]:7} {p50:7.1f} {p99:8.1f}")


def text(outcome, seed, seconds, nodes, network_counts):
    """The report's lines."""
    faults = ", ".join(f"{name} {count}" for name, count in sorted(outcome.faults.items()))
    yield f"{nodes} nodes, {seconds:.0f} s, seed {seed}"
    yield f"faults ({sum(outcome.faults.values())}): {faults}"
    yield "packets: " + ", ".join(f"{name} {count}" for name, count in network_counts.items())
    yield f"transactions ({len(outcome.transactions)}):"
    yield from workloads_text(outcome.transactions, seconds)
    first = {}  # when each node had applications, in the order in which they came
    for each in outcome.transactions:
        first.setdefault(each["node"], each["begin"])
    spans = {number: [(max(since, begin), until) for since, until in able(outcome.reach, number, seconds) if until > begin]
             for number, begin in first.items()}
    yield "longest time without a commit at QUORUM, of when a majority could be reached: " + ", ".join(
        "node {} {:.1f} s (at {:.0f})".format(number, *longest_gap(outcome.transactions, number, spans[number]))
        for number in sorted(spans))
    yield "".join(schema_text(outcome.transactions, spans))
    yield "committing again after the last fault: " + ", ".join(
        f"node {number} {'never' if took is None else f'{took:.1f} s'}" for number, took in outcome.healed.items())
    asked = collections.Counter(each["asked"] for each in outcome.transactions if each["asked"])
    yield f"asked for an outcome that COMMIT could not tell: {dict(asked) or 'nobody'}"
    for said in outcome.figures.get("failed starts", ())[:SHOWN]:
        yield f"an agent had to be started again: {said[:WIDTH]}"
    yield "checks:"
    for name, problems in outcome.problems.items():
        yield f"  {'FAIL' if problems else 'ok':4} {name}" + (f" ({len(problems)})" if problems else "")
        yield from ("       " + problem[:WIDTH] for problem in problems[:SHOWN])
    bad = sum(bool(problems) for problems in outcome.problems.values())
    yield f"{len(outcome.problems) - bad} passed, {bad} failed"
