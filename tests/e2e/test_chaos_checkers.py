"""The checkers of tools/chaos find what they are for: histories made by hand, each with one anomaly, and a good one."""
import zlib

import chaos_checkers as checkers
import chaos_faults as faults
import chaos_workloads as workloads
from chaos_history import FAILED, OK, REFUSED, UNKNOWN
from harness import check

BALANCES = dict.fromkeys(range(workloads.ACCOUNTS), workloads.BALANCE)


def seen(*numbers):
    text = " ".join(map(str, numbers))
    return [len(numbers), numbers[-1] if numbers else 0, zlib.crc32(text.encode())]


class History:
    """Transactions one after the other, each of an application and a node of its own unless said otherwise."""

    def __init__(self):
        self.all, self.now = [], 0.0

    def add(self, work, reads=None, writes=(), result=OK, node=None, level="quorum", fresh=None, asked=None):
        self.now += 1
        number = len(self.all) + 1
        self.all.append({"work": work, "level": level, "node": node or 100 + number, "app": f"app{number}",
                         "begin": self.now, "end": self.now + 0.5 if result != UNKNOWN else None, "fresh": fresh,
                         "reads": reads or {}, "writes": [list(write) for write in writes], "result": result,
                         "slot": None, "asked": asked, "error": None})
        return self

    def append(self, number, after, key=1, **more):
        return self.add("list", {key: seen(*after)}, [(key, number)], **more)


def final(**tables):
    return {"lists": {}, "accounts": BALANCES, "counters": {}, "names": {}, "orphans": [], "wide_ids": {}, "narrow_ids": {}, "forks": {}, "heads": {}, "odd": {}, "even": {},
            "hot": {}, "made": {}} | tables


def found(history, /, **tables):
    """The names of the checks that found something."""
    return {name for name, test in checkers.ALL.items() if test(history.all, final(**tables))}


def expect(names, history, /, **tables):
    got = found(history, **tables)
    check(got == set(names), f"expected {sorted(names)}, and {sorted(got)} found something")


def good():
    history = History().append(1, []).append(2, [1]).append(3, [1, 2], result=UNKNOWN).append(9, [1, 2], result=FAILED)
    history.append(8, [1, 2], result=UNKNOWN).append(4, [1, 2, 3])
    history.add("list", {1: seen(1, 2, 3), 2: seen()}).add("list", {1: seen(1, 2, 3, 4)}, fresh=7.6)
    history.add("counter", {0: 0}, [(0, 1)]).add("counter", {0: 1}, [(0, 2)], result=UNKNOWN)
    history.add("counter", {0: 2}, [(0, 3)]).add("name", {"a": []}, [("a", 7)]).add("name", {"a": [7]})
    history.add("bank", BALANCES).add("bank", {0: 100, 1: 100}, [(0, 90), (1, 110)])
    history.add("stream", {1: 0}, [(1, 1)], level="one").add("stream", {1: [1, [1, 1], [1, 1]]}, level="one")
    history.add("ids", {}, [("wide_ids", 7, 70), ("narrow_ids", 7, 71)]).add("ids", {}, [("wide_ids", 7, 72)], result=FAILED)
    history.add("ids", {}, [("wide_ids", None, 73)], result=UNKNOWN).add("ids", {}, [("narrow_ids", 9, 74)], result=UNKNOWN)
    history.add("fork", {}, [(0, 80)]).add("fork", {0: [[0, 80]]}).add("fork", {}, [(1, 81)], result=UNKNOWN)
    history.add("fork", {0: [[0, 80], [1, 81]]}).add("fork", {}, [(2, 82)], result=FAILED)
    history.add("schema", {"made1": []}, [("made1", 11)]).add("schema", {"made1": ["made1"]})
    return history.add("hot", {}, [(1, 5)], level="one").add("list", {}, result=REFUSED)


GOOD = {"lists": {1: [1, 2, 3, 4]}, "counters": {0: 3}, "names": {"a": 7}, "wide_ids": {7: 70, 8: 73},
        "narrow_ids": {7: 71}, "forks": {0: 80, 1: 81}, "heads": {1: 1}, "odd": {1: (1, 1)}, "even": {1: (1, 1)}, "hot": {1: 5}, "made": {"made1": ["by_11", "11"]}}


