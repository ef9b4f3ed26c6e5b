# What a container declares is passed on to what is in it.
define set { notify { "${title} 1": } notify { "${title} 2": require => Notify['base'] } }
define single { notify { "single ${title}": } }
notify { 'base': }
set { 's': require => Notify['base'], subscribe => Notify['base'] }
set { 't': require => Set['s'], before => Notify['end'] }
notify { 'end': require => Set['t'] }
single { 'x': alias => 'tee' }
notify { 'by alias': require => Single['tee'] }
class k { set { 'u': } }
class { 'k': require => Set['t'], notify => Notify['end'] }
node default { notify { 'in node': before => Notify['base'] } }
Notify { loglevel => 'info' }
Notify <| title == 'end' |> { message => 'the end' }
create_resources(notify, { 'made' => { require => 'Notify[base]' } })
