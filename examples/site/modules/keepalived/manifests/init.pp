# An address that moves to whichever of the peers is alive.
#
# @param address the address
# @param peers   the machines that may hold it
class keepalived (
  String[1]           $address,
  Array[String[1], 2] $peers,
) {
  $others = $peers - $facts['networking']['fqdn']

  package { 'keepalived': ensure => installed }
  file { '/etc/keepalived/keepalived.conf':
    ensure  => file,
    content => "virtual_ipaddress { ${address} }\nunicast_peer { ${others.join(' ')} }\n",
    require => Package['keepalived'],
  }
  service { 'keepalived':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/keepalived/keepalived.conf'],
  }

  groundrule::dependency { 'somebody to take over the address':
    from  => Service['keepalived'],
    on    => Service['keepalived'],
    nodes => $others,
    kind  => 'soft',
  }
}
