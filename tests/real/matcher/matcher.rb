# frozen_string_literal: true

# MCollective's own filters, as a server of it runs them: no broker, and each node one after the other in this process.
#   matcher.rb < {"nodes": [{"identity", "facts", "classes", "agents"}], "filters": [[["-F", "role=web"], ...]]}
# It prints of each filter {"nodes": [...], "failed": {node: error}}, or {"refused": error} where the command line refuses it.
require 'json'
require 'logger'
require 'mcollective'
require 'tempfile'

include MCollective

# Facts as a facts plugin hands them over; what MCollective makes of them is its own base class.
class Given < Facts::Base
  attr_writer :source

  def load_facts_from_source = @source
  def force_reload? = true
end

# The check that every security plugin inherits.
class Anyone < Security::Base
  def initialize(stats)
    @config = Config.instance
    @stats = stats
  end
end

# Counts nothing.
class Stats
  def passed; end
  def filtered; end
end

def Log.log(*); end

module MCollective
  # Agents by name, without loading any.
  class Agents
    class << self
      attr_accessor :agentlist
    end
  end
end

# What the option parser does with the filter options.
def parse(options)
  filter = Util.empty_filter
  options.each do |option, text|
    case option
    when '-F' then filter['fact'] << Util.parse_fact_string(text)
    when '-C' then filter['cf_class'] << text
    when '-A' then filter['agent'] << text
    when '-I' then filter['identity'] << text
    when '-S' then filter['compound'] << Matcher.create_compound_callstack(text.dup)
    when '-W'
      text.split.each do |one|
        filter['fact'] << Util.parse_fact_string(one)
      rescue StandardError
        filter['cf_class'] << one
      end
    end
  end
  filter
end

$VERBOSE = nil
PluginManager.loadclass('MCollective::Data::Base')
PluginManager.loadclass('MCollective::Data::Fact_data')
input = JSON.parse($stdin.read)
config = Config.instance
facts = PluginManager['facts_plugin']
security = Anyone.new(Stats.new)
color = config.instance_variable_set(:@color, false)
filters = input['filters'].map do |options|
  [parse(options), { 'nodes' => [], 'failed' => {} }]
rescue StandardError, SyntaxError => e
  [nil, { 'refused' => e.message }]
end
Tempfile.create('classes') do |classes|
  config.instance_variable_set(:@classesfile, classes.path)
  input['nodes'].each do |node|
    File.write(classes.path, node['classes'].map { |name| "#{name}\n" }.join)
    config.instance_variable_set(:@identity, node['identity'])
    Agents.agentlist = node['agents']
    facts.source = node['facts']
    filters.each do |filter, answer|
      next unless filter
      # A filter without content is never checked: every node gets the message.
      passed = Util.empty_filter?(filter) || security.validate_filter?(filter)
      answer['nodes'] << node['identity'] if passed
    rescue StandardError, SyntaxError => e
      answer['failed'][node['identity']] = e.message
    end
  end
end
puts JSON.generate(filters.map(&:last))
