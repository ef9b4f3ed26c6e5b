# Takes the mail of all other machines. It asks a database whom to greylist, and takes no mail without the answer.
#
# @param greylist_host     where that database is
# @param greylist_password how to be let in there
class exim::smarthost (
  String[1]            $greylist_host,
  Sensitive[String[1]] $greylist_password,
) {
  include exim

  file { '/etc/exim4/exim4.conf':
    ensure  => file,
    owner   => 'root',
    group   => 'Debian-exim',
    mode    => '0640',
    content => Sensitive("hide mysql_servers = ${greylist_host}/greylist/exim/${greylist_password.unwrap}\n"),
    require => Package['exim4'],
    notify  => Service['exim4'],
  }

  groundrule::dependency { 'greylist':
    from  => Service['exim4'],
    on    => Service['mariadb'],
    nodes => $greylist_host,
  }
}