def test_a_good_history_passes(_env):
    expect([], good(), **GOOD)


def test_lists_lost_torn_doubled_or_invented(_env):
    lists = GOOD["lists"][1]
    cases = {"lost": [1, 2, 3], "twice": [*lists, 4], "invented": [*lists, 77], "after a refusal": [*lists, 9]}
    for case, numbers in cases.items():
        check("lists" in found(good(), **GOOD | {"lists": {1: numbers}}), f"{case} was not found")
    half = History().add("list", {1: seen(), 2: seen()}, [(1, 1), (2, 2)], result=UNKNOWN)
    expect(["lists"], half, lists={1: [1]})
    torn = History().add("list", {1: seen()}, [(1, 1), (1, 2)]).add("list", {1: seen(1)})
    expect(["lists"], torn, lists={1: [1, 2]})
    expect(["lists"], History().append(1, []).add("list", {1: seen(5)}), lists={1: [1]})


def test_a_lost_update(_env):
    expect(["lists", "order"], History().append(1, []).append(2, []), lists={1: [1, 2]})
    expect(["counters"], History().add("counter", {0: 0}, [(0, 1)]).add("counter", {0: 0}, [(0, 1)]), counters={0: 1})


def test_children_without_a_parent(_env):
    expect([], History().add("family", {"orphans": []}))
    expect(["families"], History().add("family", {"orphans": [7]}).add("family", {"orphans": [7]}, result=REFUSED))
    expect(["families"], History().add("family", {"orphans": []}), orphans=[7])


def test_read_skew(_env):
    """One transaction writes two lists, and another one sees only half of it."""
    history = History().add("list", {1: seen(), 2: seen()}, [(1, 1), (2, 2)]).add("list", {1: seen(1), 2: seen()})
    expect(["order"], history, lists={1: [1], 2: [2]})
    mixed = History().add("list", {1: seen()}, [(1, 1)], node=1).add("counter", {0: 0}, [(0, 1)], node=1)
    mixed.add("counter", {0: 1}, [(0, 2)], node=2).add("list", {1: seen()}, node=2)
    expect(["order"], mixed, lists={1: [1]}, counters={0: 2})


def test_circular_information_flow(_env):
    history = History().add("list", {1: seen(), 2: seen(2)}, [(1, 1)]).add("list", {1: seen(1), 2: seen()}, [(2, 2)])
    expect(["order"], history, lists={1: [1], 2: [2]})


def test_two_unrelated_writes_seen_in_different_order_are_allowed(_env):
    history = History().append(1, [], key=1).append(2, [], key=2)
    history.add("list", {1: seen(1), 2: seen()}).add("list", {1: seen(), 2: seen(2)})
    expect([], history, lists={1: [1], 2: [2]})


def test_an_application_that_does_not_see_what_it_wrote(_env):
    expect(["order"], History().append(1, [], node=1).add("list", {1: seen()}, node=1), lists={1: [1]})


def test_a_stale_fresh_read(_env):
    expect(["fresh reads"], History().append(1, []).add("list", {1: seen()}, fresh=1.8), lists={1: [1]})


def test_an_outcome_told_wrong(_env):
    expect(["outcomes"], History().append(1, [], result=UNKNOWN, asked="aborted"), lists={1: [1]})
    expect(["outcomes"], History().append(1, [], result=UNKNOWN, asked="committed"))
    expect([], History().append(1, [], result=UNKNOWN, asked="unknown"))


def test_money(_env):
    expect(["bank"], History(), accounts=BALANCES | {0: 1})
    expect(["bank"], History().add("bank", BALANCES | {0: 99}))
    expect(["bank"], History().add("bank", {0: -1, 1: 50}, [(0, 0), (1, 49)]))


def test_counters_lost_and_invented(_env):
    expect(["counters"], History().add("counter", {0: 0}, [(0, 1)]), counters={0: 0})
    expect(["counters"], History().add("counter", {0: 0}, [(0, 1)]), counters={0: 2})
    expect(["counters"], History().add("counter", {0: 5}), counters={0: 0})


