# What every machine gets: the time, an ear for orchestration and one for monitoring.
#
# @param timeservers  where the time comes from
# @param dependencies what the machine as a whole needs from others: title => parameters of groundrule::dependency
class base (
  Array[String[1], 1]                    $timeservers,
  Hash[String[1], Hash[String[1], Data]] $dependencies,
) {
  package { 'chrony': ensure => installed }
  -> file { '/etc/chrony/chrony.conf':
    ensure  => file,
    content => $timeservers.map |$server| { "server ${server} iburst\n" }.join,
  }
  ~> service { 'chrony':
    ensure => running,
    enable => true,
  }

  package { ['mcollective', 'nagios-nrpe-server']: ensure => installed }
  service { 'mcollective':
    ensure    => running,
    enable    => true,
    subscribe => Package['mcollective'],
  }
  service { 'nagios-nrpe-server':
    ensure  => running,
    enable  => true,
    require => Package['nagios-nrpe-server'],
  }

  $dependencies.each |$title, $dependency| {
    groundrule::dependency { $title: * => $dependency }
  }
}
