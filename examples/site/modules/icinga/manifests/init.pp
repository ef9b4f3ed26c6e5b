# The monitoring.
class icinga {
  package { ['icinga2', 'monitoring-plugins']: ensure => installed }
  file { '/etc/icinga2/features-enabled/api.conf':
    ensure  => link,
    target  => '../features-available/api.conf',
    require => Package['icinga2'],
    notify  => Service['icinga2'],
  }
  service { 'icinga2':
    ensure  => running,
    enable  => true,
    require => Package['icinga2', 'monitoring-plugins'],
  }
}
