# The web server.
class nginx {
  package { ['nginx', 'nginx-common']: ensure => installed }
  file { '/etc/nginx/sites-enabled':
    ensure  => directory,
    recurse => true,
    purge   => true,
    require => Package['nginx-common'],
  }
  service { 'nginx':
    ensure  => running,
    enable  => true,
    require => [Package['nginx'], File['/etc/nginx/sites-enabled']],
  }
  base::check { 'http': command => 'check_http -H 127.0.0.1 -S' }
}
