"""Impact and single points of failure in Python with networkx: what the rules beside it do for one machine, or for all."""

import json
import sys
import time

from networkx_rules import Estate, unmet

estate = Estate(sys.argv[1])
node = sys.argv[2]
today = len(unmet(estate))
began = time.perf_counter()
hit = len(unmet(estate, {node})) - today
impact = time.perf_counter() - began
# Ten of them stand for all: each takes as long.
nodes = sorted(estate.nodes)
began = time.perf_counter()
for other in nodes[:10]:
    unmet(estate, {other})
spof = (time.perf_counter() - began) / 10 * len(nodes)
json.dump({"impact": impact, "hit": hit, "spof": spof}, sys.stdout)
