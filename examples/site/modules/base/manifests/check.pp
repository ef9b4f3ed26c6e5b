# A command that monitoring may run on this machine.
#
# @param command the plugin with its arguments
define base::check (String[1] $command) {
  file { "/etc/nagios/nrpe.d/${title}.cfg":
    ensure  => file,
    content => "command[check_${title}]=/usr/lib/nagios/plugins/${command}\n",
    require => Package['nagios-nrpe-server'],
    notify  => Service['nagios-nrpe-server'],
  }
}
