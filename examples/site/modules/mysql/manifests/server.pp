# A MySQL server (MariaDB, as Debian has it).
#
# @param databases  the databases in it
# @param replicates the server that it is a replica of, if it is one
class mysql::server (
  Array[String[1]]    $databases  = [],
  Optional[String[1]] $replicates = undef,
) {
  package { 'mariadb-server':
    ensure => installed,
    alias  => 'mysql-server',
  }
  file { '/etc/mysql/mariadb.conf.d/60-server.cnf':
    ensure  => file,
    content => "[mysqld]\nbind-address = ${facts['networking']['ip']}\nread_only = ${String($replicates =~ NotUndef)}\n",
    require => Package['mysql-server'],
  }
  service { 'mariadb':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/mysql/mariadb.conf.d/60-server.cnf'],
  }
  base::check { 'mysql': command => 'check_mysql -H 127.0.0.1' }

  mysql::database { $databases: }

  if $replicates {
    groundrule::dependency { 'replication':
      from  => Class['mysql::server'],
      on    => Class['mysql::server'],
      nodes => $replicates,
      kind  => 'soft',
    }
  }
}
