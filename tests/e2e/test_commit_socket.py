"""The agent's side of transactions at a quorum, asked for by hand: what an application could only do by dying."""
import socket
import struct
import time

import commit_socket as commits
from harness import check, patience

COLUMNS = ["id", "body"]
TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)"


def start(env, nodes=3):
    cluster = env.cluster(nodes)
    env.shell(cluster.nodes[0], TABLE)
    for node in cluster.nodes:
        env.wait(lambda node=node: env.shell(node, "SELECT count(*) FROM sqlite_schema WHERE name = 't'") == "1",
                 what=f"the table on node {node.id}")
        env.wait(lambda node=node: len(quorum(env, node)["voters"]) == nodes, what="all voters known")
    return cluster


def quorum(env, node):
    return env.ask(node, "status")["databases"][0]["commit"]


def rows(env, node):
    return env.shell(node, "SELECT id, body FROM t ORDER BY id", equipped=False)


def insert(*values):
    return commits.insert("t", COLUMNS, *values)


def test_a_decision_holds_when_the_application_dies_before_its_commit(env):
    cluster = start(env)
    client = commits.Client(cluster.node(1))
    answer = client.commit(insert((1, "decided"), (2, "too")))
    client.close()  # it never writes what was decided
    check(answer.outcome == commits.COMMITTED, f"not committed: {answer}")
    for node in cluster.nodes:
        env.wait(lambda node=node: rows(env, node) == "1|decided\n2|too", what=f"the rows on node {node.id}")
    env.wait_equal(cluster.nodes)
    for node in cluster.nodes:
        told = env.ask(node, "txn", "--id", answer.id)
        check(told["outcome"] == "committed", f"node {node.id} says {told}")


def test_what_a_majority_knows_can_be_waited_for(env):
    cluster = start(env)
    answer = commits.Client(cluster.node(1)).commit(insert((1, "x")))
    known = commits.Client(cluster.node(3)).known()
    check(known.outcome == commits.COMMITTED and known.positions.get(answer.origin, 0) >= answer.seq,
          f"node 3 knows {known.positions} after {answer}")


def test_a_minority_refuses_within_its_time_and_reads(env):
    cluster = start(env)
    cluster.node(2).kill()
    cluster.node(3).kill()
    client = commits.Client(cluster.node(1))
    env.wait(lambda: not quorum(env, cluster.node(1))["majority_reachable"], what="the loss of the majority")
    begun = time.monotonic()
    answer = client.commit(insert((1, "x")), timeout_ms=2000)
    check(answer.outcome == commits.UNAVAILABLE and answer.text, f"answered {answer}")
    check(time.monotonic() - begun < patience.seconds(4), "the refusal took too long")
    check(rows(env, cluster.node(1)) == "", "the row is there")
    cluster.launch()
    env.wait(lambda: quorum(env, cluster.node(1))["majority_reachable"], what="the majority")
    check(client.commit(insert((2, "y"))).outcome == commits.COMMITTED, "not committed after the others came back")


def test_an_agent_killed_while_it_decides_blocks_no_row(env):
    cluster = start(env)
    for round_ in range(5):
        client = commits.Client(cluster.node(1))
        request = client.commit_request(insert((round_, "first")))
        client.send(request)
        time.sleep(round_ * 0.002)
        cluster.node(1).kill()
        other = commits.Client(cluster.node(2))

        # Undecided, the row is busy; decided, it is a conflict until it is seen. Neither may last.
        def second():
            payload = insert((round_, "second"))
            return other.commit(payload, timeout_ms=1000).outcome in (commits.COMMITTED, commits.CONFLICT)

        begun = time.monotonic()
        env.wait(second, seconds=10, what="a decision about a row of the dead agent")
        check(time.monotonic() - begun < patience.seconds(5), "the row was blocked for too long")
        cluster.node(1).launch()
        env.wait(lambda: quorum(env, cluster.node(1))["undecided"] == 0, what="nothing undecided")
    env.wait_equal(cluster.nodes)


def test_nonsense_costs_only_its_own_connection(env):
    cluster = start(env)
    good = commits.Client(cluster.node(1))
    for bad in (b"", b"\0\0\0\0", b"\xff\xff\xff\xff", struct.pack("<I", 3) + b"xyz", struct.pack("<I", 2) + b"C\x01"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(cluster.node(1).dir / "data" / "commit"))
            client.sendall(bad)
            if bad:
                check(client.recv(1) == b"", f"{bad!r} was answered")
    newer = good.ask(b"C\x63" + b"whatever")
    check(newer.outcome == commits.REFUSED and "release" in newer.text, f"another release is told {newer}")
    elsewhere = commits.Client(cluster.node(1))
    elsewhere.path = "/no/such.db"
    check(elsewhere.known().outcome == commits.UNAVAILABLE, "a database that is not here")
    check(good.commit(insert((1, "x"))).outcome == commits.COMMITTED, "the good client was hurt")


def test_decisions_outlive_all_agents(env):
    cluster = start(env)
    client = commits.Client(cluster.node(1))
    answer = client.commit(insert((1, "kept")))
    check(answer.outcome == commits.COMMITTED, f"not committed: {answer}")
    for node in cluster.nodes:
        node.kill()
    cluster.launch()
    for node in cluster.nodes:
        env.wait(lambda node=node: rows(env, node) == "1|kept", what=f"the row on node {node.id}")
    client = commits.Client(cluster.node(1))
    env.wait(lambda: quorum(env, cluster.node(1))["majority_reachable"], what="the majority")

    # Numbers that were set aside before the kill become empty slots first; a writer has to see these.
    def again():
        second = client.commit(insert((2, "new")))
        check(second.outcome in (commits.COMMITTED, commits.CONFLICT), f"after the restart: {second}")
        return second if second.outcome == commits.COMMITTED else None

    check(env.wait(again, what="a transaction after the restart").seq > answer.seq, "a number was used again")
