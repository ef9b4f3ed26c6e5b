# The mail server, as a satellite or as a smarthost.
class exim {
  package { 'exim4-daemon-heavy':
    ensure => installed,
    alias  => 'exim4',
  }
  service { 'exim4':
    ensure  => running,
    enable  => true,
    require => Package['exim4'],
  }
  base::check { 'mailq': command => 'check_mailq -M exim -w 50 -c 200' }
}
