# A database on this server.
define mysql::database {
  exec { "create database ${title}":
    command => "/usr/bin/mariadb -e 'create database ${title}'",
    unless  => "/usr/bin/mariadb -e 'use ${title}'",
    require => Service['mariadb'],
  }
}
