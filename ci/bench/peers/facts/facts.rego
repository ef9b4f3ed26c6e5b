# The rules that need nothing but facts, for conftest and opa.
package main

import rego.v1

mysql contains name if {
	some name, facts in input.nodes
	facts.role == "mysql"
}

shards[facts.shard] contains name if {
	some name, facts in input.nodes
	facts.shard
}

racks[product] contains rack if {
	some name in mysql
	product := input.nodes[name].product
	rack := input.nodes[name].rack
}

deny contains "all MySQL databases are in one availability zone" if {
	zones := {input.nodes[name].availability_zone | some name in mysql}
	count(zones) == 1
}

deny contains sprintf("the shard %s has %d members", [shard, count(members)]) if {
	some shard, members in shards
	count(members) < 2
}

deny contains sprintf("the databases of %s share a rack", [product]) if {
	some product, found in racks
	count(found) < 2
}
