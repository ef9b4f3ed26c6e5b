# Defines in defines, with relationships between them and into them.
define part($size = 1) { notify { "part ${title}": } }
define whole {
  part { "${title} left": }
  -> part { "${title} right": size => 2 }
  file { "/tmp/${title}": require => Part["${title} left"] }
}
define hollow { }
define nested::deep::one { whole { "in ${title}": } }
whole { 'x': }
whole { 'y': require => Whole['x'] }
hollow { 'h': require => Whole['y'], before => Notify['end'] }
nested::deep::one { 'n': notify => Whole['x'] }
notify { 'end': }
notify { 'start': before => [Nested::Deep::One['n'], Part['x left']] }
