Feature: The rules that need nothing but facts

  Scenario: MySQL databases are not all in the same availability zone
    Given nodes whose fact "role" is "mysql"
    Then they do not all share the fact "availability_zone"

  Scenario: Every shard has more than one member
    Given nodes with the fact "shard"
    When they are grouped by the fact "shard"
    Then every group has at least 2 members

  Scenario: The databases of a product stand in more than one rack
    Given nodes whose fact "role" is "mysql"
    When they are grouped by the fact "product"
    Then every group spans at least 2 values of the fact "rack"
