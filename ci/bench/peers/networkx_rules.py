"""The seven shipped policies in Python with networkx, and what happens when machines are shut down.

Written as one writes such a script: everything read with `json`, all resources in one graph, a function a rule.
It knows nothing of unknowns, aliases, waivers or reports, and reads only filters of the form `class and fact=value`.
"""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import networkx as nx

RELATIONS = {"require": True, "subscribe": True, "before": False, "notify": False}


def as_list(value):
    return value if isinstance(value, list) else [value]


class Estate:
    def __init__(self, directory):
        self.facts = {path.stem: json.loads(path.read_text()) for path in Path(directory, "facts").glob("*.json")}
        self.registered = set()
        for path in Path(directory, "registrations").glob("*.ndjson"):
            self.registered.update(json.loads(line)["senderid"] for line in path.open())
        self.answering = {reply["sender"] for reply in json.loads(Path(directory, "discovery.json").read_text())}
        self.classes = {}
        self.dependencies = []
        # An edge leads from what is needed, or contains, to who needs it, or is contained.
        self.graph = nx.DiGraph()
        for path in Path(directory, "catalogs").glob("*.json"):
            self.read_catalog(json.loads(path.read_text()))
        self.nodes = set(self.facts) | set(self.classes) | self.registered | self.answering
        self.resolve()

    def read_catalog(self, catalog):
        node = catalog["name"]
        self.classes[node] = set(catalog["classes"])
        for edge in catalog["edges"]:
            self.graph.add_edge((node, edge["source"]), (node, edge["target"]), contains=True)
        for resource in catalog["resources"]:
            here = (node, f"{resource['type']}[{resource['title']}]")
            self.graph.add_node(here)
            parameters = resource.get("parameters", {})
            for parameter, needs in RELATIONS.items():
                for reference in as_list(parameters.get(parameter, [])):
                    there = (node, reference)
                    source, target = (there, here) if needs else (here, there)
                    self.graph.add_edge(source, target, needs=True)
            if resource["type"] == "Groundrule::Dependency":
                self.dependencies.append({"node": node, **parameters})

    def resolve(self):
        by_filter = {}
        for dependency in self.dependencies:
            if "matching" in dependency:
                written = dependency["matching"]
                if written not in by_filter:
                    by_filter[written] = [node for node in self.nodes if self.matches(node, written)]
                dependency["providers"] = [
                    node
                    for node in by_filter[written]
                    if node != dependency["node"] and (node, dependency.get("on")) in self.graph
                ]
            else:
                dependency["providers"] = as_list(dependency["nodes"])

    def matches(self, node, written):
        def fits(part):
            fact, equals, value = part.partition("=")
            return self.facts.get(node, {}).get(fact) == value if equals else part in self.classes.get(node, ())

        return all(fits(part) for part in written.split(" and "))


def declared_dependencies(estate):
    return estate.nodes - {dependency["node"] for dependency in estate.dependencies}


def mongodb_shards(estate):
    shards = defaultdict(set)
    for node, classes in estate.classes.items():
        if "mongodb::shard" in classes:
            shards[estate.facts[node]["shard"]].add(node)
    return [members for members in shards.values() if len(members) < 2]


def mysql_zones(estate):
    databases = {node for node, classes in estate.classes.items() if "mysql::server" in classes}
    zones = {estate.facts[node]["availability_zone"] for node in databases}
    return [databases] if len(zones) == 1 else []


def rack_cohabitation(estate):
    pairs = {(d["node"], provider) for d in estate.dependencies for provider in d["providers"]}
    known = [(a, b) for a, b in pairs if a != b and a in estate.nodes and b in estate.nodes]
    return [(a, b) for a, b in known if estate.facts[a]["rack"] == estate.facts[b]["rack"]]


def unmanaged(estate):
    def missing(dependency):
        if "matching" in dependency:
            return not dependency["providers"]
        on = dependency.get("on")
        return any(
            provider not in estate.nodes or (on and (provider, on) not in estate.graph)
            for provider in dependency["providers"]
        )

    return [dependency for dependency in estate.dependencies if missing(dependency)]


def fall(estate, resource, fallen):
    """Adds a resource, what is in it and everything that falls with these."""
    whole = [resource]
    while whole:
        here = whole.pop()
        if here in fallen and fallen[here]:
            continue
        fallen[here] = True
        whole.extend(to for _, to, data in estate.graph.out_edges(here, data=True))
        for container, _, data in estate.graph.in_edges(here, data=True):
            if data.get("contains") and container not in fallen:
                fallen[container] = False
                whole.extend(to for _, to, data in estate.graph.out_edges(container, data=True) if data.get("needs"))


def unmet(estate, gone=frozenset()):
    """Hard dependencies of standing machines that are not met when these are gone."""
    hard = [d for d in estate.dependencies if d.get("kind", "hard") == "hard" and d["node"] not in gone]
    fallen, failed = {}, []
    while True:
        new = []
        for dependency in hard:
            on = dependency.get("on")
            standing = [
                provider
                for provider in dependency["providers"]
                if provider in estate.nodes
                and provider not in gone
                and (on is None or ((provider, on) in estate.graph and (provider, on) not in fallen))
            ]
            needs = dependency.get("needs", 1)
            if len(standing) < (len(dependency["providers"]) if needs == "all" else int(needs)):
                new.append(dependency)
        if len(new) == len(failed):
            return new
        failed = new
        for dependency in failed:
            if "from" in dependency:
                fall(estate, (dependency["node"], dependency["from"]), fallen)


def safe_to_stop(estate):
    return unmet(estate)


def present(estate):
    return estate.registered - estate.answering


RULES = [declared_dependencies, mongodb_shards, mysql_zones, rack_cohabitation, unmanaged, safe_to_stop, present]


def main(directory):
    began = time.perf_counter()
    estate = Estate(directory)
    answers = {"load": time.perf_counter() - began, "rules": {}}

    def timed(name, rule):
        began = time.perf_counter()
        found = rule()
        answers["rules"][name] = {"seconds": time.perf_counter() - began, "violations": len(found)}

    for rule in RULES:
        timed(rule.__name__.replace("_", "-"), lambda rule=rule: rule(estate))
    timed("shut-down", lambda: unmet(estate, {"mysql1.p001.example.net"}))
    nodes = sorted(estate.nodes)
    # Ten of them stand for all: each takes as long.
    began = time.perf_counter()
    for node in nodes[:10]:
        unmet(estate, {node})
    answers["in-turn"] = (time.perf_counter() - began) / 10 * len(nodes)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
