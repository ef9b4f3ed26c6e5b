# frozen_string_literal: true

# Writes one estate: a catalog of each machine, compiled by Puppet, and the facts, registrations and discovery reply that go with it.
#   compile.rb CODE OUT NODES [OVERLAY]
# CODE holds environments/production and modules, NODES and OVERLAY are examples/nodes.yaml and nodes-broken.yaml.
# The same input gives the same bytes: all times are counted from NODES' `at`, and what Puppet draws at random is replaced.
require 'digest'
require 'fileutils'
require 'json'
require 'puppet'

DOMAIN = 'example.net'
CODEDIR = '/etc/puppetlabs/code' # where the code would be on a Puppet server

# One row of nodes.yaml, and all that the machine would say of itself.
class Machine
  attr_reader :name, :zone

  def initialize(name, row, systems, at)
    @name = "#{name}.#{DOMAIN}"
    @zone = row['zone']
    @row = row
    @system = systems.fetch(row['system'])
    @at = at
  end

  def puppet? = @row['puppet']
  def answers? = @row['answers']

  # As facter prints them, but for the many that no rule is about; the site's own ones beside them.
  def facts
    hostname = @name.split('.').first
    bytes = @row['gigabytes'] << 30
    {
      'os' => { 'architecture' => 'amd64', **@system, 'hardware' => 'x86_64' }.sort.to_h,
      'kernel' => 'Linux', 'timezone' => 'UTC', 'virtual' => 'kvm', 'is_virtual' => true,
      'networking' => {
        'domain' => DOMAIN, 'fqdn' => @name, 'hostname' => hostname, 'ip' => @row['ip'], 'netmask' => '255.255.255.0', 'primary' => 'eth0'
      },
      'fqdn' => @name, 'hostname' => hostname, 'domain' => DOMAIN, 'ipaddress' => @row['ip'],
      'processors' => { 'count' => @row['cpus'], 'isa' => 'x86_64', 'physicalcount' => 1 },
      'processorcount' => @row['cpus'],
      'memory' => { 'system' => { 'total' => format('%.2f GiB', @row['gigabytes']), 'total_bytes' => bytes } },
      'role' => @row['role'], 'tier' => @row['tier'], 'owner' => @row['owner'], 'contact' => "#{@row['owner']}@#{DOMAIN}",
      'availability_zone' => @zone, 'rack' => @row['rack'], 'shard' => @row['shard']
    }.compact.sort.to_h
  end

  # As the Puppet server keeps them. Its times have to be strings: Puppet refuses to load a YAML time.
  def puppet_facts
    times = { 'timestamp' => @at - 900, 'expiration' => @at + 900 }.transform_values { |time| time.strftime('%FT%T.%9N+00:00') }
    document = { 'name' => @name, 'values' => facts, **times }
    document.to_yaml.sub('---', '--- !ruby/object:Puppet::Node::Facts')
  end

  def registration(classes)
    agents = ['discovery', 'nrpe', *('puppet' if puppet?), 'rpcutil', 'service']
    { 'agentlist' => agents, 'facts' => flat_facts, 'classes' => classes }
  end

  # A machine registers every five minutes, each at a second of its own.
  def seen = @at.to_i - (@row['seen'] || @name.sum % 300)

  private

  # mcollective knows no structures and no numbers.
  def flat_facts
    system = { 'operatingsystem' => @system['name'], 'operatingsystemrelease' => @system['release']['full'] }
    facts.reject { |_, value| value.is_a?(Hash) }.merge(system).sort.to_h.transform_values(&:to_s)
  end
end

