# A cache that takes three quarters of the machine's memory.
class memcached {
  $megabytes = $facts['memory']['system']['total_bytes'] / 1048576 * 3 / 4

  package { 'memcached': ensure => installed }
  -> file { '/etc/memcached.conf':
    ensure  => file,
    content => "-m ${megabytes}\n-l ${facts['networking']['ip']}\n",
  }
  ~> service { 'memcached':
    ensure => running,
    enable => true,
  }
  base::check { 'memcached': command => 'check_tcp -H 127.0.0.1 -p 11211' }
}
