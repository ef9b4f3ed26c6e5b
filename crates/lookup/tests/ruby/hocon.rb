# Reads an array of HOCON texts and an array of keys from standard input as JSON, and writes for each text what the library
# that Puppet reads `hocon_data` with makes of it: a hash of those keys that it has, "refused", or "crashed" where it says
# itself that it is at fault.
require 'hocon'
require 'json'

texts, keys = JSON.parse($stdin.read)
answers = texts.map do |text|
  Hocon.parse(text).slice(*keys)
rescue Hocon::ConfigError::ConfigParseError, Hocon::ConfigError::ConfigWrongTypeError, Hocon::ConfigError::UnresolvedSubstitutionError
  'refused'
rescue StandardError, SystemStackError
  'crashed'
end
puts JSON.generate(answers)