# Puppet as a server would run it, on CODE and with nothing of this machine.
class Compiler
  def initialize(code, state)
    @code = code
    settings = {
      confdir: "#{state}/conf", vardir: "#{state}/var", logdir: "#{state}/log", rundir: "#{state}/run", publicdir: "#{state}/public",
      clientyamldir: "#{state}/yaml", codedir: code, environmentpath: "#{code}/environments", basemodulepath: "#{code}/modules",
      certname: "puppet.#{DOMAIN}", environment: 'production', log_level: 'err', strict: 'error', strict_variables: 'true'
    }
    Puppet.initialize_settings(settings.flat_map { |key, value| ["--#{key}", value] })
    Puppet::Util::Log.newdestination(:console)
    Puppet::Node::Facts.indirection.terminus_class = :yaml
    @facts = "#{state}/yaml/facts"
    FileUtils.mkdir_p(@facts)
    @environment = Puppet.lookup(:environments).get!(:production)
  end

  def compile(machine, version)
    File.write("#{@facts}/#{machine.name}.yaml", machine.puppet_facts)
    facts = Puppet::Node::Facts.indirection.find(machine.name) or raise "Puppet does not read the facts of #{machine.name}"
    node = Puppet::Node.new(machine.name, facts: facts, environment: @environment)
    node.merge(facts.values)
    catalog = Puppet::Parser::Compiler.compile(node).filter(&:virtual?)
    neutral(catalog.to_data_hash, machine.name, version)
  rescue Puppet::Error => e
    abort "compile.rb: #{e.message}"
  end

  private

  # Replaces what another run or another machine would have different.
  def neutral(catalog, name, version)
    uuid = Digest::SHA1.hexdigest(name).unpack('a8a4a3a3a12')
    catalog['version'] = version
    catalog['catalog_uuid'] = format('%s-%s-5%s-8%s-%s', *uuid)
    catalog['resources'].each { |resource| resource['file'] &&= resource['file'].sub(@code, CODEDIR) }
    catalog
  end
end

def write(path, text)
  FileUtils.mkdir_p(File.dirname(path))
  File.write(path, text)
end

def pretty(value) = "#{JSON.pretty_generate(value)}\n"

code, out, nodes, overlay = ARGV
source = YAML.load_file(nodes, permitted_classes: [Time])
rows = source['nodes']
changes = overlay ? YAML.load_file(overlay)['nodes'] : {}
changes.each { |name, change| rows[name] = change && (rows[name] || {}).merge(change) }
machines = rows.compact.sort.map { |name, row| Machine.new(name, source['defaults'].merge(row), source['systems'], source['at'].utc) }

compiler = Compiler.new(code, "#{code}/state")
catalogs = machines.select(&:puppet?).to_h { |machine| [machine, compiler.compile(machine, source['at'].to_i - 900)] }
catalogs.each { |machine, catalog| write("#{out}/catalogs/#{machine.name}.json", pretty(catalog)) }

# Each availability zone has its own way to collect: in eu-1a one file a machine, elsewhere what the Puppet server and MongoDB hold.
machines.each do |machine|
  if machine.zone == 'eu-1a'
    write("#{out}/facts/#{machine.name}.json", pretty(machine.facts))
  else
    write("#{out}/facts/#{machine.name}.yaml", machine.puppet_facts)
  end
end
machines.group_by(&:zone).each do |zone, members|
  registrations = members.to_h { |machine| [machine, machine.registration(catalogs.fetch(machine, {}).fetch('classes', []))] }
  if zone == 'eu-1a'
    registrations.each do |machine, body|
      envelope = { 'senderid' => machine.name, 'collective' => 'mcollective', 'msgtime' => machine.seen, 'agent' => 'registration' }
      write("#{out}/registrations/#{machine.name}.json", pretty(envelope.merge('body' => { 'identity' => machine.name, **body })))
    end
  else
    lines = registrations.map { |machine, body| JSON.generate({ 'fqdn' => machine.name, 'lastseen' => machine.seen, **body }) }
    write("#{out}/registrations/#{zone}.ndjson", lines.map { |line| "#{line}\n" }.join)
  end
end

pong = source['at'].to_i
replies = machines.select(&:answers?).map do |machine|
  { agent: 'rpcutil', action: 'ping', sender: machine.name, statuscode: 0, statusmsg: 'OK', data: { pong: pong } }
end
write("#{out}/discovery.json", "[#{replies.map { |reply| JSON.generate(reply) }.join(",\n ")}]\n")
