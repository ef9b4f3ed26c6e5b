# Answers lookups as `puppet lookup` does, over Puppet's own library: environments in one directory, in one process.
require 'json'
require 'tmpdir'
require 'puppet'

question = JSON.parse($stdin.read)
home = Dir.mktmpdir
Puppet.initialize_settings([
  '--confdir', "#{home}/conf", '--vardir', "#{home}/var", '--codedir', "#{home}/code",
  '--environmentpath', question['environments'], '--log_level', 'crit'
])
Puppet::Util::Log.level = :crit
Puppet::Node.indirection.terminus_class = :plain

answers = question['sites'].map do |site|
  env = Puppet.lookup(:environments).get!(site['name'])
  facts = site['facts']
  name = 'web1.example.net'
  node = Puppet::Node.new(name, environment: env, facts: Puppet::Node::Facts.new(name, facts))
  node.merge(facts)
  trusted = Puppet::Context::TrustedInformation.new('local', name, {})
  node.trusted_data = trusted.to_h if node.respond_to?(:trusted_data=)
  result = []
  begin
    Puppet.override(current_environment: env, loaders: Puppet::Pops::Loaders.new(env), trusted_information: trusted) do
      compiler = Puppet::Parser::Compiler.new(node)
      compiler.compile { |x| x }
      site['lookups'].each do |lookup|
        invocation = Puppet::Pops::Lookup::Invocation.new(compiler.topscope, {}, {})
        begin
          missing = Object.new
          value = Puppet::Pops::Lookup.lookup(lookup['key'], nil, missing, true, lookup['merge'], invocation)
          result << (value.equal?(missing) ? { 'missing' => true } : { 'ok' => value.inspect })
        rescue StandardError => e
          result << { 'error' => e.message }
        end
      end
    end
  rescue StandardError => e
    result = site['lookups'].map { { 'error' => e.message } }
  end
  result
end
$stdout.write(JSON.dump(answers))
