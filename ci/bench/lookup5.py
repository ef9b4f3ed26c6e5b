#!/usr/bin/env python3
"""Hiera 5 beside Puppet's own: lookups in one process, and the command line.

usage: ci/bench/lookup5.py [GROUNDRULE]    (the release program; built if it is not named)

Both sides look the same keys up in the same environment, which is the one of the tests. Times of the
processes are CPU times, so that they bear a busy machine; those of Ruby are its own CPU clock.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SITE = f"{ROOT}/crates/lookup/tests/hiera5/captured"
ROUNDS = 5
RUBY = """
require 'puppet'; require 'json'
envp, factsf = ARGV
home = ENV['BENCH_HOME']
Puppet.initialize_settings(['--confdir', "#{home}/conf", '--vardir', "#{home}/var", '--codedir', "#{home}/code", '--environmentpath', envp])
def c; Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID); end
Puppet::Node.indirection.terminus_class = :plain
env = Puppet.lookup(:environments).get!('production'); f = JSON.parse(File.read(factsf))
node = Puppet::Node.new(f['fqdn'], environment: env, facts: Puppet::Node::Facts.new(f['fqdn'], f)); node.add_server_facts({}); node.merge(f)
figures = {}
Puppet.override(current_environment: env, loaders: Puppet::Pops::Loaders.new(env), trusted_information: Puppet::Context::TrustedInformation.new('local', f['fqdn'], {})) do
  comp = Puppet::Parser::Compiler.new(node); comp.compile {|x| x }
  n = 5000
  [['first','ntpserver',nil],['unique','classes','unique'],['hash','users','hash'],['deep','users','deep'],['lookup-interp','vialookup',nil],['missing','nosuchkey',nil]].each do |l,k,m|
    inv = Puppet::Pops::Lookup::Invocation.new(comp.topscope, {}, {})
    look = -> { Puppet::Pops::Lookup.lookup(k, nil, 'dflt', true, m, inv) }
    look.call; a = c; n.times { look.call }; figures[l] = (c - a) / n * 1e6
  end
end
puts JSON.dump(figures)
"""


def cpu(command, env=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def main():
    environments, facts = f"{SITE}/env", f"{SITE}/facts5.json"
    subprocess.run(["cargo", "build", "--release", "-p", "groundrule-lookup", "--example", "hiera5"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target")
    commands = {
        "ours": [f"{target}/release/examples/hiera5", f"{environments}/production", facts],
        "theirs": ["ruby", "-e", RUBY, environments, facts],
    }
    best = {"ours": {}, "theirs": {}}
    # One after the other, and the best of each: the machine is seldom quiet.
    for _ in range(ROUNDS):
        for side, command in commands.items():
            with tempfile.TemporaryDirectory() as home:
                figures = json.loads(cpu(command, dict(os.environ, BENCH_HOME=home))[1])
            for name, figure in figures.items():
                best[side][name] = min(figure, best[side].get(name, figure))
    ours, ruby = best["ours"], best["theirs"]
    print(f"{'in one process':<16}{'Puppet us':>12}{'ours us':>12}{'times':>8}")
    for name, theirs in ruby.items():
        print(f"{name:<16}{theirs:>12.1f}{ours[name]:>12.3f}{theirs / ours[name]:>8.0f}")
    print(f"one key for 10,000 nodes: {ours['seconds-for-10000-nodes']:.2f} s")
    if len(sys.argv) > 1:
        asked = ["lookup", "users", "--environmentpath", environments, "--facts", facts, "--node", "web1.example.net"]
        ours_cpu = min(cpu([sys.argv[1], *asked])[0] for _ in range(20))
        with tempfile.TemporaryDirectory() as home:
            settings = ["--confdir", f"{home}/conf", "--vardir", f"{home}/var", "--codedir", f"{home}/code"]
            theirs_cpu = min(cpu(["puppet", *asked, *settings])[0] for _ in range(3))
        print(f"command line: puppet lookup {theirs_cpu:.2f} s CPU, ours {ours_cpu * 1000:.1f} ms: {theirs_cpu / ours_cpu:.0f} times")


if __name__ == "__main__":
    main()
