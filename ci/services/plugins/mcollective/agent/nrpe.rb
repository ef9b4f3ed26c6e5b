require "open3"

module MCollective
  module Agent
    # Runs what NRPE's configuration has under a name, with the interface of MCollective's agent of this
    # name: a check that finds something is told as a failure, and so is one that nobody configured.
    class Nrpe < RPC::Agent
      STATES = %w[OK WARNING CRITICAL].freeze

      action "runcommand" do
        name = request[:command]
        line = configured(name)
        output, code = line ? ran(line) : ["No such command: #{name}", 3]
        text, figures = output.split("|", 2)
        reply[:command] = name
        reply[:exitcode] = code
        reply[:output] = text.to_s
        reply[:perfdata] = figures.to_s
        state = code && code >= 0 && STATES[code] || "UNKNOWN"
        state == "OK" ? reply.statusmsg = state : reply.fail(state)
      end

      # The last line of NAME.cfg that has it counts.
      def configured(name)
        directory = Config.instance.pluginconf["nrpe.conf_dir"] || "/etc/nagios/nrpe.d"
        file = File.join(directory, "#{name}.cfg")
        return nil unless File.exist?(file)
        File.foreach(file, chomp: true).filter_map { |line| line[/\Acommand\[#{Regexp.escape(name)}\]=(.+)\z/, 1] }.last
      end

      # No exit code where a signal ended it.
      def ran(line)
        output, status = Open3.capture2("/bin/sh", "-c", line)
        [output.chomp, status.exitstatus]
      end
    end
  end
end
