# The four parameters, one reference and several, lists in lists, and all four to one resource.
package { ['nginx', 'ssl-cert']: ensure => installed }
file { '/etc/nginx.conf': require => Package['nginx'], notify => Service['nginx'] }
exec { '/bin/true': before => [Service['nginx'], [File['/etc/nginx.conf']]], subscribe => Package['ssl-cert', 'nginx'] }
service { 'nginx': ensure => running, require => [Package['nginx'], [Package['ssl-cert']]] }
notify { 'all': require => Notify['one'], subscribe => Notify['one'] }
notify { 'one': before => Notify['all'], notify => Notify['all'] }
