Feature: Questions whose time is measured

  @id:shut-down
  Scenario: One machine is shut down
    Given the node "mysql1.p001.example.net"
    When it is shut down
    Then every hard dependency is still met

  @id:in-turn
  Scenario: Every machine is shut down, one at a time
    Given all nodes
    When each of them is shut down in turn
    Then every hard dependency is still met

  @id:single-points
  Scenario: Every machine that others cannot do without
    Given all nodes
    Then none of them is a single point of failure

  @id:fallen
  Scenario: What falls with one machine
    Given the node "mysql1.p001.example.net"
    When it is shut down
    Then nothing has fallen

  @id:everything-needed
  Scenario: Everything that one machine needs, over any number of dependencies
    Given the node "web1.p004.example.net"
    When I follow what they depend on
    Then there are no pairs
