# One file under several names, and what Puppet takes for two.
file { '/': before => File['/a'] }
file { '/a//': }
file { '/b': require => File['/a'] }
file { 'c': path => '/c', require => File['/b///'] }
file { '/d/': ensure => directory, alias => 'dee', require => File['/c/'] }
notify { '/a/': require => File['dee'] }
notify { 'slashes/': require => [File['/a/'], File['/d'], Notify['/a/']] }
exec { '/bin/true ': before => Notify['slashes/'] }
exec { 'same': command => '/bin/true ' }
tidy { 'old': path => '/c', require => File['c'] }
