Feature: Design principles every team complies with

  @id:declared-dependencies @warning
  Scenario: Every machine declares its dependencies
    Given all nodes
    Then every one declares a dependency

  @id:mongodb-shards
  Scenario: All shards in a MongoDB cluster have more than one member
    Given nodes with class "mongodb::shard"
    When they are grouped by the fact "shard"
    Then every group has at least 2 members

  @id:mysql-zones
  Scenario: Our MySQL databases are not all in the same availability zone
    Given nodes with class "mysql::server"
    Then they do not all share the fact "availability_zone"

  @id:rack-cohabitation
  Scenario: Services that depend on each other do not share a rack
    Given all nodes
    When I follow what they depend on directly
    Then no pair shares the fact "rack"

  @id:unmanaged
  Scenario: Nothing depends on what nobody manages any more
    Given all declared dependencies
    Then every dependency is managed

  @gate @id:safe-to-stop
  Scenario: No machine is stopped that another one needs
    Given all nodes
    Then every hard dependency is still met

  @id:present
  Scenario: Every registered machine answers
    Given registered nodes
    Then every one answers discovery
