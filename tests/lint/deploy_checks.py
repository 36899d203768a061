"""What can be said of deploy/ and k8s/ without an engine or a cluster: the image has the libraries that the programs need,
the systemd unit is one, and probes, ports, flags and times are those of the agent."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import sources

BASE = {"libc6", "libgcc-s1", "libstdc++6"}  # in every Debian image
UNIT, DOCKERFILE, SIDECAR = "deploy/murmel.service", "deploy/Dockerfile", "k8s/sidecar.yaml"


def read(name):
    return (sources.ROOT / name).read_text()


def packages_needed(program):
    """The Debian packages of the libraries that a program names; raises KeyError for one that no package has."""
    said = subprocess.run(["readelf", "-d", str(program)], capture_output=True, text=True, check=True).stdout
    libraries, found = re.findall(r"NEEDED.*\[(.+)\]", said), {}
    known = subprocess.run(["dpkg-query", "-S", *(f"*/{library}" for library in libraries)], capture_output=True, text=True)
    for line in known.stdout.splitlines():
        package, path = line.split(": ", 1)
        if re.fullmatch(r"(/usr)?/lib/[^/]+/[^/]+", path):
            found[path.rsplit("/", 1)[1]] = package.split(":")[0]
    return {found[library] for library in libraries} - BASE


def image(build):
    """The runtime packages in the Dockerfile are those that the agent and the extension are linked with."""
    listed = set(re.findall(r"\bz?lib[a-z0-9.+-]+", read(DOCKERFILE).split("AS build", 1)[1].split("FROM", 1)[1].split("&&")[1]))
    needed = set()
    for program in ("agent/murmel", "extension/murmel.so"):
        if not (build / program).exists():
            return [f"{program} is not built"]
        needed |= packages_needed(build / program)
    problems = [f"{DOCKERFILE}: the image lacks {package}" for package in sorted(needed - listed)]
    return problems + [f"{DOCKERFILE}: nothing needs {package}" for package in sorted(listed - needed)]


def seconds(text):
    return float(re.match(r"\d+", text).group())


def grace_seconds(settings):
    return seconds(re.search(r'^shutdown_grace = "(\d+)s"', settings, re.M).group(1))


def murmel(build, *words):
    return subprocess.run([str(build / "agent" / "murmel"), *words], capture_output=True, text=True,
                          env={**os.environ, "MURMEL_CLUSTER_SECRET": "0123456789abcdef0123456789abcdef"})


def unit(build):
    text, problems = read(UNIT), []
    stop = seconds(re.search(r"^TimeoutStopSec=(.+)$", text, re.M).group(1))
    if stop <= grace_seconds(murmel(build, "agent", "--print-config").stdout):
        problems.append(f"{UNIT}: TimeoutStopSec is not above cluster.shutdown_grace")
    if shutil.which("systemd-analyze"):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "murmel.service"
            copy.write_text(text.replace("/usr/bin/murmel ", f"{build}/agent/murmel "))
            said = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True)
            problems += [f"{UNIT}: {line}" for line in said.stderr.splitlines() if "murmel" in line]
    return problems


def sidecar(build):
    try:
        import yaml
    except ImportError:
        return [f"{SIDECAR}: python3-yaml is missing, run tools/setup test"]
    parts = {part["kind"]: part for part in yaml.safe_load_all(read(SIDECAR))}
    pod = parts["StatefulSet"]["spec"]["template"]["spec"]
    agent = next(container for container in pod["containers"] if container["name"] == "murmel")
    config, problems = parts["ConfigMap"]["data"]["murmel.toml"], []

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "murmel.toml"
        file.write_text(config)
        flags = [str(word).replace("/etc/murmel/murmel.toml", str(file)).replace("$(POD_NAME)", "app-0") for word in agent["args"]]
        checked = murmel(build, *flags, "--check-config")
        if checked.returncode:
            problems.append(f"the agent refuses its flags or configuration: {checked.stderr.strip()}")
        settings = murmel(build, *flags, "--print-config").stdout

    ports = {port["name"]: port["containerPort"] for port in agent["ports"]}
    configured = {section: int(port) for section, port in
                  re.findall(r'^\[(\w+)\][^\[]*?^listen = "[^"]*:(\d+)"', config, re.M | re.S)}
    if configured != {"cluster": ports["murmel"], "admin": ports["admin"]}:
        problems.append(f"ports {ports} are not those of the configuration {configured}")
    if parts["Service"]["spec"]["ports"][0]["port"] != ports["murmel"]:
        problems.append("the Service has another port than the agents")
    routes = set(re.findall(r'"GET", "(/[^"]*)"', read("agent/service/admin.cc")))
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = agent[probe]["httpGet"]
        if asked["path"] not in routes or asked["port"] != "admin":
            problems.append(f"{probe} asks {asked}, which the admin port does not answer")
    if settings and pod["terminationGracePeriodSeconds"] <= grace_seconds(settings):
        problems.append("terminationGracePeriodSeconds is not above cluster.shutdown_grace")
    volumes = {volume["name"] for volume in pod["volumes"]} | {
        claim["metadata"]["name"] for claim in parts["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    for container in pod["containers"] + pod["initContainers"]:
        problems += [f"container {container['name']} mounts {mount['name']}, which is no volume"
                     for mount in container["volumeMounts"] if mount["name"] not in volumes]
    return [f"{SIDECAR}: {problem}" for problem in problems]


def problems(build):
    return image(build) + unit(build) + sidecar(build)
