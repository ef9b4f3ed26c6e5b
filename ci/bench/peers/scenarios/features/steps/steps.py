from behave import given, then


@given("all nodes")
def all_nodes(context):
    context.nodes = ["web1", "web2"]


@then("there are at least {count:d} of them")
def at_least(context, count):
    assert len(context.nodes) >= count
