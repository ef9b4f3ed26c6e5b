# Collectors: of all, of some, with overrides; virtual resources that are realised and that are not.
notify { 'first': tag => 'early' }
notify { 'second': }
file { '/tmp/a': ensure => file }
file { '/tmp/b': ensure => file, tag => 'late' }
@notify { 'realised': tag => 'early' }
@notify { 'by function': }
@notify { 'never': require => Notify['first'] }
@@notify { 'exported': }
realize(Notify['by function'])
Notify <| tag == 'early' |> -> File <| tag != 'late' |> ~> File <| tag == 'late' |>
Notify <| title == 'second' |> { require => Notify['first'] }
Package <| |> -> Notify <| |>
