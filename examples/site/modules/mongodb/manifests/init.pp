# The document store, without a word on which part of the data it holds.
class mongodb {
  package { 'mongodb-org-server': ensure => installed }
  service { 'mongod':
    ensure  => running,
    enable  => true,
    require => Package['mongodb-org-server'],
  }
  base::check { 'mongodb': command => 'check_tcp -H 127.0.0.1 -p 27017' }
}
