# A service that the load balancer hands its requests to.
#
# @param port     where the members listen
# @param members  the machines that it asks
# @param matching the machines that can serve, as a filter
# @param needs    how many of these it takes to carry the load
define haproxy::backend (
  Integer[1]          $port,
  Array[String[1], 1] $members,
  String[1]           $matching,
  Integer[1]          $needs = 1,
) {
  file { "/etc/haproxy/conf.d/${title}.cfg":
    ensure  => file,
    content => $members.map |$member| { "server ${member} ${member}:${port} check\n" }.join,
    require => Package['haproxy'],
    notify  => Service['haproxy'],
  }

  groundrule::dependency { "haproxy backend ${title}":
    from     => Service['haproxy'],
    on       => Service['nginx'],
    matching => $matching,
    needs    => $needs,
  }
}
