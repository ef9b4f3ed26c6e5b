# Times lookups by the Ruby library: CONFIG LOOKUPS, as JSON of microseconds each.
require 'json'
require 'hiera'

CASES = [
  ['priority', 'ntpserver', :priority], ['array', 'classes', :array], ['hash', 'users', :hash],
  ['interpolated', 'nested', :priority], ['missing', 'nosuchkey', :priority]
].freeze

def clock
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

config, count = ARGV
count = Integer(count)
hiera = Hiera.new(config: config)
Hiera.logger = 'noop'
scope = { 'location' => 'dc1', 'fqdn' => 'web1.example.net' }
times = CASES.to_h do |name, key, resolution|
  hiera.lookup(key, nil, scope, nil, resolution)
  start = clock
  count.times { hiera.lookup(key, nil, scope, nil, resolution) }
  [name, (clock - start) * 1e6 / count]
end
puts JSON.generate(times)
