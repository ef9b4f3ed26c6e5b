# Titles that are hard to write.
notify { 'a[0] > b': }
notify { "it's": require => Notify['a[0] > b'] }
notify { 'say "yes"': require => Notify["it's"] }
notify { "two\nlines": require => Notify['say "yes"'] }
notify { 'größe 中': require => Notify["two\nlines"] }
notify { ' padded ': require => Notify['größe 中'] }
notify { "'quoted'": require => Notify[' padded '] }
notify { '"': require => Notify["'quoted'"] }
notify { 'Notify[nested]': require => Notify['"'] }
notify { ']': require => Notify['Notify[nested]'] }
notify { '[': require => Notify[']'] }
notify { 'back\\slash': require => Notify['['] }
notify { 'comma, dot.': require => Notify['back\\slash'] }
notify { 'A::b': require => Notify['comma, dot.'] }
notify { '::a': require => Notify['A::b'] }
notify { 'Main': require => Notify['::a'] }
notify { "tab\t": require => Notify['Main'] }
