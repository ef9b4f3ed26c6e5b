# @summary Declares that this node, or one resource on it, needs something on other nodes.
#
# Puppet orders resources within one node; what a node needs from another one is known to nobody. This define writes it down where
# the need arises. It manages nothing: it only leaves a record in the catalog, which groundrule reads.
#
# Who provides is told by `nodes` (identities) or by `matching` (a filter): exactly one of the two. The need is met when at least
# `needs` of these providers stand, that is: they are there, their catalog has `on`, and nothing that `on` itself needs is missing.
#
# @example Exim answers no mail without the greylist in a database on another machine
#   groundrule::dependency { 'greylist':
#     from  => Service['exim4'],
#     on    => Service['mariadb'],
#     nodes => 'maildb1.example.net',
#   }
#
# @example A load balancer that two web servers have to stand behind, whichever they are
#   groundrule::dependency { 'shop':
#     from     => Service['haproxy'],
#     on       => Service['nginx'],
#     matching => 'shop and tier=production',
#     needs    => 2,
#   }
#
# @example The whole node is watched from elsewhere, and works on while it is not
#   groundrule::dependency { 'monitoring':
#     nodes => ['monitor1.example.net', 'monitor2.example.net'],
#     kind  => 'soft',
#   }
#
# @param from
#   The resource of this node that has the need: a reference (`Service['exim4']`, `Class['exim::smarthost']`) or the same as a
#   string (`'Service[exim4]'`, for Hiera). Left out, it is the node with everything on it.
# @param on
#   The resource that has to be on the provider, given in the same two ways. Left out, it is the provider itself, which then need
#   not be managed by Puppet.
# @param nodes
#   The providers by their identity (certname, which is MCollective's identity too): one or several.
# @param matching
#   The providers by an MCollective compound filter: `mysql::server and not tier=staging`. A bare word or a `/regex/` is a class,
#   `=` compares a fact. This node never is a provider of its own.
# @param kind
#   `hard`: what has the need fails without it. `soft`: it works on, and only monitoring has to know.
# @param needs
#   How many of the providers have to stand: a number, or `all`.
define groundrule::dependency (
  Optional[Variant[String[1], Type[Catalogentry]]]  $from     = undef,
  Optional[Variant[String[1], Type[Catalogentry]]]  $on       = undef,
  Optional[Variant[String[1], Array[String[1], 1]]] $nodes    = undef,
  Optional[String[1]]                               $matching = undef,
  Enum['hard', 'soft']                              $kind     = 'hard',
  Variant[Integer[1], Enum['all']]                  $needs    = 1,
) {
  $me = "Groundrule::Dependency[${title}]"

  if $nodes and $matching {
    fail("${me} tells twice who provides: keep either nodes (identities) or matching (a filter), and remove the other.")
  }
  unless $nodes or $matching {
    fail("${me} does not tell who provides: give nodes (identities) or matching (a filter).")
  }
  $references = { 'from' => $from, 'on' => $on }.filter |$_, $reference| { $reference =~ NotUndef }
  $references.each |$parameter, $reference| {
    # A type alone (Service) is a reference too, and would be recorded as Service[], which no catalog holds.
    unless String($reference) =~ /\A\w+(::\w+)*\[(?m:.+)\]\z/ {
      fail("${me} has ${parameter} => ${reference}, which names no resource: write it like Service['nginx'] or 'Service[nginx]'.")
    }
  }
}
