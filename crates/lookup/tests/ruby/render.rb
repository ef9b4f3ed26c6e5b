# Writes an array of JSON values as Ruby does: each as [to_yaml, pp at 79 columns, JSON.dump].
require 'json'
require 'pp'
require 'yaml'

values = JSON.parse($stdin.read)
puts JSON.generate(values.map { |value| [value.to_yaml, PP.pp(value, +'', 79), JSON.dump(value)] })
