# A load balancer.
#
# @param backends what it balances: title => parameters of haproxy::backend
class haproxy (Hash[String[1], Hash[String[1], Data]] $backends) {
  package { 'haproxy': ensure => installed }
  service { 'haproxy':
    ensure  => running,
    enable  => true,
    require => Package['haproxy'],
  }

  $backends.each |$title, $backend| {
    haproxy::backend { $title: * => $backend }
  }
  base::check { 'haproxy': command => 'check_tcp -H 127.0.0.1 -p 443' }
}
