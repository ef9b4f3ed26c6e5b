# Aliases, namevars and the slashes of files.
package { 'mariadb-server': ensure => installed, alias => 'mysql' }
service { 'db': name => 'mariadb', require => Package['mysql'], alias => ['database', 'sql'] }
file { '/srv/data/': ensure => directory, require => Service['database'] }
file { 'config': path => '/etc/my.cnf', ensure => file, notify => Service['sql'] }
file { '/srv/slashless': ensure => directory, before => File['/srv/data/'] }
exec { 'load': command => '/bin/true', require => [File['/etc/my.cnf'], File['/srv/data']] }
notify { 'n': require => File['/srv/slashless/'], before => Exec['load'] }
notify { 'm': subscribe => [File['config'], Service['mariadb']] }
