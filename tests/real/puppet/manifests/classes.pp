# Classes that include, contain and require each other; a relationship with a class reaches what it contains.
class inner { notify { 'inner': } }
class loose { notify { 'loose': } }
class needed { notify { 'needed': } contain inner }
class outer {
  require needed
  contain deep
  include loose
  notify { 'outer': }
}
class deep { notify { 'deep 1': } -> notify { 'deep 2': } }
class empty { }
class last { notify { 'last': require => Class['outer'] } }
include outer, last
include empty
Class['outer'] -> Class['empty'] -> Notify['after empty']
notify { 'after empty': }
notify { 'before outer': before => Class['outer'] }
notify { 'told': subscribe => Class['deep'] }
