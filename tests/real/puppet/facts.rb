# frozen_string_literal: true

# Node facts as Puppet's YAML terminus writes them to disk.
require 'puppet'
require 'tmpdir'

Dir.mktmpdir do |state|
  Puppet.initialize_settings(%w[confdir vardir logdir rundir publicdir clientyamldir yamldir].flat_map { |name| ["--#{name}", "#{state}/#{name}"] })
  Dir.mkdir("#{state}/clientyamldir")
  facts = Puppet::Node::Facts.new(
    'web9.example.net',
    'os' => { 'name' => 'Debian', 'release' => { 'major' => '12' } }, 'list' => %w[one two], 'count' => 8, 'yes' => true, 'text' => '12:30'
  )
  facts.timestamp = Time.utc(2026, 11, 22, 9)
  facts.expiration = Time.utc(2026, 11, 22, 10)
  Puppet::Node::Facts.indirection.terminus_class = :yaml
  Puppet::Node::Facts.indirection.save(facts)
  puts File.read(Dir["#{state}/**/web9.example.net.yaml"].first)
end
