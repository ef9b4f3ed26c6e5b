# frozen_string_literal: true

# What Puppet itself makes of manifests and catalogs.
#   graph.rb OUT MODULES FILE...
# Of each FILE, NAME.pp (compiled first) or NAME.json (a catalog), it writes into OUT
#   NAME.catalog.json   as `puppet catalog compile` prints it
#   NAME.expanded.json  the edges of Puppet's relationship graph after containers were replaced by their beginnings and ends (what
#                       `puppet apply --graph` draws as expanded_relationships.dot), less the automatic ones
#   NAME.cycles.json    its cycles
#   NAME.puppetdb.json  of a manifest: what Puppet would send to PuppetDB
#   NAME.error          in the place of all of them: why Puppet refuses
require 'json'
require 'puppet'
require 'puppet/indirector/catalog/puppetdb'
require 'tmpdir'

# Leaves out what Puppet adds by itself (a file after its directory).
module AsDeclared
  def build_autorelation_dependencies(_catalog); end
end
Puppet::Graph::RelationshipGraph.prepend(AsDeclared)

# Remembers which catalog resource each resource of the machine was made from: Puppet names some of them differently there.
module Named
  NAMES = {}.compare_by_identity

  def to_ral
    super.tap { |made| NAMES[made] = ref }
  end
end
Puppet::Resource.prepend(Named)

def compile(file, environment)
  Puppet[:code] = File.read(file)
  node = Puppet::Node.new('node.example.net', environment: environment, facts: Puppet::Node::Facts.new('node.example.net', FACTS))
  node.merge(FACTS)
  Puppet::Parser::Compiler.compile(node)
ensure
  Puppet[:code] = ''
end

FACTS = { 'fqdn' => 'node.example.net', 'hostname' => 'node', 'os' => { 'family' => 'Debian', 'name' => 'Debian' } }.freeze

def plain(catalog) = JSON.parse(JSON.generate(catalog.to_data_hash))

def puppetdb(catalog)
  extra = { transaction_uuid: catalog.catalog_uuid, job_id: nil, environment: 'production' }
  Puppet::Resource::Catalog::Puppetdb.allocate.munge_catalog(catalog, Time.now, extra).first
end

def relationships(data) = Puppet::Resource::Catalog.from_data_hash(data).to_ral.relationship_graph

def expanded(graph)
  graph.edges.map { |edge| [edge.source, edge.target].map { |end_| Named::NAMES.fetch(end_) { end_.ref } } }.sort
end

# By the names of containers instead of those of their beginnings and ends.
def cycles(graph)
  name = ->(one) { Named::NAMES.fetch(one) { one[:name].sub(/\A(admissible|completed)_/, '') } }
  graph.find_cycles_in_graph.map { |cycle| cycle.map(&name).uniq.sort }.sort
end

out, modules, *files = ARGV
Dir.mktmpdir do |state|
  settings = {
    confdir: "#{state}/conf", vardir: "#{state}/var", logdir: "#{state}/log", rundir: "#{state}/run", publicdir: "#{state}/public",
    codedir: "#{state}/code", environmentpath: "#{state}/code/environments", basemodulepath: modules, certname: 'puppet.example.net',
    log_level: 'err', strict: 'error', strict_variables: 'true'
  }
  Dir.mkdir("#{state}/code")
  Dir.mkdir("#{state}/code/environments")
  Dir.mkdir("#{state}/code/environments/production")
  Puppet.initialize_settings(settings.flat_map { |name, value| ["--#{name}", value] })
  environment = Puppet.lookup(:environments).get!('production')
  files.each do |file|
    name = File.basename(file, '.*')
    # Each in an environment of its own, so that definitions do not meet.
    fresh = Puppet::Node::Environment.create(environment.name, environment.modulepath)
    Puppet.override(current_environment: fresh, loaders: Puppet::Pops::Loaders.new(fresh)) do
      if file.end_with?('.pp')
        catalog = compile(file, fresh)
        data = plain(catalog.filter(&:virtual?))
        File.write("#{out}/#{name}.puppetdb.json", JSON.generate(puppetdb(catalog)))
      else
        data = JSON.parse(File.read(file))
      end
      File.write("#{out}/#{name}.catalog.json", JSON.generate(data))
      graph = relationships(data)
      File.write("#{out}/#{name}.expanded.json", JSON.generate(expanded(graph)))
      File.write("#{out}/#{name}.cycles.json", JSON.generate(cycles(graph)))
    rescue Puppet::Error => e
      File.write("#{out}/#{name}.error", "#{e.message}\n")
    end
  end
end