def test_a_name_with_two_owners(_env):
    history = History().add("name", {"a": []}, [("a", 1)]).add("name", {"a": []}, [("a", 2)])
    check("names" in found(history, names={"a": 2}), "both were told that it is theirs")
    check("names" in found(History().add("name", {"a": [3]}), names={"a": 2}), "another owner was seen")
    check("names" in found(History(), names={"a": 2}), "an owner that nobody knows")


def test_a_long_fork(_env):
    """Two rows, added at the same time, and two readers, each of whom has seen only one of them."""
    both = History().add("fork", {}, [(0, 1)], result=UNKNOWN).add("fork", {}, [(1, 2)], result=UNKNOWN)
    both.add("fork", {0: [[0, 1]]})
    forked = {"forks": {0: 1, 1: 2}}
    expect([], both, **forked)
    expect(["forks"], both.add("fork", {0: [[1, 2]]}), **forked)
    late = History().add("fork", {}, [(0, 1)]).add("fork", {0: []})
    expect(["forks"], late, forks={0: 1})
    expect(["forks"], History().add("fork", {}, [(0, 1)]))
    expect(["forks"], History().add("fork", {0: [[0, 3]]}), forks={0: 1})


def test_an_id_handed_out_twice_lost_or_invented(_env):
    first = History().add("ids", {}, [("wide_ids", 1, 10)])
    expect([], first, wide_ids={1: 10})
    expect(["ids"], first)
    expect(["ids"], first, narrow_ids={1: 10})
    expect(["ids"], first, wide_ids={2: 10})  # the driver was told another one
    expect(["ids"], first, wide_ids={1: 10, 2: 11})
    twice = first.add("ids", {}, [("wide_ids", 1, 11)])
    expect(["ids"], twice, wide_ids={1: 11})
    expect(["ids"], twice, wide_ids={1: 10, 2: 11})
    refused = History().add("ids", {}, [("narrow_ids", 1, 10)], result=FAILED)
    expect(["ids"], refused, narrow_ids={1: 10})


def test_streams(_env):
    one = History().add("stream", {1: 0}, [(1, 1)], level="one")
    expect(["streams"], one, heads={}, odd={}, even={})
    expect(["streams"], one, heads={1: 1}, odd={1: (1, 1)}, even={1: (2, 1)})
    whole = {"heads": {1: 2}, "odd": {1: (2, 2)}, "even": {1: (2, 2)}}
    expect(["streams"], History().add("stream", {1: [2, [2, 2], [1, 1]]}, level="one"), **whole)
    back = History().add("stream", {1: [2, [2, 2], [2, 2]]}, level="one", node=2)
    expect(["streams"], back.add("stream", {1: [1, [1, 1], [1, 1]]}, level="one", node=2), **whole)
    expect(["hot rows"], History(), hot={1: 4})


def test_a_table_made_twice_lost_or_invented(_env):
    made = History().add("schema", {"made1": []}, [("made1", 1)])
    expect([], made, made={"made1": ["by_1", "1"]})
    expect(["schema"], made)
    expect(["schema"], made, made={"made1": ["by_1"]})  # without its row
    twice = History().add("schema", {"made1": []}, [("made1", 1)]).add("schema", {"made1": []}, [("made1", 2)])
    expect(["schema"], twice, made={"made1": ["by_2", "2"]})
    expect(["schema"], History(), made={"made1": ["by_2", "2"]})
    expect(["schema"], History().add("schema", {"made1": ["made1"]}))
    expect(["schema"], History().add("schema", {"made1": []}, [("made1", 1)], result=FAILED), made={"made1": ["by_1", "1"]})


def test_a_plan_depends_on_the_seed_alone(_env):
    check(faults.plan(5, 60, 3) == faults.plan(5, 60, 3), "the same seed has made another plan")
    check(faults.plan(5, 60, 3) != faults.plan(6, 60, 3), "two seeds have made the same plan")
    names = {fault.name for seed in range(40) for fault in faults.plan(seed, 60, 3)}
    check(names == {name for lane in faults.LANES.values() for name in lane}, f"only {sorted(names)} ever happen")
    check(all(fault.end < 60 for fault in faults.plan(7, 60, 3)), "all end in time")
