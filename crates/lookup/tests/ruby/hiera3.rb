# Answers lookups by the real Hiera 3 library.
# In: {"sites": [{"config": FILE, "lookups": [[KEY, RESOLUTION, SCOPE, DEFAULT], …]}, …]}. Out: for each lookup {"ok": inspected value} or {"error": class and message}.
require 'json'
require 'hiera'

def answer(hiera, key, resolution, scope, default)
  { ok: hiera.lookup(key, default, scope, nil, resolution.to_sym).inspect }
rescue Exception => e
  { error: "#{e.class}: #{e.message}" }
end

question = JSON.parse($stdin.read)
answers = question['sites'].map do |site|
  Hiera::Backend.clear!
  begin
    hiera = Hiera.new(config: site['config'])
  rescue Exception => e
    next site['lookups'].map { { error: "start: #{e.class}: #{e.message}" } }
  end
  Hiera.logger = 'noop'
  # A file that could not be read is taken for an empty one from the second lookup on, so each lookup has backends of its own.
  site['lookups'].map do |key, resolution, scope, default|
    Hiera::Backend.clear!
    answer(hiera, key, resolution, scope, default)
  end
end
puts JSON.generate(answers)
