"""What must be true of the histories of tools/chaos, given what all databases hold at the end.

A checker takes (transactions, final) and returns sentences; none: nothing is wrong. `final` is what `final_of` makes of a
database: lists (key -> numbers), accounts, counters, names (name -> id), orphans (ids), wide_ids, narrow_ids and forks (id -> value), heads, odd and even (stream -> (rows, last)), hot.
"""
import collections
import itertools
import zlib

import chaos_cycles as cycles
import chaos_workloads as workloads
from chaos_history import FAILED, OK, REFUSED, UNKNOWN, describe


def final_of(connection):
    def table(sql):
        return dict(connection.execute(sql).fetchall())

    def ends(name):
        rows = connection.execute(f"SELECT id / ?1, count(*), max(id) % ?1 FROM {name} GROUP BY 1",
                                  (workloads.STREAM_ROWS,)).fetchall()
        return {stream: (count, last) for stream, count, last in rows}

    made = {name: [column[1] for column in connection.execute(f"PRAGMA table_info({name})")]
            + [str(row[0]) for row in connection.execute(f"SELECT * FROM {name}")]
            for name, in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'made*'").fetchall()}
    lists = table("SELECT key, value FROM lists")
    return {"lists": {key: [int(number) for number in text.split()] for key, text in lists.items()},
            "accounts": table("SELECT id, balance FROM accounts"),
            "counters": table("SELECT id, value FROM counters"),
            "names": table("SELECT name, id FROM names"),
            "orphans": [row[0] for row in connection.execute(workloads.ORPHANS)],
            **{name: table(f"SELECT id, value FROM {name}") for name in (*workloads.ID_TABLES, "forks")},
            "heads": table("SELECT stream, n FROM heads"), "odd": ends("odd"), "even": ends("even"),
            "hot": table("SELECT id, value FROM hot"), "made": made}


def of(work, transactions):
    return [each for each in transactions if each["work"] == work and each["result"] != REFUSED]


def told_wrong(transaction, present):
    """Compares what an application was told with which of its writes are there (a list of booleans)."""
    if transaction["result"] == OK and not all(present):
        return f"lost: {describe(transaction)}"
    if transaction["result"] == FAILED and any(present):
        return f"refused, yet there (G1a): {describe(transaction)}"
    if present and any(present) != all(present):
        return f"half there: {describe(transaction)}"
    return None


class Lists:
    """The final lists: who wrote each number, and the checksum of each beginning."""

    def __init__(self, final):
        self.final = final["lists"]
        self.place, self.twice, self.sums = {}, [], {}
        for key, numbers in self.final.items():
            total, self.sums[key] = 0, [0]
            for index, number in enumerate(numbers):
                total = zlib.crc32((" " if index else "").encode() + str(number).encode(), total)
                self.sums[key].append(total)
                if number in self.place:
                    self.twice.append(f"number {number} is there twice")
                self.place[number] = (key, index)

    def is_beginning(self, key, seen):
        length, _, total = seen
        sums = self.sums.get(key, [0])
        return length < len(sums) and sums[length] == total


def check_lists(transactions, final):
    """No append is lost, half there, there twice, or there after a refusal; each stands right after what it had read; and
    all that was ever read is a beginning of the final list, and ends where a transaction ends."""
    lists, found, writer = Lists(final), [], {}
    found += lists.twice
    for transaction in of("list", transactions):
        written = collections.defaultdict(list)
        for key, number in transaction["writes"]:
            written[key].append(number)
            writer[number] = transaction
        wrong = told_wrong(transaction, [number in lists.place for _, number in transaction["writes"]])
        if wrong:
            found.append(wrong)
        for key, numbers in written.items():
            after = transaction["reads"][key][0]
            places = [lists.place[number] for number in numbers if number in lists.place]
            if places and places != [(key, after + index) for index in range(len(numbers))]:
                found.append(f"lost update: appended to list {key} after {after} numbers, and stands at {places}: "
                             f"{describe(transaction)}")
    for number, (key, _) in lists.place.items():
        if number not in writer:
            found.append(f"nobody wrote number {number} of list {key}")
    for transaction in of("list", transactions):
        for key, seen in transaction["reads"].items():
            numbers, length = lists.final.get(key, []), seen[0]
            if not lists.is_beginning(key, seen):
                found.append(f"list {key} was read as {seen} (length, last, checksum), which it never was: "
                             f"{describe(transaction)}")
            elif 0 < length < len(numbers) and writer.get(numbers[length - 1]) is writer.get(numbers[length]):
                found.append(f"half of a transaction was seen (G1b) on list {key}: {describe(transaction)}")
    return found


def check_bank(transactions, final):
    """Money is neither made nor lost, in no state that anybody sees; no account is overdrawn."""
    total, found = workloads.ACCOUNTS * workloads.BALANCE, []
    if sum(final["accounts"].values()) != total:
        found.append(f"the accounts add up to {sum(final['accounts'].values())} and not to {total}: {final['accounts']}")
    for transaction in of("bank", transactions):
        balances = transaction["reads"].values()
        least = min(balances, default=-1)
        if least < 0 or (len(balances) == workloads.ACCOUNTS and sum(balances) != total):
            found.append(f"accounts seen adding up to {sum(balances)}, least {least}: {describe(transaction)}")
    return found


def counter_writers(transactions):
    """(counter, value) -> the transactions that may have written it: one that was acknowledged, or all unknown ones."""
    sure, maybe = collections.defaultdict(list), collections.defaultdict(list)
    for transaction in of("counter", transactions):
        for number, value in transaction["writes"]:
            if transaction["result"] == OK:
                sure[number, value].append(transaction)
            elif transaction["result"] == UNKNOWN:
                maybe[number, value].append(transaction)
    return sure, maybe


def check_counters(transactions, final):
    """Each number up to the last one was written, and acknowledged once at most."""
    sure, maybe = counter_writers(transactions)
    found = [f"lost update: {len(several)} transactions made counter {thing[0]} {thing[1]}: "
             + "; ".join(map(describe, several)) for thing, several in sure.items() if len(several) > 1]
    for number, last in final["counters"].items():
        found += [f"nobody made counter {number} {value}" for value in range(1, last + 1)
                  if (number, value) not in sure and (number, value) not in maybe]
    found += [f"lost: counter {thing[0]} ends at {final['counters'].get(thing[0])}: {describe(made)}"
              for thing, all_ in sure.items() for made in all_ if thing[1] > final["counters"].get(thing[0], 0)]
    for transaction in of("counter", transactions):
        found += [f"counter {number} was seen as {value}, and ends below: {describe(transaction)}"
                  for number, value in transaction["reads"].items() if value > final["counters"].get(number, 0)]
    return found


def check_names(transactions, final):
    """A name has one owner for ever: who was told that it has it; nobody saw another."""
    found, owners = [], set(final["names"].values())
    for transaction in of("name", transactions):
        for name, number in transaction["writes"]:
            wrong = told_wrong(transaction, [final["names"].get(name) == number])
            found += [wrong] if wrong else []
            owners.discard(number)
        for name, ids in transaction["reads"].items():
            if ids and ids != [final["names"].get(name)]:
                found.append(f"{name} was seen with {ids} and ends with {final['names'].get(name)}: "
                             f"{describe(transaction)}")
    return found + [f"nobody asked for the name of row {number}" for number in sorted(owners)]


def check_families(transactions, final):
    """Nobody ever sees a child without its parent."""
    found = [f"children without a parent at the end: {final['orphans']}"] if final["orphans"] else []
    return found + [f"children without a parent: {transaction['reads']['orphans']}, seen by {describe(transaction)}"
                    for transaction in of("family", transactions) if transaction["reads"].get("orphans")]


def check_ids(transactions, final):
    """An id is handed out once, and ends with the value of who was told that it has it; each other value is somebody's."""
    found, owner = [], {}
    place = {(table, value): number for table in workloads.ID_TABLES for number, value in final[table].items()}
    unexplained = set(place)
    for transaction in of("ids", transactions):
        # One that was not told its id has it if the value is there.
        wrong = told_wrong(transaction, [(table, value) in place and number in (None, place[table, value])
                                         for table, number, value in transaction["writes"]])
        found += [wrong] if wrong else []
        for table, number, value in transaction["writes"]:
            unexplained.discard((table, value))
            other = owner.setdefault((table, number), transaction) if transaction["result"] == OK else transaction
            if other is not transaction:
                found.append(f"id {number} of {table} was handed out twice: {describe(other)}; {describe(transaction)}")
    return found + [f"nobody wrote {value} to {table}" for table, value in sorted(unexplained)]


def check_forks(transactions, final):
    """Serializable reads of a group of rows are of one order: of two the one has seen all that the other one has (no long
    fork). And each has seen what was acknowledged before it began."""
    found, groups, acknowledged = [], collections.defaultdict(list), collections.defaultdict(list)
    for transaction in of("fork", transactions):
        wrong = told_wrong(transaction, [final["forks"].get(row) == value for row, value in transaction["writes"]])
        found += [wrong] if wrong else []
        for row, _ in transaction["writes"] if transaction["result"] == OK else ():
            acknowledged[row // workloads.FORK_GROUP].append((row, transaction["end"]))
        for group, rows in transaction["reads"].items():
            found += [f"row {row} was seen with {value} and ends with {final['forks'].get(row)}: {describe(transaction)}"
                      for row, value in rows if final["forks"].get(row) != value]
            groups[group].append(({row for row, _ in rows}, transaction))
    for group, reads in groups.items():
        reads.sort(key=lambda read: len(read[0]))
        found += [f"long fork: {describe(fewer)}; {describe(more)}" for (less, fewer), (seen, more) in zip(reads, reads[1:])
                  if not less <= seen]
        found += [f"row {row} was acknowledged before, and missed: {describe(transaction)}" for seen, transaction in reads
                  for row, end in acknowledged[group] if end < transaction["begin"] and row not in seen]
    return found


def check_order(transactions, final):
    """No circular information flow, no read skew among transactions at QUORUM."""
    lists, steps = Lists(final), []
    sure, maybe = counter_writers(transactions)
    for transaction in transactions:
        work, reads, writes = transaction["work"], {}, {}
        if work not in workloads.QUORUM or work in ("bank", "ids", "fork") or transaction["result"] in (REFUSED, FAILED):
            continue
        if work == "list":
            reads = {f"list {key}": seen[0] for key, seen in transaction["reads"].items()}
            there = [lists.place[number] for _, number in transaction["writes"] if number in lists.place]
            for key, places in itertools.groupby(sorted(there), lambda place: place[0]):
                indexes = [index for _, index in places]
                writes[f"list {key}"] = (indexes[0], indexes[-1] + 1)
        elif work == "counter":
            reads = {f"counter {number}": value for number, value in transaction["reads"].items()}
            for number, value in transaction["writes"]:
                known = sure[number, value] or maybe[number, value]
                if known == [transaction] and value <= final["counters"].get(number, 0):
                    writes[f"counter {number}"] = (value - 1, value)
        else:
            reads = {name: len(ids) for name, ids in transaction["reads"].items()}
            writes = {name: (0, 1) for name, number in transaction["writes"] if final["names"].get(name) == number}
        if transaction["result"] == OK or writes:
            steps.append(cycles.Step(transaction["begin"], transaction["end"], transaction["node"], reads, writes,
                                     describe(transaction), transaction["result"] == OK))
    return cycles.problems(steps)


def check_outcomes(transactions, final):
    """What was told about a transaction of unknown outcome, when it was asked for, is what is there."""
    lists, found = Lists(final), []
    for transaction in transactions:
        if transaction["asked"] not in ("committed", "aborted") or transaction["work"] not in ("list", "name"):
            continue
        there = [number in lists.place if transaction["work"] == "list" else final["names"].get(thing) == number
                 for thing, number in transaction["writes"]]
        if any(there) != (transaction["asked"] == "committed"):
            found.append(f"said to be {transaction['asked']}, and is not: {describe(transaction)}")
    return found


def check_fresh(transactions, final):
    """A read after murmel_wait_for('quorum') sees all that was acknowledged anywhere before it was asked for."""
    ends = {number: transaction["end"] for transaction in of("list", transactions) if transaction["result"] == OK
            for _, number in transaction["writes"]}
    never = float("inf")
    earliest = {}  # key -> [earliest acknowledgement of this number or a later one]
    for key, numbers in final["lists"].items():
        backwards = itertools.accumulate((ends.get(number, never) for number in reversed(numbers)), min)
        earliest[key] = [*list(backwards)[::-1], never]
    return [f"list {key} was read with {seen[0]} numbers, though more had been acknowledged before: {describe(transaction)}"
            for transaction in of("list", transactions) if transaction["fresh"] is not None
            for key, seen in transaction["reads"].items()
            if earliest.get(key, [never])[min(seen[0], len(earliest.get(key, [never])) - 1)] < transaction["fresh"]]


def check_streams(transactions, final):
    """At ONE: nothing that one node alone writes is lost or doubled; other nodes see whole transactions, in order."""
    found, acknowledged, seen_last = [], collections.Counter(), {}
    for transaction in of("stream", transactions):
        for stream, n in transaction["writes"]:
            if transaction["result"] == OK:
                acknowledged[stream] = max(acknowledged[stream], n)
        for stream, seen in transaction["reads"].items():
            head = seen if transaction["writes"] else seen[0]
            before = seen_last.get((transaction["node"], stream), (0, None))
            if before[1] and transaction["begin"] > before[1] and head < before[0]:
                found.append(f"stream {stream} went back from {before[0]} to {head}: {describe(transaction)}")
            if transaction["end"] and head >= before[0]:
                seen_last[transaction["node"], stream] = (head, transaction["end"])
            if transaction["writes"]:
                continue
            for count, last in seen[1:]:
                if last != head or count != min(head, workloads.WINDOW):
                    found.append(f"stream {stream} was seen torn: {describe(transaction)}")
    for stream, n in acknowledged.items():
        if final["heads"].get(stream, 0) < n:
            found.append(f"lost: stream {stream} ends at {final['heads'].get(stream, 0)}, acknowledged were {n}")
    for stream, n in final["heads"].items():
        for table in ("odd", "even"):
            if final[table].get(stream) != (n, n):
                found.append(f"stream {stream} has {n} rows, and table {table} (rows, last) {final[table].get(stream)}")
    return found


def check_schema(transactions, final):
    """Of all that made a table of one name, one was told so; its table, with its row, is there, and nobody else's."""
    found, owners = [], dict(final["made"])
    for transaction in of("schema", transactions):
        for name, number in transaction["writes"]:
            there = final["made"].get(name) == [f"by_{number}", str(number)]
            wrong = told_wrong(transaction, [there])
            found += [wrong] if wrong else []
            if there:
                owners.pop(name, None)
        found += [f"{name} was seen and is gone: {describe(transaction)}" for name, there in transaction["reads"].items()
                  if there and name not in final["made"]]
    return found + [f"nobody made table {name} as it is: {content}" for name, content in sorted(owners.items())]


def check_hot(transactions, final):
    """A row that all nodes overwrite at ONE ends with something that somebody wrote."""
    written = {(row, value) for transaction in of("hot", transactions) if transaction["result"] != FAILED
               for row, value in transaction["writes"]}
    return [f"nobody wrote {value} to row {row}" for row, value in final["hot"].items()
            if value and (row, value) not in written]


ALL = {"lists": check_lists, "bank": check_bank, "counters": check_counters, "names": check_names, "families": check_families, "ids": check_ids, "forks": check_forks,
       "order": check_order, "outcomes": check_outcomes, "fresh reads": check_fresh, "streams": check_streams, "hot rows": check_hot, "schema": check_schema}
