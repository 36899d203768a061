"""Dependencies between transactions, and the cycles that the isolation of QUORUM forbids (in the manner of Elle: Kingsbury
and Alvaro, 2020).

Objects have versions 0, 1, 2, ... A transaction reads versions and moves objects from one version to another; so every
dependency is known:
    B saw A        B read the version that A made                         (wr)
    B followed A   B made the version after A's                           (ww)
    B came later   on the same node, after A's COMMIT had returned        (session)
    A missed B     A read the version that B replaced                     (rw)
Forbidden are a cycle without "missed" (circular information flow), and a cycle with exactly one (read skew; with a write of
the same object, a lost update). Two or more are allowed: nodes may see unrelated transactions in different orders.
"""
import collections
import heapq

Step = collections.namedtuple("Step", "begin end node reads writes text ok")
# reads: object -> version; writes: object -> (version before, version after); ok: it was acknowledged


def edges_of(steps):
    """(forward, missed): forward[a] = {b: why}, without rw; missed = list of (reader, writer, object)."""
    forward, missed = [{} for _ in steps], []
    maker, replacer = {}, {}
    for index, step in enumerate(steps):
        for thing, (before, after) in step.writes.items():
            maker[thing, after] = index
            replacer[thing, before] = index
    for (thing, before), index in replacer.items():
        join(forward, maker.get((thing, before)), index, f"followed on {thing}")
    for index, step in enumerate(steps):
        for thing, version in step.reads.items():
            join(forward, maker.get((thing, version)), index, f"was seen on {thing}")
            other = replacer.get((thing, version))
            if other is not None and other != index:
                missed.append((index, other, thing))
    for earlier, later in sessions(steps):
        join(forward, earlier, later, "came before on its node")
    return forward, missed


def join(forward, source, target, why):
    if source is not None and source != target:
        forward[source].setdefault(target, why)


def sessions(steps):
    """Pairs (earlier, later) on one node, without those that follow from others."""
    for node in {step.node for step in steps}:
        mine = sorted((step.begin, index) for index, step in enumerate(steps) if step.node == node)
        ends = sorted((steps[index].end, index) for _, index in mine if steps[index].ok)
        latest, done = [], 0  # the last ones that have ended, each before none of the others began
        for begin, index in mine:
            while done < len(ends) and ends[done][0] < begin:
                ended = ends[done][1]
                latest = [other for other in latest if steps[other].end >= steps[ended].begin] + [ended]
                done += 1
            for earlier in latest:
                yield earlier, index


def order_of(steps, forward):
    """index -> place so that all forward edges go up, early transactions first; None if there is a cycle."""
    incoming = [0] * len(steps)
    for targets in forward:
        for target in targets:
            incoming[target] += 1
    ready = [(steps[index].begin, index) for index, count in enumerate(incoming) if not count]
    heapq.heapify(ready)
    place = {}
    while ready:
        index = heapq.heappop(ready)[1]
        place[index] = len(place)
        for target in forward[index]:
            incoming[target] -= 1
            if not incoming[target]:
                heapq.heappush(ready, (steps[target].begin, target))
    return place if len(place) == len(steps) else None


def path(forward, source, target, allowed=lambda _: True):
    """The shortest way, as a list of indexes, or None."""
    came, waiting = {source: None}, collections.deque([source])
    while waiting:
        index = waiting.popleft()
        if index == target:
            way = []
            while index is not None:
                way.append(index)
                index = came[index]
            return way[::-1]
        for following in forward[index]:
            if following not in came and allowed(following):
                came[following] = index
                waiting.append(following)
    return None


def tell(steps, forward, way):
    lines = []
    for index, following in zip(way, [*way[1:], None]):
        lines.append("    " + steps[index].text)
        if following is not None:
            lines.append(f"      {forward[index][following]}:")
    return "\n".join(lines)


def shortest_cycle(forward, place_less):
    """Some short cycle among nodes that have no place."""
    best = None
    for index in sorted(place_less)[:200]:
        for following in forward[index]:
            way = path(forward, following, index)
            if way and (best is None or len(way) < len(best)):
                best = way
    return best


def problems(steps, limit=5):
    """Sentences about forbidden cycles; the steps must be those that are in effect."""
    forward, missed = edges_of(steps)
    place = order_of(steps, forward)
    if place is None:
        way = shortest_cycle(forward, range(len(steps)))
        told = tell(steps, forward, [*way, way[0]]) if way else ""
        return [f"circular information flow (G0, G1c):\n{told}"]
    found = []
    for reader, writer, thing in missed:
        if place[writer] > place[reader]:
            continue
        way = path(forward, writer, reader, lambda index: place[index] <= place[reader])
        if way:
            found.append(f"read skew (G-single): the last of these missed on {thing} what the first one wrote:\n"
                         f"{tell(steps, forward, way)}")
            if len(found) == limit:
                break
    return found
