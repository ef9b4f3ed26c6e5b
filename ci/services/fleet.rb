# Runs one mcollectived for each DIR/*/server.cfg, forked from one process that has read the libraries
# once; writes name and process id of each.
require "mcollective"
require "mcollective/runner"
require "stomp"
require "yaml"
require "json"
require "systemu"

Dir["#{ARGV[0]}/*/server.cfg"].sort.each do |configuration|
  home = File.dirname(configuration)
  pid = fork do
    Process.setsid
    Dir.chdir("/")
    $0 = "mcollectived #{File.basename(home)}"
    $stdin.reopen("/dev/null")
    $stdout.reopen("/dev/null")
    $stderr.reopen(File.join(home, "errors"), "a")
    srand
    MCollective::Config.instance.loadconfig(configuration)
    MCollective::Runner.new(configuration).main_loop
  end
  Process.detach(pid)
  puts "#{File.basename(home)} #{pid}"
end
$stdout.flush
exit!(0)
