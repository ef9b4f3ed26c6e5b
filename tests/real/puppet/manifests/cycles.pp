# Puppet compiles a cycle; only applying finds it. One between resources, one through a container.
notify { 'a': require => Notify['b'] }
notify { 'b': require => Notify['a'] }
class ring { notify { 'in': require => Notify['out'] } }
include ring
notify { 'out': require => Class['ring'] }
notify { 'free': require => Notify['a'] }
