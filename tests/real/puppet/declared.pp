# Dependencies of every kind: on a node that is there, on one that is not, on what it lacks, on whom a filter finds.
service { ['shop', 'nginx']: ensure => running }
groundrule::dependency { 'there': nodes => 'other.example.net', kind => 'soft' }
groundrule::dependency { 'gone': from => Service['shop'], nodes => ['gone.example.net'] }
groundrule::dependency { 'lacks': from => 'Service[nginx]', on => 'Service[absent]', nodes => 'node.example.net' }
groundrule::dependency { 'filter': matching => 'nobody and not role=db', needs => 'all' }
groundrule::dependency { 'self': on => Service['nginx'], nodes => 'node.example.net', needs => 1 }
